import { withQuestionMarks } from './question-marks';
import type { SqlClient, SqlRow } from './sql-client';

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
    async query(sql, params = []) {
      const bound = withQuestionMarks(sql, params);
      const { rows } = (await knex.raw(bound.sql, bound.bindings)) as { readonly rows?: readonly SqlRow[] };
      return rows ?? [];
    },
  };
}
