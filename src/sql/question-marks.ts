import type { SqlValue } from './sql-client';

/** Statement with `?` for each parameter, and one binding for each `?`. */
export interface BoundStatement {
  readonly sql: string;
  readonly bindings: SqlValue[];
}

/** Parameter, or a question mark of the statement itself, which is an operator of jsonb. */
const PARAMETER_OR_MARK = /\$(\d+)|\?/g;

/** Returns the statement as Knex reads it: `?` for a parameter, `\?` for a question mark. */
export function withQuestionMarks(sql: string, params: readonly SqlValue[]): BoundStatement {
  const bindings: SqlValue[] = [];
  const marked = sql.replace(PARAMETER_OR_MARK, (_match, number: string | undefined) => {
    if (number === undefined) return '\\?';
    bindings.push(params[Number(number) - 1] ?? null);
    return '?';
  });
  return { sql: marked, bindings };
}
