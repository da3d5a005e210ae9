import { listenOver, type OwnConnection } from './listen-over';
import { quoteName } from './quote-name';
import type { Listen, SqlClient, SqlRow } from './sql-client';

/** The part of a Pool, a Client or a PoolClient of `pg`, or of PGlite, that is used. */
export interface PgQueryable {
  query(sql: string, params: unknown[]): Promise<{ readonly rows: readonly unknown[] }>;
}

/** The parts of a Pool that a Client does not have. */
export interface PgPool {
  readonly Client: new (options: unknown) => OwnConnection['connection'] & {
    connect(): Promise<unknown>;
    end(): Promise<void>;
  };
  readonly options: unknown;
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
  const { listen } = pool as Partial<PgLite>;
  if (listen !== undefined) return (channel, onNotify) => (pool as PgLite).listen(quoteName(channel), onNotify);
  return isPool(pool) ? listenBeside(pool) : undefined;
}

/** Listens over a connection beside those of the pool: a small pool would have none to spare. */
export function listenBeside(pool: PgPool): Listen {
  return listenOver(async () => {
    const connection = new pool.Client(pool.options);
    // A server that ends while it connects may say so before `connect` has resolved, and an error
    // without a listener would end the process. LISTEN fails then.
    connection.on('error', () => undefined);
    await connection.connect();
    return { connection, close: () => connection.end() };
  });
}

export function isPool(pool: unknown): pool is PgPool {
  const { Client, options } = Object(pool) as Partial<PgPool>;
  return typeof Client === 'function' && typeof options === 'object';
}
