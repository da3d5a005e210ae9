import { createUnlessMade, NOT_ALLOWED } from '../backends/postgres/create-unless-made';
import { schemaSql } from '../backends/postgres/table-sql';
import type { SqlClient } from '../sql/sql-client';
import { outboxTableSql, quoteOutbox, type OutboxTable } from './outbox-table';

/**
 * Creates the table of an outbox and its schema, if they do not exist. Asks first: CREATE … IF NOT
 * EXISTS needs the right to create even if there is nothing to do. Rejects with the error of the
 * client.
 */
export async function createOutbox(client: SqlClient, place: OutboxTable): Promise<void> {
  const [found] = await client.query('SELECT to_regclass($1::text)::text AS name', [quoteOutbox(place)]);
  if (typeof found?.['name'] === 'string') return;
  const { schema } = place;
  // The right to create schemas is asked for even if the schema exists.
  if (schema !== undefined) await createUnlessMade(client, schemaSql(schema), [NOT_ALLOWED]);
  await createUnlessMade(client, outboxTableSql(place));
}
