/**
 * A store that loses what it refuses, or stores twice what was sent twice, is no record of what happened. So the `_id` of a
 * document is the event's id: whatever stands there already was delivered before. Each event of a batch is judged by itself, by
 * the encoder's word or the server's; of what neither has judged, nothing is taken for delivered.
 *
 * Time-outs, retries and the queue are the delivery's. The connection is the application's.
 */
import {
  Inject,
  Injectable,
  Logger,
  Optional,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { mongo } from 'mongoose';
import type { CatalogKeeper } from '../../catalog/catalog-keeper';
import type { CatalogDocument } from '../../catalog/event-document';
import type { DeliveryOptions } from '../../delivery/delivery-options';
import { SendFailedException, type Destination, type Rejection } from '../../delivery/destination';
import type { StoredEvent } from '../../event/tracking-event';
import { NODE_OPTIONS } from '../../routing/tokens';
import { CollectionSetup } from './collection-setup';
import { deliveredBefore } from './duplicates';
import { encodingFault } from './encoding';
import { documentOf, RefusedDocument, transformedDocument, type EventDocument } from './event-document';
import { keepCatalog, type KeptDocument } from './kept-catalog';
import { MongoConnection } from './mongo-connection';
import { checkMongoOptions, type MongoBackendOptions } from './mongo-options';
import { DUPLICATE_KEYS, isOfTheEncoder, judgeWriteError, sendFailure, writeErrorsOf } from './send-errors';

/** A document with the place of its event in the batch. */
interface Entry {
  readonly index: number;
  readonly document: EventDocument;
}

/**
 * Writes events to a collection of MongoDB, through a connection of @nestjs/mongoose.
 * @throws TrackingConfigException for its options
 */
@Injectable()
export class MongoBackend
  implements Destination, CatalogKeeper, OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown
{
  static readonly delivery: DeliveryOptions = { batch: { maxEvents: 500, maxBytes: 16_777_216 } };

  /** But for `transform`, which is the application's. */
  readonly readsOnly: boolean;

  private readonly collectionName: string;
  private readonly setup: CollectionSetup;
  /** undefined where tracking is switched off. */
  private readonly connection: Promise<MongoConnection> | undefined;
  private sentAgain = 0;

  constructor(
    @Optional() @Inject(NODE_OPTIONS) private readonly options: MongoBackendOptions = {},
    @Optional() moduleRef?: ModuleRef,
  ) {
    checkMongoOptions(options);
    this.readsOnly = options.transform === undefined;
    this.collectionName = options.collection ?? 'events';
    this.setup = new CollectionSetup(options, this.collectionName, (text) => {
      this.say(text);
    });
    // At once, since it shows here whether it was awaited: a lazy one is still connecting.
    this.connection = moduleRef && MongoConnection.inject(options.connectionName, moduleRef);
    this.connection?.catch(() => undefined); // onModuleInit awaits it
  }

  static idle(): MongoBackend {
    return new MongoBackend();
  }

  /** How many events were there already when they were sent: by an attempt whose answer was lost, or a run before this one. */
  get duplicates(): number {
    return this.sentAgain;
  }

  async onModuleInit(): Promise<void> {
    const isAwaited = (await this.connection)?.wasMade;
    if (isAwaited !== true) return;
    this.say(
      'the application does not start while MongoDB is down, since its start awaits the connection. ' +
        'Mend: MongooseModule.forRoot(url, { lazyConnection: true })',
    );
  }

  /** The start does not wait for it. */
  onApplicationBootstrap(): void {
    if (this.connection !== undefined) void this.prepare();
  }

  /** After the drain, as the tree is below the tracker, and before mongoose closes, as that is global. */
  async onApplicationShutdown(): Promise<void> {
    await (await this.connection?.catch(() => undefined))?.stopConnecting();
  }

  async sendBatch(events: readonly StoredEvent[], signal: AbortSignal): Promise<readonly Rejection[]> {
    const rejections: Rejection[] = [];
    const entries = this.entriesOf(events, rejections);
    if (entries.length > 0) await this.within(signal, this.write(entries, rejections, signal));
    return rejections;
  }

  async keepCatalog(catalog: CatalogDocument): Promise<void> {
    const { catalogCollection = 'event_catalog' } = this.options;
    if (catalogCollection === false || this.connection === undefined) return;
    await keepCatalog((await this.database()).collection<KeptDocument>(catalogCollection), catalog);
  }

  private async prepare(): Promise<void> {
    try {
      const db = await this.database();
      await this.setup.beforeEvents(db);
      await this.setup.inBackground(db);
    } catch {
      // The server is away; batches try again.
    }
  }

  private async database(): Promise<mongo.Db> {
    const connection = await this.connection;
    if (connection === undefined) throw SendFailedException.create({ reason: 'it is switched off', retryable: false });
    return connection.database(this.options.database);
  }

  private entriesOf(events: readonly StoredEvent[], rejections: Rejection[]): Entry[] {
    const { transform } = this.options;
    const entries: Entry[] = [];
    events.forEach((event, index) => {
      const document = transform === undefined ? documentOf(event) : transformedDocument(event, transform);
      if (document instanceof RefusedDocument) rejections.push({ index, reason: document.reason, retryable: false });
      else entries.push({ index, document });
    });
    return entries;
  }

  private async write(entries: readonly Entry[], rejections: Rejection[], signal: AbortSignal): Promise<void> {
    const db = await this.database();
    await this.setup.beforeEvents(db).catch(fail);
    await this.insert(db.collection(this.collectionName), entries, rejections, signal);
    void this.setup.inBackground(db);
  }

  private async insert(
    collection: mongo.Collection<EventDocument>,
    entries: readonly Entry[],
    rejections: Rejection[],
    signal: AbortSignal,
  ): Promise<void> {
    if (entries.length === 0) return;
    if (isAborted(signal)) throw await this.noAnswer(); // waited for the connection in vain
    const documents = entries.map(({ document }) => document);
    try {
      // The type of the options has no signal, but the driver hands it on; one of before 6.12 does not look at it.
      const options: mongo.BulkWriteOptions & { signal: AbortSignal } = {
        ordered: false,
        writeConcern: this.writeConcernOf(collection),
        signal,
      };
      await collection.insertMany(documents, options);
    } catch (error) {
      if (isAborted(signal)) throw await this.noAnswer(); // in the driver's words, if it heard the signal first
      const writeErrors = writeErrorsOf(error, documents.length);
      if (writeErrors !== undefined) rejections.push(...(await this.judge(writeErrors, entries, collection)));
      else if (isOfTheEncoder(error)) {
        const encodable = this.withoutFaults(entries, rejections);
        if (encodable.length === entries.length) throw sendFailure(error);
        await this.insert(collection, encodable, rejections, signal);
      } else throw sendFailure(error);
    }
  }

  /** Without an acknowledgement nobody would know what is there. */
  private writeConcernOf(collection: mongo.Collection<EventDocument>): mongo.WriteConcernSettings {
    const inherited = collection.writeConcern;
    return this.options.writeConcern ?? (inherited === undefined || inherited.w === 0 ? { w: 1 } : inherited);
  }

  private withoutFaults(entries: readonly Entry[], rejections: Rejection[]): readonly Entry[] {
    return entries.filter(({ index, document }) => {
      const reason = encodingFault(document);
      if (reason !== undefined) rejections.push({ index, reason, retryable: false });
      return reason === undefined;
    });
  }

  private async judge(
    writeErrors: readonly mongo.WriteError[],
    entries: readonly Entry[],
    collection: mongo.Collection<EventDocument>,
  ): Promise<readonly Rejection[]> {
    const duplicates = writeErrors.filter(({ code }) => DUPLICATE_KEYS.includes(code));
    const idOf = ({ index }: mongo.WriteError): string => entries[index]?.document._id ?? '';
    const before = await deliveredBefore(
      collection,
      duplicates.map((each) => ({ id: idOf(each), message: each.errmsg ?? '' })),
    ).catch(fail);
    const refused = writeErrors.filter((each) => !(duplicates.includes(each) && before.has(idOf(each))));
    this.sentAgain += writeErrors.length - refused.length;
    return refused.map((each) => ({ index: entries[each.index]?.index ?? each.index, ...judgeWriteError(each) }));
  }

  /** What is under way when the signal comes goes on in the driver for as long as it does; nobody waits for it any more. */
  private async within(signal: AbortSignal, write: Promise<void>): Promise<void> {
    let giveUp = (): void => undefined;
    const aborted = new Promise<never>((_resolve, reject) => {
      giveUp = () => {
        this.noAnswer().then(reject, reject);
      };
    });
    write.catch(() => undefined);
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
    try {
      await Promise.race([write, aborted]);
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  private async noAnswer(): Promise<SendFailedException> {
    const state = (await this.connection)?.state() ?? 'none';
    return SendFailedException.create({
      reason: `MongoDB did not answer in time (connection: ${state})`,
      retryable: true,
    });
  }

  private say(text: string): void {
    new Logger('Tracking').warn(`MongoBackend (collection "${this.collectionName}"): ${text}`);
  }
}

/** Asked anew each time: the compiler takes a property for unchanged that was read before an await. */
function isAborted({ aborted }: AbortSignal): boolean {
  return aborted;
}

function fail(error: unknown): never {
  throw sendFailure(error);
}
