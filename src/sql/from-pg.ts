import type { SqlClient, SqlRow } from './sql-client';

/** The part of a Pool, a Client or a PoolClient of `pg` that is used. */
export interface PgQueryable {
  query(sql: string, params: unknown[]): Promise<{ readonly rows: readonly unknown[] }>;
}

/**
 * Makes a SqlClient from `pg`.
 * @param pool Pool or Client; or the PoolClient of a transaction, to take part in it
 */
export function fromPg(pool: PgQueryable): SqlClient {
  return { query: async (sql, params = []) => (await pool.query(sql, [...params])).rows as readonly SqlRow[] };
}
