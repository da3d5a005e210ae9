/**
 * Destination that stores each event exactly once, except in a time series. A store that loses
 * rejected events, or stores an event twice when it is sent twice, is not a reliable record. So the
 * `_id` of a document is the event's id: a document with that id means that the event was delivered
 * before.
 *
 * The delivery provides timeouts, retries and the queue. The application provides the connection.
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
import { SendFailedException, type Destination, type EventRejection } from '../../delivery/destination';
import type { IdentifiedEvent } from '../../event/tracking-event';
import { NODE_OPTIONS } from '../../routing/tokens';
import { BatchInsert, type Entry } from './batch-insert';
import { CollectionSetup } from './collection-setup';
import { documentOf, RefusedDocument, type EventDocument } from './event-document';
import { keepCatalog, type KeptDocument } from './kept-catalog';
import { MongoConnection } from './mongo-connection';
import { checkMongoOptions, type MongoBackendOptions } from './mongo-options';
import { PoolQueue } from './pool-queue';
import { POOL_BUSY, sendFailure } from './send-errors';
import { ASYNC_TRANSFORM, transformedDocument } from './transformed-document';

/**
 * Writes events to a MongoDB collection, through a connection of @nestjs/mongoose.
 * @throws TrackingConfigException if its options are invalid
 */
@Injectable()
export class MongoBackend
  implements Destination, CatalogKeeper, OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown
{
  static readonly delivery: DeliveryOptions = { batch: { maxEvents: 500, maxBytes: 16_777_216 } };

  /** False if `transform`, the application's own function, may change the events. */
  readonly readsOnly: boolean;

  private readonly collectionName: string;
  private readonly setup: CollectionSetup;
  /** Connection; undefined if tracking is switched off. */
  private readonly connection: Promise<MongoConnection> | undefined;
  private readonly pool = new PoolQueue();
  private sentAgain = 0;
  private hasWarnedOfPromise = false;

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
    // Injected now, because only now it shows whether the start awaited it: a lazy connection is
    // still connecting.
    this.connection = moduleRef && MongoConnection.inject(options.connectionName, moduleRef);
    this.connection?.catch(() => undefined); // onModuleInit awaits it
  }

  static idle(): MongoBackend {
    return new MongoBackend();
  }

  /**
   * Number of events that existed already when they were sent: by an attempt whose answer was lost,
   * or by an earlier run.
   */
  get duplicates(): number {
    return this.sentAgain;
  }

  async onModuleInit(): Promise<void> {
    const isAwaited = (await this.connection)?.wasMade;
    if (isAwaited !== true) return;
    this.say(
      'the application does not start while MongoDB is down, since its start awaits the connection. ' +
        'Fix: MongooseModule.forRoot(url, { lazyConnection: true })',
    );
  }

  /** Prepares the collection. The start does not wait for it. */
  onApplicationBootstrap(): void {
    if (this.connection !== undefined) void this.prepare();
  }

  /**
   * Stops connecting. Nest calls this after the drain, and before it closes mongoose, whose module
   * is global.
   */
  async onApplicationShutdown(): Promise<void> {
    await (await this.connection?.catch(() => undefined))?.stopConnecting();
  }

  async sendBatch(events: readonly IdentifiedEvent[], signal: AbortSignal): Promise<readonly EventRejection[]> {
    const rejections: EventRejection[] = [];
    const entries = this.entriesOf(events, rejections);
    if (entries.length === 0) return rejections;
    return [...rejections, ...(await this.within(signal, this.write(entries, signal)))];
  }

  async keepCatalog(catalog: CatalogDocument): Promise<void> {
    const { catalogCollection = 'event_catalog' } = this.options;
    if (catalogCollection === false || this.connection === undefined) return;
    try {
      await keepCatalog((await this.database()).collection<KeptDocument>(catalogCollection), catalog);
    } catch (error) {
      throw sendFailure(error);
    }
  }

  private async prepare(): Promise<void> {
    try {
      const db = await this.database();
      await this.setup.beforeEvents(db);
      await this.setup.inBackground(db);
    } catch {
      // The server is unreachable; batches try again.
    }
  }

  private async database(): Promise<mongo.Db> {
    const connection = await this.connection;
    if (connection === undefined) throw SendFailedException.create({ reason: 'it is switched off', retryable: false });
    return connection.database(this.options.database);
  }

  private entriesOf(events: readonly IdentifiedEvent[], rejections: EventRejection[]): Entry[] {
    const { transform } = this.options;
    const entries: Entry[] = [];
    events.forEach((event, index) => {
      const document = transform === undefined ? documentOf(event) : transformedDocument(event, transform);
      if (document instanceof RefusedDocument) rejections.push({ index, reason: document.reason, retryable: false });
      else entries.push({ index, document });
    });
    if (rejections.some(({ reason }) => reason === ASYNC_TRANSFORM)) this.warnOfPromise();
    return entries;
  }

  private warnOfPromise(): void {
    if (this.hasWarnedOfPromise) return;
    this.hasWarnedOfPromise = true;
    this.say(
      `${ASYNC_TRANSFORM}: such events become dead letters. Fix: return the document itself; do asynchronous work in an ` +
        'AsyncProcessor of an AsyncRoutingBackend around this one',
    );
  }

  private async write(entries: readonly Entry[], signal: AbortSignal): Promise<readonly EventRejection[]> {
    try {
      const db = await this.pool.run(signal, () => this.database());
      await this.pool.run(signal, () => this.setup.beforeEvents(db));
      const collection = db.collection<EventDocument>(this.collectionName);
      const batch = new BatchInsert(collection, this.options.writeConcern, this.pool, signal);
      await batch.insert(entries);
      this.sentAgain += batch.duplicates;
      void this.setup.inBackground(db);
      return batch.rejections;
    } catch (error) {
      throw sendFailure(error);
    }
  }

  /**
   * Waits for a write until the signal. The driver may continue with the write after that, but its
   * result is ignored.
   */
  private async within<T>(signal: AbortSignal, write: Promise<T>): Promise<T> {
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
      return await Promise.race([write, aborted]);
    } catch (error) {
      // An error of the driver after the signal only confirms the abort.
      if (signal.aborted) await aborted;
      throw error;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  private async noAnswer(): Promise<SendFailedException> {
    const { isBusy } = this.pool; // read now: it changes when the wait ends
    const state = (await this.connection)?.state() ?? 'none';
    const why = isBusy ? POOL_BUSY : `connection: ${state}`;
    return SendFailedException.create({ reason: `MongoDB did not answer in time (${why})`, retryable: true });
  }

  private say(text: string): void {
    new Logger('Tracking').warn(`MongoBackend (collection "${this.collectionName}"): ${text}`);
  }
}
