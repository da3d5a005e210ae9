import { unreadableReason } from '../../delivery/dead-letter-box';
import type { EventRejection } from '../../delivery/destination';
import type { QueuedEvent } from '../../delivery/queued-event';

/** Row of one event, with the index of the event in the batch. */
export interface EventRow {
  readonly index: number;
  /** The timestamp in epoch milliseconds. */
  readonly timestampMs: number;
  /** JSON text with the fields of the event, and in `extra` all that have no column. */
  readonly text: string;
}

const FIRST_MS = Date.parse('0001-01-01T00:00:00Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');
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
export function rowsOf(entries: readonly QueuedEvent[], rejections: EventRejection[]): EventRow[] {
  const rows: EventRow[] = [];
  entries.forEach((entry, index) => {
    const { timestampMs } = entry;
    let reason = faultOf(entry.id, timestampMs);
    try {
      if (reason === undefined) rows.push({ index, timestampMs, text: rowText(entry) });
    } catch (error) {
      reason = unreadableReason(error); // an event of a queue can be nested too deep to be written
    }
    if (reason !== undefined) rejections.push({ index, reason, retryable: false });
  });
  return rows;
}

/** Most events have no added fields, and their own text is the row. */
function rowText(entry: QueuedEvent): string {
  if (!entry.hasAddedFields) return entry.text();
  // Fields that processors added, such as the `schema` of the catalog.
  const { id, name, timestamp, context, data, ...extra } = entry.event(true);
  return JSON.stringify({ id, name, timestamp, context, data, extra });
}

function faultOf(id: string, timestampMs: number): string | undefined {
  if (!(timestampMs >= FIRST_MS && timestampMs <= LAST_MS)) return 'its timestamp is not a date in the years 1 to 9999';
  return UUID.test(id) ? undefined : 'its id is not a UUID, which the column id needs';
}

/** Returns the reason why jsonb does not take a JSON text; undefined if it does. */
export function textFault(text: string): string | undefined {
  if (!text.includes('\\u')) return undefined;
  const found = UNSTORABLE.exec(text)?.[0];
  if (found === undefined) return undefined;
  return `it contains ${found.endsWith('0000') ? 'a zero byte' : 'half of a surrogate pair'}, which jsonb cannot store`;
}
