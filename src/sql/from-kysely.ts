import type { SqlClient, SqlRow } from './sql-client';

/** The part of Kysely, or of one of its transactions, that is used. */
export interface KyselyQueryable {
  executeQuery(query: RawQuery): Promise<{ readonly rows: readonly unknown[] }>;
}

/** What `CompiledQuery.raw` of Kysely returns. */
interface RawQuery {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  readonly query: {
    readonly kind: 'RawNode';
    readonly sqlFragments: readonly string[];
    readonly parameters: readonly never[];
  };
  readonly queryId: { readonly queryId: string };
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
      const query = { kind: 'RawNode' as const, sqlFragments: [sql], parameters: [] };
      const { rows } = await db.executeQuery({ sql, parameters: [...params], query, queryId });
      return rows as readonly SqlRow[];
    },
  };
}
