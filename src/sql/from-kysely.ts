import type { SqlClient, SqlRow } from './sql-client';

/** The part of Kysely, or of one of its transactions, that is used. */
export interface KyselyQueryable {
  // Kysely declares its own types of queries here, which are compiled from its builders.
  executeQuery(query: never): Promise<{ readonly rows: readonly unknown[] }>;
}

let made = 0;

/**
 * Makes a SqlClient from Kysely.
 * @param db Kysely with its PostgresDialect; or a transaction, to take part in it
 */
export function fromKysely(db: KyselyQueryable): SqlClient {
  return {
    async query(sql, params = []) {
      // Plugins keep facts about a query under its id, from before it runs until after it.
      const queryId = { queryId: `tracking-${made++}` };
      const query = { kind: 'RawNode', sqlFragments: [sql], parameters: [] };
      // What CompiledQuery.raw of Kysely returns.
      const compiled = { sql, parameters: [...params], query, queryId };
      const { rows } = await db.executeQuery(compiled as never);
      return rows as readonly SqlRow[];
    },
  };
}
