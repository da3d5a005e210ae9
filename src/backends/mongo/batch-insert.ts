/**
 * Inserts one batch. The result of each event comes from the encoder or from the server. An event
 * without such a result is never reported as delivered. Errors of the driver are thrown unchanged.
 */
import type { mongo } from 'mongoose';
import type { EventRejection } from '../../delivery/destination';
import { deliveredBefore } from './duplicates';
import { encodingFault } from './encoding';
import type { EventDocument } from './event-document';
import type { PoolQueue } from './pool-queue';
import { DUPLICATE_KEYS, failureKind, judgeWriteError, writeErrorsOf } from './send-errors';

/** Document with the index of its event in the batch. */
export interface Entry {
  readonly index: number;
  readonly document: EventDocument;
}

export class BatchInsert {
  readonly rejections: EventRejection[] = [];
  /** Number of events that the collection already had. */
  duplicates = 0;

  constructor(
    private readonly collection: mongo.Collection<EventDocument>,
    private readonly writeConcern: mongo.WriteConcernSettings | undefined,
    private readonly pool: PoolQueue,
    private readonly signal: AbortSignal,
  ) {}

  /** Inserts the entries, and updates `rejections` and `duplicates`. */
  async insert(entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) return;
    this.signal.throwIfAborted(); // the wait for the connection may have used up the time
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
    // The type of the options lacks the signal, but the driver passes it on; versions before 6.12
    // ignore it.
    const options: mongo.BulkWriteOptions & { signal: AbortSignal } = {
      ordered: false,
      writeConcern: this.acknowledgedConcern(),
      signal: this.signal,
    };
    return this.collection.insertMany(documents, options);
  }

  /**
   * Returns a write concern with acknowledgement: without it, the result of an insert would be
   * unknown.
   */
  private acknowledgedConcern(): mongo.WriteConcernSettings {
    const inherited = this.collection.writeConcern;
    return this.writeConcern ?? (inherited === undefined || inherited.w === 0 ? { w: 1 } : inherited);
  }

  /**
   * Inserts the documents that can be encoded, and rejects the others.
   * @throws the given error if all can be encoded
   */
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
