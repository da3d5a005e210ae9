import { SendFailedException } from '../../delivery/destination';
import { isWithoutPartition, judgeState, sqlFailure, type SqlFailure } from './sql-state';

/** Beginnings of messages of `pg`, Knex and TypeORM about connections, which contain no values. */
const ABOUT_CONNECTION =
  /^(connect |getaddrinfo |read |write |Connection |timeout exceeded|Query read timeout|Client (was closed|has)|Cannot use a pool|Knex: Timeout|Driver not Connected|The server does not support SSL)/;
const NO_PARTITION =
  'no partition takes its month. Fix: create it, or set ensureTable: true with partitionBy, which creates partitions';

/** Result of one row that PostgreSQL refused, if the error is one of the row. */
export function refusalOf(error: unknown): string | undefined {
  const failure = sqlFailure(error);
  const { state } = failure;
  if (state === undefined || isWithoutPartition(failure) || !judgeState(state).isRefused) return undefined;
  return `PostgreSQL refuses the row (${placeOf(state, failure)})`;
}

/**
 * Returns the exception for a batch whose result is unknown. A SendFailedException is returned
 * unchanged.
 */
export function sendFailure(error: unknown): SendFailedException {
  if (error instanceof SendFailedException) return error;
  return SendFailedException.create({ reason: reasonOf(error), retryable: true, cause: sqlFailure(error).root });
}

/** Returns a reason without any value of an event: a message of the server would quote some. */
export function reasonOf(error: unknown): string {
  if (error instanceof SendFailedException) return error.message;
  const failure = sqlFailure(error);
  const { state, root } = failure;
  if (state === undefined) {
    const { code, message, name } = Object(root) as Partial<Record<string, unknown>>;
    const isSafe = typeof message === 'string' && ABOUT_CONNECTION.test(message);
    const shown = isSafe ? message.slice(0, 200) : [code, name].find((each) => typeof each === 'string');
    return `PostgreSQL was not reached (${typeof shown === 'string' ? shown : 'unknown error'})`;
  }
  const fix = isWithoutPartition(failure) ? `: ${NO_PARTITION}` : fixText(state);
  return `PostgreSQL did not take the batch (${placeOf(state, failure)})${fix}`;
}

function fixText(state: string): string {
  const { fix } = judgeState(state);
  return fix === undefined ? '' : `. Fix: ${fix}`;
}

function placeOf(state: string, { column, constraint }: SqlFailure): string {
  const place = constraint === undefined ? column && `, column ${column}` : `, constraint ${constraint}`;
  return `SQLSTATE ${state}${place ?? ''}`;
}
