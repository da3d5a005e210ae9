import { isPool, listenBeside } from './from-pg';
import type { Listen, SqlClient, SqlRow } from './sql-client';

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
  return {
    query: async (sql, params = []) => rowsOf(await source.query(sql, [...params])),
    // The pool of a DataSource is there only once it is initialized.
    get listen() {
      return listenTo(source);
    },
  };
}

/** Only a DataSource has a driver, and only that of PostgreSQL has a Pool of `pg`. */
function listenTo(source: object): Listen | undefined {
  const { driver } = source as { readonly driver?: { readonly master?: unknown } };
  const pool = driver?.master;
  return isPool(pool) ? listenBeside(pool) : undefined;
}

/** TypeORM answers UPDATE and DELETE with the rows and their number: `[rows, 2]`. */
function rowsOf(result: unknown): readonly SqlRow[] {
  if (!Array.isArray(result)) return [];
  const [rows, count] = result as readonly unknown[];
  return (Array.isArray(rows) && typeof count === 'number' ? rows : result) as readonly SqlRow[];
}
