import type { SqlClient } from '../../sql/sql-client';
import { quoteName, quoteTable } from './identifiers';
import { monthOf, type Month } from './month';
import { EVENT_TABLE, partitionName, type TableShape } from './table-sql';

const DAY_MS = 86_400_000;
/** Rows of one DELETE: small enough not to hold up other statements. */
const BATCH = 5000;

/**
 * Removes the events that occurred before a time: in batches, or whole partitions once all their
 * events are older. Several processes may do it at the same time.
 */
export class Retention {
  constructor(
    private readonly client: SqlClient,
    private readonly shape: TableShape,
    private readonly expireAfterDays: number,
  ) {}

  /**
   * Removes what is old enough. Rejects with the error of the client.
   * @param signal stops it between two statements
   * @returns the number of removed rows or partitions
   */
  removeExpired(now: number, signal: AbortSignal): Promise<number> {
    const before = new Date(now - this.expireAfterDays * DAY_MS);
    return this.shape.partitionBy === undefined ? this.deleteRows(before, signal) : this.dropPartitions(before, signal);
  }

  private async deleteRows(before: Date, signal: AbortSignal): Promise<number> {
    const { schema, table = EVENT_TABLE } = this.shape;
    const target = quoteTable(schema, table);
    // Rows that another process is deleting are skipped, so that the two share the work.
    const sql =
      `WITH gone AS (DELETE FROM ${target} WHERE id IN (SELECT id FROM ${target} WHERE occurred_at < $1::timestamptz ` +
      `ORDER BY occurred_at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED) RETURNING 1) SELECT count(*)::int AS gone FROM gone`;
    let removed = 0;
    for (let count = BATCH; count >= BATCH && !signal.aborted; removed += count) {
      const [row] = await this.client.query(sql, [before.toISOString()]);
      count = Number(row?.['gone'] ?? 0);
    }
    return removed;
  }

  private async dropPartitions(before: Date, signal: AbortSignal): Promise<number> {
    const { schema, table = EVENT_TABLE } = this.shape;
    const rows = (await this.client.query(
      'SELECT n.nspname AS schema, c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid ' +
        'JOIN pg_namespace n ON n.oid = c.relnamespace WHERE i.inhparent = to_regclass($1)',
      [quoteTable(schema, table)],
    )) as readonly { readonly schema: string; readonly name: string }[];
    const oldest = monthOf(before);
    let removed = 0;
    for (const { schema: at, name } of rows) {
      const month = monthIn(name);
      // Only partitions that this backend has named: what others are for is not known here.
      const isOurs = month !== undefined && name === partitionName(table, month);
      if (!isOurs || month >= oldest || signal.aborted) continue;
      await this.client.query(`DROP TABLE IF EXISTS ${quoteName(at)}.${quoteName(name)}`);
      removed++;
    }
    return removed;
  }
}

function monthIn(name: string): Month | undefined {
  const [, year, month] = /_(\d{4})_(0[1-9]|1[0-2])$/.exec(name) ?? [];
  return year === undefined || month === undefined ? undefined : `${year}-${month}`;
}
