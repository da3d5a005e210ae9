import { sqlFailure } from '../backends/postgres/sql-state';
import { schemaSql } from '../backends/postgres/table-sql';
import type { SqlClient } from '../sql/sql-client';
import { outboxTableSql, quoteOutbox, type OutboxTable } from './outbox-table';

/** Another process creates the same at the same time: IF NOT EXISTS does not look that far. */
const MADE_BY_ANOTHER: readonly unknown[] = ['23505', '42P06', '42P07', '42710'];

/**
 * Creates the table of an outbox and its schema, if they do not exist. Asks first: CREATE … IF NOT
 * EXISTS needs the right to create even if there is nothing to do. Rejects with the error of the
 * client.
 */
export async function createOutbox(client: SqlClient, place: OutboxTable): Promise<void> {
  const [found] = await client.query('SELECT to_regclass($1::text)::text AS name', [quoteOutbox(place)]);
  if (typeof found?.['name'] === 'string') return;
  const { schema } = place;
  const statements = [...(schema === undefined ? [] : [schemaSql(schema)]), outboxTableSql(place)];
  for (const sql of statements) {
    try {
      await client.query(sql);
    } catch (error) {
      if (!MADE_BY_ANOTHER.includes(sqlFailure(error).state)) throw error;
    }
  }
}
