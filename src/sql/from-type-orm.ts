import type { SqlClient, SqlRow } from './sql-client';

/** The part of a DataSource, an EntityManager or a QueryRunner of TypeORM that is used. */
export interface TypeOrmQueryable {
  query(sql: string, params?: unknown[]): Promise<unknown>;
}

/**
 * Makes a SqlClient from TypeORM.
 * @param source DataSource; or the EntityManager or QueryRunner of a transaction, to take part in
 *   it
 */
export function fromTypeOrm(source: TypeOrmQueryable): SqlClient {
  return { query: async (sql, params = []) => rowsOf(await source.query(sql, [...params])) };
}

/** TypeORM answers UPDATE and DELETE with the rows and their number: `[rows, 2]`. */
function rowsOf(result: unknown): readonly SqlRow[] {
  if (!Array.isArray(result)) return [];
  const [rows, count] = result as readonly unknown[];
  return (Array.isArray(rows) && typeof count === 'number' ? rows : result) as readonly SqlRow[];
}
