import { reasonOf } from '../backends/postgres/send-errors';
import { judgeState, sqlFailure } from '../backends/postgres/sql-state';
import { CREATE_FIX } from './outbox-table';

/** Fixes of the relay, by SQLSTATE; those of PostgresBackend name other tables and rights. */
const FIXES: ReadonlyMap<string, string> = new Map([
  [
    '57014',
    'a statement took too long (SQLSTATE 57014). Fix: raise statement_timeout of the connection, or lower batchSize',
  ],
  ['42P01', `its table does not exist (SQLSTATE 42P01). Fix: ${CREATE_FIX}`],
  ['3F000', 'its schema does not exist (SQLSTATE 3F000). Fix: create the schema and the table'],
  ['42703', `its table has other columns (SQLSTATE 42703). Fix: drop the table when it is empty, and ${CREATE_FIX}`],
  [
    '42501',
    'the user of its connection has too few rights (SQLSTATE 42501). Fix: GRANT SELECT, UPDATE, DELETE on the table; with ensureTable also CREATE on the schema',
  ],
]);

/** Describes why a statement of a relay failed, without any value of an event. */
export function relayFailure(error: unknown): string {
  const { state } = sqlFailure(error);
  if (state === undefined) return reasonOf(error);
  const { fix } = judgeState(state);
  return (
    FIXES.get(state) ?? `PostgreSQL refused a statement (SQLSTATE ${state})${fix === undefined ? '' : `. Fix: ${fix}`}`
  );
}
