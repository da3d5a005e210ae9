import type { SqlClient } from '../../sql/sql-client';
import { sqlFailure } from './sql-state';

/** Another process creates the same at the same time: IF NOT EXISTS does not look that far. */
const MADE_BY_ANOTHER: readonly unknown[] = ['23505', '42P06', '42P07', '42701', '42710', '42P17'];
/** SQLSTATE of a missing right. */
export const NOT_ALLOWED = '42501';

/**
 * Runs a statement that creates something. Rejects with the error of the client, unless another
 * process has created the same.
 * @param tolerated further SQLSTATEs that are no failure
 */
export async function createUnlessMade(
  client: SqlClient,
  sql: string,
  tolerated: readonly unknown[] = [],
): Promise<void> {
  try {
    await client.query(sql);
  } catch (error) {
    const { state } = sqlFailure(error);
    if (!MADE_BY_ANOTHER.includes(state) && !tolerated.includes(state ?? '')) throw error;
  }
}
