import { Inject, Injectable, Optional, type OnModuleInit } from '@nestjs/common';
import { atMost } from '../common/at-most';
import { OwnPool } from '../backends/postgres/own-pool';
import { PendingStatements } from '../backends/postgres/pending-statements';
import type { ConsumerHost, EventConsumer } from '../intake/event-consumer';
import type { QueueProbe } from '../routing/queue-probe';
import { NODE_OPTIONS } from '../routing/tokens';
import type { SqlClient } from '../sql/sql-client';
import { createOutbox } from './create-outbox';
import { Listening } from './listening';
import { OutboxRows } from './outbox-rows';
import { channelOf, OUTBOX_TABLE } from './outbox-table';
import { RelayReader } from './relay-reader';
import { resolveRelayOptions, type OutboxRelayOptions, type ResolvedRelayOptions } from './relay-options';

const POLL_MS = 1000;
const POLL_WHILE_LISTENING_MS = 5000;
const CLOSE_MS = 2000;
/** Maximum time that the start waits for the table. */
const CREATE_MS = 3000;

/**
 * Sends the events that transactions have stored in the table of an outbox. They enter the tree at
 * its root, at least once, with the ids, times and context of their `emit`. Any number of processes
 * may run one. Needs PostgreSQL 10 or newer, or PGlite.
 * @throws TrackingConfigException for invalid options
 */
@Injectable()
export class OutboxRelay implements EventConsumer, OnModuleInit {
  readonly entersAtRoot = true;

  private readonly resolved: ResolvedRelayOptions;
  private readonly client: SqlClient;
  private readonly pool: OwnPool | undefined;
  private readonly pending = new PendingStatements();
  private reader: RelayReader | undefined;
  private rows: OutboxRows | undefined;
  private listening: Listening | undefined;

  constructor(@Optional() @Inject(NODE_OPTIONS) readonly options: OutboxRelayOptions) {
    this.resolved = resolveRelayOptions(options);
    const { client, connectionString = '' } = this.resolved;
    this.pool = client === undefined ? new OwnPool(connectionString, 'OutboxRelay') : undefined;
    this.client = client ?? (this.pool as OwnPool).client;
  }

  /**
   * Creates the table with `ensureTable`, so that the first transaction after the start finds it. A
   * database that does not answer does not stop the start: the relay tries again.
   */
  async onModuleInit(): Promise<void> {
    await atMost(CREATE_MS, this.prepare());
  }

  begin(host: ConsumerHost): void {
    const { client, resolved } = this;
    const rows = new OutboxRows(client, resolved, host.tracker, resolved.leaseMs);
    this.rows = rows;
    this.reader = new RelayReader(
      rows,
      host,
      resolved,
      () => this.prepare(),
      () => this.pollIntervalMs(),
    );
    if (client.listen !== undefined && resolved.listen) {
      this.listening = new Listening(client.listen.bind(client), channelOf(resolved), () => {
        this.wake();
      });
      this.listening.begin();
    }
    this.reader.begin();
  }

  /** Looks for rows now. Called after each commit of this process. */
  wake(): void {
    this.reader?.wake();
  }

  async end(timeoutMs: number): Promise<void> {
    await this.reader?.end(timeoutMs);
  }

  async close(): Promise<void> {
    await Promise.all([atMost(CLOSE_MS, this.listening?.close()), this.reader?.close()]);
    await this.pool?.close();
  }

  /** Number of rows that no relay has, up to 100,000. */
  lag(): number | undefined {
    return this.reader?.waiting;
  }

  /** @internal */
  probe(): QueueProbe | undefined {
    const { rows, resolved } = this;
    if (rows === undefined) return undefined;
    const { schema, table = OUTBOX_TABLE } = resolved;
    return {
      kind: 'outbox',
      names: [schema === undefined ? table : `${schema}.${table}`],
      fix: 'see that PostgreSQL runs, and that the table exists (npx --no event-tracking sql --dialect postgres --for outbox).',
      ask: async () => {
        const { waiting, leased, oldestAt } = await rows.backlog();
        return { waiting, active: leased, oldestAt };
      },
    };
  }

  private async prepare(): Promise<void> {
    if (this.resolved.ensureTable) await createOutbox(this.pending.limited(this.client), this.resolved);
  }

  private pollIntervalMs(): number {
    return this.resolved.pollIntervalMs ?? (this.listening?.isListening === true ? POLL_WHILE_LISTENING_MS : POLL_MS);
  }
}
