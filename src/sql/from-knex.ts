import { listenOver, type OwnConnection } from './listen-over';
import { withQuestionMarks } from './question-marks';
import type { Listen, SqlClient, SqlRow } from './sql-client';

/** The part of Knex, or of one of its transactions, that is used. */
export interface KnexQueryable {
  raw(sql: string, bindings: readonly (string | number | boolean | null)[]): PromiseLike<unknown>;
}

/**
 * Makes a SqlClient from Knex.
 * @param knex Knex with the client `pg`; or a transaction, to take part in it
 */
export function fromKnex(knex: KnexQueryable): SqlClient {
  return {
    listen: listenTo(knex),
    async query(sql, params = []) {
      const bound = withQuestionMarks(sql, params);
      const { rows } = (await knex.raw(bound.sql, bound.bindings)) as { readonly rows?: readonly SqlRow[] };
      return rows ?? [];
    },
  };
}

/** The part of the client of Knex that makes connections outside of its pool. */
interface KnexClient {
  acquireRawConnection(): Promise<OwnConnection['connection']>;
  destroyRawConnection(connection: OwnConnection['connection']): Promise<void>;
}

function listenTo(knex: object): Listen | undefined {
  const { client } = knex as { readonly client?: Partial<KnexClient> };
  if (!hasRawConnections(client)) return undefined;
  return listenOver(async () => {
    const connection = await client.acquireRawConnection();
    return { connection, close: () => client.destroyRawConnection(connection) };
  });
}

function hasRawConnections(client: Partial<KnexClient> | undefined): client is KnexClient {
  return typeof client?.acquireRawConnection === 'function' && typeof client.destroyRawConnection === 'function';
}
