import { within } from '../../common/within';
import type { SqlClient } from '../../sql/sql-client';
import { createUnlessMade, NOT_ALLOWED } from './create-unless-made';
import { quoteTable } from './identifiers';
import type { Month } from './month';
import { noAnswer } from './pending-statements';
import {
  addColumnSql,
  EVENT_TABLE,
  eventTableSql,
  indexesOf,
  partitionSql,
  schemaSql,
  type TableShape,
} from './table-sql';

const CHECK_VIOLATION = '23514';
/** Maximum time of the preparation: one statement without an answer must not stop all batches. */
const SETUP_MS = 60_000;

/**
 * Creates the table, its missing columns and indexes, and the partitions of the months that events
 * come from.
 *
 * Asks first what there is: CREATE … IF NOT EXISTS needs the right to create even if there is
 * nothing to do, and locks the table.
 */
export class TableSetup {
  private making: Promise<void> | undefined;
  private isMade = false;
  private readonly months = new Set<Month>();

  constructor(
    private readonly client: SqlClient,
    private readonly shape: TableShape,
  ) {}

  /**
   * Creates what is missing. Concurrent calls share one run. Rejects with the error of the client;
   * the next call tries again.
   */
  async before(months: Iterable<Month>): Promise<void> {
    if (!this.isMade) {
      this.making ??= within({ timeoutMs: SETUP_MS, keepsAlive: false }, this.make(), noAnswer).finally(
        () => (this.making = undefined),
      );
      await this.making;
    }
    if (this.shape.partitionBy === undefined) return;
    for (const month of months) {
      if (this.months.has(month)) continue;
      // A DEFAULT partition that has rows of the month takes the others too.
      await createUnlessMade(this.client, partitionSql(this.shape, month), [CHECK_VIOLATION]);
      this.months.add(month);
    }
  }

  /** Looks again before the next batch, after the table or a partition has disappeared. */
  forget(): void {
    this.isMade = false;
    this.months.clear();
  }

  private async make(): Promise<void> {
    const { shape } = this;
    const { schema, table = EVENT_TABLE, columns = {} } = shape;
    const target = quoteTable(schema, table);
    const existing = await this.names(
      'SELECT attname AS name FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped',
      target,
    );
    if (existing.size === 0) {
      if (schema !== undefined) await createUnlessMade(this.client, schemaSql(schema), [NOT_ALLOWED]);
      await createUnlessMade(this.client, eventTableSql(shape));
    } else {
      for (const [name, { type }] of Object.entries(columns))
        if (!existing.has(name)) await createUnlessMade(this.client, addColumnSql(shape, name, type));
    }
    const indexes = await this.names(
      'SELECT c.relname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = to_regclass($1)',
      target,
    );
    for (const { name, sql } of indexesOf(shape)) if (!indexes.has(name)) await createUnlessMade(this.client, sql);
    this.isMade = true;
  }

  private async names(sql: string, table: string): Promise<ReadonlySet<unknown>> {
    return new Set((await this.client.query(sql, [table])).map(({ name }) => name));
  }
}
