/**
 * Names and strings in the text of a statement. Only options of the application get there; values
 * of events are always parameters.
 */

import { quoteName } from '../../sql/quote-name';

export { quoteName } from '../../sql/quote-name';

/** Longer names are cut by PostgreSQL without an error. */
const MAX_NAME_BYTES = 63;
/**
 * Characters that a library could read as its own placeholder, even inside quotes, or that no name
 * may have.
 */
const UNSAFE = /[\0?\\]|\$\d/;

/** True for a name that every library passes on unchanged once it is quoted. */
export function isName(given: unknown): given is string {
  return typeof given === 'string' && given !== '' && Buffer.byteLength(given) <= MAX_NAME_BYTES && !UNSAFE.test(given);
}

/** True for a dotted path to a field of the event: `context.user_id`. */
export function isPath(given: unknown): given is string {
  return typeof given === 'string' && !UNSAFE.test(given) && given.split('.').every((key) => key !== '');
}

export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Quotes a table, with its schema if it has one. */
export function quoteTable(schema: string | undefined, table: string): string {
  return schema === undefined ? quoteName(table) : `${quoteName(schema)}.${quoteName(table)}`;
}
