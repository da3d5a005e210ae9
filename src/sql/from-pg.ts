import { listenOver, type OwnConnection } from './listen-over';
import { quoteName } from './quote-name';
import type { Listen, SqlClient, SqlRow } from './sql-client';

/** The part of a Pool, a Client or a PoolClient of `pg`, or of PGlite, that is used. */
export interface PgQueryable {
  query(sql: string, params: unknown[]): Promise<{ readonly rows: readonly unknown[] }>;
}

/** The parts of a Pool that a Client does not have. */
interface PgPool {
  readonly options: { readonly max?: number };
  connect(): Promise<OwnConnection['connection'] & { release(isBroken: boolean): void }>;
}

interface PgLite {
  listen(channel: string, onNotify: () => void): Promise<() => Promise<void>>;
}

/**
 * Makes a SqlClient from `pg` or PGlite.
 * @param pool Pool or Client; or the PoolClient of a transaction, to take part in it; or a PGlite,
 *   or its transaction
 */
export function fromPg(pool: PgQueryable): SqlClient {
  return {
    query: async (sql, params = []) => (await pool.query(sql, [...params])).rows as readonly SqlRow[],
    listen: listenTo(pool),
  };
}

function listenTo(pool: object): Listen | undefined {
  const { listen, connect, options } = pool as Partial<PgLite & PgPool>;
  if (listen !== undefined) return (channel, onNotify) => (pool as PgLite).listen(quoteName(channel), onNotify);
  // A pool of one connection has none to spare.
  if (connect === undefined || options === undefined || options.max === 1) return undefined;
  return listenOver(async () => {
    const connection = await (pool as PgPool).connect();
    return {
      connection,
      close: () => {
        connection.release(true);
      },
    };
  });
}
