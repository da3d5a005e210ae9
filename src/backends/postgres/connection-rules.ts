/** Rules for the options that name a connection, which the backend and the relay share. */
import type { OptionChecker } from '../../common/option-checker';
import type { GivenOptions, OptionRule, OptionRules } from '../../common/option-place';
import { text, value } from '../../common/option-rules';
import { showName } from '../../common/show-value';
import { isFunction, isObject } from '../../common/value-kinds';
import type { SqlClient } from '../../sql/sql-client';
import { isName } from './identifiers';

export interface PostgresConnection {
  /**
   * Connection of the application: `fromTypeOrm(dataSource)`, `fromPg(pool)`, and others. Either
   * this or `connectionString` is required.
   */
  readonly client?: SqlClient | undefined;
  /** URL of a database. A pool of up to 4 connections is made with the package `pg`. */
  readonly connectionString?: string | undefined;
}

export const CLIENT_FIX = 'client: fromTypeOrm(dataSource), or connectionString: process.env.DATABASE_URL';

export const CONNECTION_RULES: OptionRules<PostgresConnection> = {
  client: value('a client: an object with query()', (given) => isObject(given) && isFunction(given['query']), {
    fix: CLIENT_FIX,
  }),
  connectionString: text({ fix: CLIENT_FIX, show: () => 'not a non-empty string' }),
};

export function checkConnection(given: GivenOptions<PostgresConnection>, check: OptionChecker): void {
  const hasClient = given.client !== undefined;
  const hasUrl = given.connectionString !== undefined;
  if (!hasClient && !hasUrl)
    check.add('client is missing; expected a client, or a connectionString in its place.', CLIENT_FIX);
  if (hasClient && hasUrl) check.add('client and connectionString are both set.', 'leave one of them out');
}

/** A name of a schema or a table. */
export function nameRule(example: string, isOff = (_given: unknown): boolean => false): OptionRule {
  return value(
    'a name of at most 63 bytes, without a zero byte, ?, \\ or $ before a digit',
    (given) => isOff(given) || isName(given),
    { show: showName, fix: (option) => `leave it out, or ${option}: '${example}'` },
  );
}
