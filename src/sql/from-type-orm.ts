import { listenOver, type OwnConnection } from './listen-over';
import type { Listen, SqlClient, SqlRow } from './sql-client';

/** The part of a DataSource, an EntityManager or a QueryRunner of TypeORM that is used. */
export interface TypeOrmQueryable {
  query(sql: string, params?: unknown[]): Promise<unknown>;
}

/** The part of TypeORM's PostgresDriver that is used. */
interface PostgresDriver {
  obtainMasterConnection(): Promise<[OwnConnection['connection'], (isBroken: boolean) => void]>;
}

/**
 * Makes a SqlClient from TypeORM.
 * @param source DataSource; or the EntityManager or QueryRunner of a transaction, to take part in
 *   it
 */
export function fromTypeOrm(source: TypeOrmQueryable): SqlClient {
  return { query: async (sql, params = []) => rowsOf(await source.query(sql, [...params])), listen: listenTo(source) };
}

/** Only a DataSource has a driver, and only that of PostgreSQL gives connections. */
function listenTo(source: object): Listen | undefined {
  const { driver } = source as { readonly driver?: Partial<PostgresDriver> };
  if (driver?.obtainMasterConnection === undefined) return undefined;
  return listenOver(async () => {
    const [connection, release] = await (driver as PostgresDriver).obtainMasterConnection();
    return {
      connection,
      close: () => {
        release(true); // not to be used again: it listens
      },
    };
  });
}

/** TypeORM answers UPDATE and DELETE with the rows and their number: `[rows, 2]`. */
function rowsOf(result: unknown): readonly SqlRow[] {
  if (!Array.isArray(result)) return [];
  const [rows, count] = result as readonly unknown[];
  return (Array.isArray(rows) && typeof count === 'number' ? rows : result) as readonly SqlRow[];
}
