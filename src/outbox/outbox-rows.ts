import { within } from '../common/within';
import type { SqlClient, SqlRow, SqlValue } from '../sql/sql-client';
import { FORMAT, quoteOutbox, type OutboxTable } from './outbox-table';

/** A row that a relay has leased. */
export interface OutboxRow {
  /** Value of the identity column; text, since it may exceed 2^53. */
  readonly position: string;
  readonly head: string;
  readonly event: string;
  /** Number of leases, with this one, that ended neither with the event nor by being returned. */
  readonly attempts: number;
}

export interface OutboxBacklog {
  /** Rows that no relay has; at most 100,000 are counted. */
  readonly waiting: number;
  readonly leased: number;
  readonly oldestAt: Date | undefined;
}

/** Condition of a row whose leases ended so often that its event is passed on alone. */
const SUSPECT = '(attempts >= 5)';
/** Condition of a row that a relay of this version may lease. */
const FREE = `format <= ${String(FORMAT)} AND (leased_until IS NULL OR leased_until < now())`;
/** Maximum time of one statement: a connection that is silent must not stop the relay for good. */
const ANSWER_MS = 30_000;
const MAX_COUNTED = 100_000;

/**
 * The statements of a relay. PostgreSQL's own clock decides when a lease has ended, so the clocks
 * of the processes do not matter. Every method rejects with the error of the client, or if there is
 * no answer in 30 seconds.
 */
export class OutboxRows {
  private readonly table: string;

  constructor(
    private readonly client: SqlClient,
    place: OutboxTable,
    private readonly tracker: string,
    private readonly leaseMs: number,
  ) {
    this.table = quoteOutbox(place);
  }

  /** Leases up to `count` rows that no relay has, the oldest first. */
  lease(count: number): Promise<OutboxRow[]> {
    return this.leaseRows(`NOT ${SUSPECT}`, count);
  }

  /** True if there is a row that several relays could not finish, and that no relay has. */
  async hasSuspect(): Promise<boolean> {
    const sql = `SELECT 1 FROM ${this.table} WHERE tracker = $1::text AND ${SUSPECT} AND ${FREE} LIMIT 1`;
    return (await this.query(sql, [this.tracker])).length > 0;
  }

  /** Leases one row that several relays could not finish. */
  async leaseSuspect(): Promise<OutboxRow | undefined> {
    return (await this.leaseRows(SUSPECT, 1))[0];
  }

  async remove(positions: readonly string[]): Promise<void> {
    await this.forRows(`DELETE FROM ${this.table}`, positions);
  }

  /** Keeps rows for another lease. */
  async extend(positions: readonly string[]): Promise<void> {
    await this.forRows(`UPDATE ${this.table} SET leased_until = ${this.leaseEnd()}`, positions);
  }

  /** Lets other relays have rows that were leased and not finished. */
  async release(positions: readonly string[]): Promise<void> {
    const set = 'SET leased_until = NULL, attempts = greatest(attempts - 1, 0)';
    await this.forRows(`UPDATE ${this.table} ${set}`, positions);
  }

  async backlog(): Promise<OutboxBacklog> {
    const [row] = await this.query(
      'SELECT count(*) FILTER (WHERE NOT is_leased)::int AS waiting, count(*) FILTER (WHERE is_leased)::int AS leased, ' +
        'extract(epoch FROM min(created_at))::float8 AS oldest FROM (SELECT created_at, coalesce(leased_until > now(), false) ' +
        `AS is_leased FROM ${this.table} WHERE tracker = $1::text ORDER BY position LIMIT ${String(MAX_COUNTED)}) AS backlog`,
      [this.tracker],
    );
    const { waiting = 0, leased = 0, oldest } = row ?? {};
    return {
      ...{ waiting: Number(waiting), leased: Number(leased) },
      oldestAt: oldest === undefined || oldest === null ? undefined : new Date(Number(oldest) * 1000),
    };
  }

  private async leaseRows(condition: string, count: number): Promise<OutboxRow[]> {
    const { table, tracker } = this;
    const rows = await this.query(
      `WITH free AS (SELECT position FROM ${table} WHERE tracker = $1::text AND ${condition} AND ${FREE} ` +
        'ORDER BY position LIMIT $2::int FOR UPDATE SKIP LOCKED) ' +
        `UPDATE ${table} AS o SET leased_until = ${this.leaseEnd()}, attempts = o.attempts + 1 FROM free ` +
        'WHERE o.tracker = $1::text AND o.position = free.position ' +
        'RETURNING o.position::text AS position, o.head, o.event, o.attempts',
      [tracker, count],
    );
    return (rows as unknown as OutboxRow[]).sort(byPosition);
  }

  private async forRows(statement: string, positions: readonly string[]): Promise<void> {
    if (positions.length === 0) return;
    const values = 'SELECT value::bigint FROM json_array_elements_text($2::text::json)';
    await this.query(`${statement} WHERE tracker = $1::text AND position IN (${values})`, [
      this.tracker,
      JSON.stringify(positions),
    ]);
  }

  private leaseEnd(): string {
    return `now() + interval '${String(this.leaseMs)} milliseconds'`;
  }

  private query(sql: string, params: readonly SqlValue[]): Promise<readonly SqlRow[]> {
    return within({ timeoutMs: ANSWER_MS, keepsAlive: false }, this.client.query(sql, params), () => {
      throw new Error(`PostgreSQL did not answer within ${String(ANSWER_MS)} ms`);
    });
  }
}

/** Positions are positive, so a longer text is a larger number. */
function byPosition({ position: one }: OutboxRow, { position: other }: OutboxRow): number {
  if (one.length !== other.length) return one.length - other.length;
  return one < other ? -1 : 1;
}
