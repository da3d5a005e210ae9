import { fromPg, type PgQueryable } from './from-pg';
import type { SqlClient, SqlRow } from './sql-client';

/** The part of a Drizzle database, or of one of its transactions, that is used. */
export interface DrizzleQueryable {
  // Drizzle declares its classes here, with private fields that no other package can have.
  execute(query: never): PromiseLike<unknown>;
}

/**
 * Makes a SqlClient from Drizzle.
 * @param db database of `drizzle-orm/node-postgres` or `drizzle-orm/pglite`; or a transaction, to
 *   take part in it
 */
export function fromDrizzle(db: DrizzleQueryable): SqlClient {
  const { $client } = db as { readonly $client?: PgQueryable };
  return {
    listen: $client && fromPg($client).listen,
    async query(sql, params = []) {
      // Drizzle takes everything that has getSQL, and asks the result for the text.
      const statement = { toQuery: () => ({ sql, params: [...params] }), getSQL: () => statement };
      const { rows } = (await db.execute(statement as never)) as { readonly rows?: readonly SqlRow[] };
      return rows ?? [];
    },
  };
}
