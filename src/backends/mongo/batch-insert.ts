/**
 * Inserts one batch. Each event is judged by itself, by the encoder's word or the server's; nothing is taken for delivered that
 * neither has judged. Errors are thrown as the driver threw them.
 */
import type { mongo } from 'mongoose';
import type { Rejection } from '../../delivery/destination';
import { deliveredBefore } from './duplicates';
import { encodingFault } from './encoding';
import type { EventDocument } from './event-document';
import type { PoolQueue } from './pool-queue';
import { DUPLICATE_KEYS, failureKind, judgeWriteError, writeErrorsOf } from './send-errors';

/** A document with the place of its event in the batch. */
export interface Entry {
  readonly index: number;
  readonly document: EventDocument;
}

export class BatchInsert {
  readonly rejections: Rejection[] = [];
  /** Number of events that the collection had already. */
  duplicates = 0;

  constructor(
    private readonly collection: mongo.Collection<EventDocument>,
    private readonly writeConcern: mongo.WriteConcernSettings | undefined,
    private readonly pool: PoolQueue,
    private readonly signal: AbortSignal,
  ) {}

  /** Adds to `rejections` and `duplicates`. */
  async insert(entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) return;
    this.signal.throwIfAborted(); // the wait for the connection may have taken all the time
    try {
      await this.pool.run(this.signal, () => this.insertMany(entries.map(({ document }) => document)));
    } catch (error) {
      this.signal.throwIfAborted();
      const writeErrors = writeErrorsOf(error, entries.length);
      if (writeErrors !== undefined) await this.judge(writeErrors, entries);
      else if (failureKind(error) === 'unclear') await this.insertEncodable(entries, error);
      else throw error;
    }
  }

  private insertMany(documents: EventDocument[]): Promise<unknown> {
    // The type of the options has no signal, but the driver passes it on; one before 6.12 ignores it.
    const options: mongo.BulkWriteOptions & { signal: AbortSignal } = {
      ordered: false,
      writeConcern: this.acknowledgedConcern(),
      signal: this.signal,
    };
    return this.collection.insertMany(documents, options);
  }

  /** Without an acknowledgement it would be unknown what is stored. */
  private acknowledgedConcern(): mongo.WriteConcernSettings {
    const inherited = this.collection.writeConcern;
    return this.writeConcern ?? (inherited === undefined || inherited.w === 0 ? { w: 1 } : inherited);
  }

  /** @throws the given error if it was not the encoder's */
  private async insertEncodable(entries: readonly Entry[], error: unknown): Promise<void> {
    const encodable = entries.filter(({ index, document }) => {
      const reason = encodingFault(document);
      if (reason !== undefined) this.rejections.push({ index, reason, retryable: false });
      return reason === undefined;
    });
    if (encodable.length === entries.length) throw error;
    await this.insert(encodable);
  }

  private async judge(writeErrors: readonly mongo.WriteError[], entries: readonly Entry[]): Promise<void> {
    const duplicates = writeErrors.filter(({ code }) => DUPLICATE_KEYS.includes(code));
    const idOf = ({ index }: mongo.WriteError): string => entries[index]?.document._id ?? '';
    const keys = duplicates.map((each) => ({ id: idOf(each), message: each.errmsg ?? '' }));
    const before = await this.pool.run(this.signal, () => deliveredBefore(this.collection, keys));
    const refused = writeErrors.filter((each) => !(duplicates.includes(each) && before.has(idOf(each))));
    this.duplicates += writeErrors.length - refused.length;
    for (const each of refused)
      this.rejections.push({ index: entries[each.index]?.index ?? each.index, ...judgeWriteError(each) });
  }
}
