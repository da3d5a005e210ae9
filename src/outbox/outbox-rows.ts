import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { WaitLimits } from '../common/within';
import { PendingStatements } from '../backends/postgres/pending-statements';
import type { SqlClient, SqlRow, SqlValue } from '../sql/sql-client';
import { FORMAT, quoteOutbox, type OutboxTable } from './outbox-table';

/** A row that a relay has leased. */
export interface OutboxRow {
  /** Value of the identity column; text, since it may exceed 2^53. */
  readonly position: string;
  readonly head: string;
  readonly event: string;
  /**
   * Number of relays, with this one, that have had it since it was last returned or survived. A
   * relay that leases it again does not count twice.
   */
  readonly attempts: number;
}

/** A row, with the end of its lease as PostgreSQL writes it: one for all rows of a statement. */
interface LeasedRow extends OutboxRow {
  readonly until: string;
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
/** Positions of the second parameter. */
const POSITIONS = 'SELECT value::bigint FROM json_array_elements_text($2::text::json)';
const RETURNED = 'leased_until = NULL, leased_by = NULL, attempts = greatest(attempts - 1, 0)';
const MAX_COUNTED = 100_000;

/**
 * The statements of a relay. PostgreSQL's own clock decides when a lease has ended, so the clocks
 * of the processes do not matter. Every method rejects with the error of the client, or if there is
 * no answer in a third of the time of a lease.
 */
export class OutboxRows {
  private readonly table: string;
  private readonly pending = new PendingStatements();
  /** Counting may be slow, and must not keep the other statements waiting. */
  private readonly counting = new PendingStatements();
  private readonly owner = `${hostname()}-${String(process.pid)}-${randomBytes(4).toString('hex')}`;

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
    await this.forRows(`DELETE FROM ${this.table}`, '', positions, []);
  }

  /** Renews the lease of rows that this relay still has. */
  async extend(positions: readonly string[]): Promise<void> {
    await this.forOwnRows(`leased_until = ${this.leaseEnd()}`, positions);
  }

  /** Lets other relays have rows that were leased and not finished. */
  async release(positions: readonly string[]): Promise<void> {
    await this.forOwnRows(RETURNED, positions);
  }

  /** Forgets how often the leases of rows ended badly: this process has survived their events. */
  async clear(positions: readonly string[]): Promise<void> {
    await this.forOwnRows('attempts = 0', positions);
  }

  async backlog(): Promise<OutboxBacklog> {
    const sql =
      'SELECT count(*) FILTER (WHERE NOT is_leased)::int AS waiting, count(*) FILTER (WHERE is_leased)::int AS leased, ' +
      'extract(epoch FROM min(created_at))::float8 AS oldest FROM (SELECT created_at, coalesce(leased_until > now(), false) ' +
      `AS is_leased FROM ${this.table} WHERE tracker = $1::text ORDER BY position LIMIT ${String(MAX_COUNTED)}) AS backlog`;
    const [row] = await this.counting.within(this.limits(), () => this.client.query(sql, [this.tracker]));
    const { waiting = 0, leased = 0, oldest } = row ?? {};
    return {
      ...{ waiting: Number(waiting), leased: Number(leased) },
      oldestAt: oldest === undefined || oldest === null ? undefined : new Date(Number(oldest) * 1000),
    };
  }

  private async leaseRows(condition: string, count: number): Promise<OutboxRow[]> {
    const { table, tracker } = this;
    let isLate = false;
    const sql =
      `WITH free AS (SELECT position FROM ${table} WHERE tracker = $1::text AND ${condition} AND ${FREE} ` +
      'ORDER BY position LIMIT $2::int FOR UPDATE SKIP LOCKED) ' +
      `UPDATE ${table} AS o SET leased_until = ${this.leaseEnd()}, leased_by = $3::text, ` +
      'attempts = o.attempts + (o.leased_by IS DISTINCT FROM $3::text)::int FROM free ' +
      'WHERE o.tracker = $1::text AND o.position = free.position ' +
      'RETURNING o.position::text AS position, o.head, o.event, o.attempts, o.leased_until::text AS until';
    const send = async (): Promise<OutboxRow[]> => {
      const rows = (await this.client.query(sql, [tracker, count, this.owner])) as unknown as LeasedRow[];
      // Nobody waits for them any more: without this, they would be leased to nobody.
      if (isLate) await this.returnLate(rows);
      return rows.sort(byPosition);
    };
    try {
      return await this.pending.within(this.limits(), send);
    } finally {
      isLate = true;
    }
  }

  /** Returns rows, unless they have been leased again since. Not limited: nobody waits for it. */
  private async returnLate(rows: readonly LeasedRow[]): Promise<void> {
    const [first] = rows;
    if (first === undefined) return;
    const sql = `UPDATE ${this.table} SET ${RETURNED} WHERE tracker = $1::text AND position IN (${POSITIONS})`;
    await this.client.query(`${sql} AND leased_by = $3::text AND leased_until = $4::text::timestamptz`, [
      ...[this.tracker, JSON.stringify(rows.map(({ position }) => position))],
      ...[this.owner, first.until],
    ]);
  }

  private forOwnRows(set: string, positions: readonly string[]): Promise<void> {
    return this.forRows(`UPDATE ${this.table} SET ${set}`, ' AND leased_by = $3::text', positions, [this.owner]);
  }

  private async forRows(
    statement: string,
    condition: string,
    positions: readonly string[],
    params: readonly SqlValue[],
  ): Promise<void> {
    if (positions.length === 0) return;
    await this.query(`${statement} WHERE tracker = $1::text AND position IN (${POSITIONS})${condition}`, [
      ...[this.tracker, JSON.stringify(positions)],
      ...params,
    ]);
  }

  private leaseEnd(): string {
    return `now() + interval '${String(this.leaseMs)} milliseconds'`;
  }

  private query(sql: string, params: readonly SqlValue[]): Promise<readonly SqlRow[]> {
    return this.pending.within(this.limits(), () => this.client.query(sql, params));
  }

  private limits(): WaitLimits {
    return { timeoutMs: this.leaseMs / 3, keepsAlive: false };
  }
}

/** Positions are positive, so a longer text is a larger number. */
function byPosition({ position: one }: OutboxRow, { position: other }: OutboxRow): number {
  if (one.length !== other.length) return one.length - other.length;
  return one < other ? -1 : 1;
}
