import { types } from 'node:util';
import type { EventRejection } from '../../delivery/destination';
import type { IdentifiedEvent } from '../../event/tracking-event';

/** Row of one event, with the index of the event in the batch. */
export interface EventRow {
  readonly index: number;
  readonly timestamp: Date;
  readonly row: object;
}

const FIRST_MS = Date.parse('0001-01-01T00:00:00Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');
/** Number of standard fields: id, name, timestamp, context and data. */
const OWN_FIELDS = 5;
const UUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i;
/**
 * Escapes that JSON has and jsonb refuses: the zero byte, and half of a surrogate pair, which
 * JSON.stringify writes as an escape. An even number of backslashes before it is text. It starts at
 * the first backslash of a run only, so that a long run takes linear time.
 */
const UNSTORABLE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/i;

/**
 * Returns the rows of the events, and adds those that cannot have one to `rejections`. PostgreSQL
 * would refuse a whole batch for one such event without naming it.
 */
export function rowsOf(events: readonly IdentifiedEvent[], rejections: EventRejection[]): EventRow[] {
  const rows: EventRow[] = [];
  events.forEach((event, index) => {
    const reason = faultOf(event);
    if (reason === undefined) rows.push({ index, timestamp: event.timestamp, row: rowOf(event) });
    else rejections.push({ index, reason, retryable: false });
  });
  return rows;
}

function rowOf(event: IdentifiedEvent): object {
  const { id, name, timestamp, context, data } = event;
  const row = { id, name, occurred_at: timestamp, context, data };
  if (Object.keys(event).length === OWN_FIELDS) return row;
  // Fields that processors added, such as the `schema` of the catalog.
  const { id: _id, name: _name, timestamp: _timestamp, context: _context, data: _data, ...extra } = event;
  return { ...row, extra };
}

function faultOf({ id, timestamp }: IdentifiedEvent): string | undefined {
  if (!types.isDate(timestamp) || !(timestamp.getTime() >= FIRST_MS && timestamp.getTime() <= LAST_MS))
    return 'its timestamp is not a date in the years 1 to 9999';
  return UUID.test(id) ? undefined : 'its id is not a UUID, which the column id needs';
}

/** Returns the reason why jsonb does not take a JSON text; undefined if it does. */
export function textFault(text: string): string | undefined {
  if (!text.includes('\\u')) return undefined;
  const found = UNSTORABLE.exec(text)?.[0];
  if (found === undefined) return undefined;
  return `it contains ${found.endsWith('0000') ? 'a zero byte' : 'half of a surrogate pair'}, which jsonb cannot store`;
}
