/**
 * Destination that stores each event once in a table of PostgreSQL: the key of a row is the id of
 * its event, so an event that is sent again is found.
 *
 * The delivery provides timeouts, retries and the queue. The connection belongs to the
 * application, unless it gave a URL.
 */
import {
  Inject,
  Injectable,
  Logger,
  Optional,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { CatalogKeeper } from '../../catalog/catalog-keeper';
import type { CatalogDocument } from '../../catalog/event-document';
import type { DeliveryOptions } from '../../delivery/delivery-options';
import type { Destination, EventRejection } from '../../delivery/destination';
import { QueuedEvent } from '../../delivery/queued-event';
import type { IdentifiedEvent } from '../../event/tracking-event';
import { NODE_OPTIONS } from '../../routing/tokens';
import type { SqlClient } from '../../sql/sql-client';
import { BatchInsert } from './batch-insert';
import { rowsOf, type EventRow } from './event-rows';
import { insertSql } from './insert-sql';
import { keepCatalog } from './kept-catalog';
import { monthOf } from './month';
import { OwnPool } from './own-pool';
import { PendingStatements } from './pending-statements';
import { checkPostgresOptions, type PostgresBackendOptions } from './postgres-options';
import { Retention } from './retention';
import { reasonOf, sendFailure } from './send-errors';
import { isWithoutPartition, sqlFailure } from './sql-state';
import { CATALOG_TABLE, catalogTableSql, EVENT_TABLE } from './table-sql';
import { TableSetup } from './table-setup';

/** Interval of the removal of old events. */
const RETENTION_MS = 3_600_000;
const UNDEFINED_TABLE = '42P01';

/**
 * Writes events to a table of PostgreSQL, through a connection of the application or its own.
 * @throws TrackingConfigException if its options are invalid
 */
@Injectable()
export class PostgresBackend implements Destination, CatalogKeeper, OnApplicationBootstrap, OnApplicationShutdown {
  static readonly delivery: DeliveryOptions = { batch: { maxEvents: 500, maxBytes: 8_388_608 } };

  readonly readsOnly = true;

  private readonly client: SqlClient;
  /** Client for statements outside of a batch. */
  private readonly limited: SqlClient;
  private readonly pool: OwnPool | undefined;
  private readonly setup: TableSetup | undefined;
  private readonly retention: Retention | undefined;
  private readonly insert: string;
  private readonly pending = new PendingStatements();
  private readonly closing = new AbortController();
  private readonly said = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private sentAgain = 0;
  private isRemoving = false;

  constructor(@Optional() @Inject(NODE_OPTIONS) private readonly options: PostgresBackendOptions = {}) {
    checkPostgresOptions(options);
    const { client, connectionString = '', ensureTable, expireAfterDays } = options;
    this.pool = client === undefined ? new OwnPool(connectionString, 'PostgresBackend') : undefined;
    this.client = client ?? (this.pool as OwnPool).client;
    this.limited = this.pending.limited(this.client);
    this.setup = ensureTable === true ? new TableSetup(this.limited, options) : undefined;
    this.retention = expireAfterDays === undefined ? undefined : new Retention(this.limited, options, expireAfterDays);
    this.insert = insertSql(options);
  }

  static idle(): PostgresBackend {
    return new PostgresBackend({ client: { query: () => Promise.reject(new Error('it is switched off')) } });
  }

  /**
   * Number of events that existed already when they were sent: by an attempt whose answer was lost,
   * or by an earlier run.
   */
  get duplicates(): number {
    return this.sentAgain;
  }

  /** Prepares the table and removes old events. The start does not wait for it. */
  onApplicationBootstrap(): void {
    const months = [new Date()].map(monthOf);
    const prepared = this.setup?.before(months).catch((error: unknown) => {
      if (this.closing.signal.aborted) return;
      this.warnOnce(`the table was not prepared: ${reasonOf(error)}. Each batch tries again.`);
    });
    if (this.retention === undefined) return;
    void Promise.resolve(prepared).then(() => this.removeExpired());
    this.timer = setInterval(() => void this.removeExpired(), RETENTION_MS).unref();
  }

  /** Closes its own connections, after the drain. */
  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    this.closing.abort();
    await this.pool?.close();
  }

  sendBatch(events: readonly IdentifiedEvent[], signal: AbortSignal): Promise<readonly EventRejection[]> {
    const acceptedAt = Date.now();
    return this.sendTexts(
      events.map((event) => QueuedEvent.again(event, { acceptedAt }, 0)),
      signal,
    );
  }

  /** @internal */
  get sendsText(): boolean {
    return this.sendBatch === PostgresBackend.prototype.sendBatch; // a subclass may change the events
  }

  /** @internal */
  async sendTexts(entries: readonly QueuedEvent[], signal: AbortSignal): Promise<readonly EventRejection[]> {
    const rejections: EventRejection[] = [];
    const rows = rowsOf(entries, rejections);
    if (rows.length === 0) return rejections;
    try {
      const batch = await this.pending.within({ signal }, () => this.write(rows, signal));
      this.sentAgain += batch.duplicates;
      return [...rejections, ...batch.rejections];
    } catch (error) {
      throw sendFailure(error);
    }
  }

  async keepCatalog(catalog: CatalogDocument): Promise<void> {
    const { catalogTable = CATALOG_TABLE, schema, ensureTable } = this.options;
    if (catalogTable === false) return;
    try {
      if (ensureTable === true) await this.makeCatalogTable(catalogTable);
      await keepCatalog(this.limited, { schema, name: catalogTable }, catalog);
    } catch (error) {
      throw sendFailure(error);
    }
  }

  private async write(rows: readonly EventRow[], signal: AbortSignal): Promise<BatchInsert> {
    try {
      await this.setup?.before(new Set(rows.map(({ timestampMs }) => monthOf(new Date(timestampMs)))));
      const batch = new BatchInsert(this.client, this.insert, signal);
      await batch.insert(rows);
      return batch;
    } catch (error) {
      const failure = sqlFailure(error);
      // It was dropped, so that the next attempt has to create it again.
      if (failure.state === UNDEFINED_TABLE || isWithoutPartition(failure)) this.setup?.forget();
      throw error;
    }
  }

  private async makeCatalogTable(table: string): Promise<void> {
    const { schema } = this.options;
    await this.setup?.before([]); // it creates the schema
    await this.limited.query(catalogTableSql(schema, table)).catch((error: unknown) => {
      if (!['23505', '42501'].includes(sqlFailure(error).state ?? '')) throw error;
    });
  }

  private async removeExpired(): Promise<void> {
    if (this.isRemoving) return; // a large backlog takes more than an hour
    this.isRemoving = true;
    try {
      await this.retention?.removeExpired(Date.now(), this.closing.signal);
    } catch (error) {
      if (this.closing.signal.aborted) return;
      this.warnOnce(`old events were not removed: ${reasonOf(error)}. It tries again every hour.`);
    } finally {
      this.isRemoving = false;
    }
  }

  private warnOnce(text: string): void {
    if (this.said.has(text)) return;
    this.said.add(text);
    new Logger('Tracking').warn(`PostgresBackend (table "${this.options.table ?? EVENT_TABLE}"): ${text}`);
  }
}
