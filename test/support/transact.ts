import type { Pool, PoolClient } from 'pg';

/** Runs `body` in a transaction of a connection of the pool; rolls back if it rejects. */
export async function transact<Result>(
  pool: Pool,
  body: (client: PoolClient) => Promise<Result>,
  begin = 'BEGIN',
): Promise<Result> {
  const client = await pool.connect();
  try {
    await client.query(begin);
    const result = await body(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}
