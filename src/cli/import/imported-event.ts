import { createHash } from 'node:crypto';
import { referenceTime } from '../../event/reference-text';
import type { EventFields, IdentifiedEvent } from '../../event/tracking-event';
import type { LoggedEvent } from '../event-line';

const MAX_ID_LENGTH = 200;
const MAX_TIME = 2 ** 48 - 1;
const HAS_ZONE = /(?:Z|[+-]\d\d(?::?\d\d)?)$/i;

/**
 * Returns the event of a line with its time as a Date and with an id. An event that has an id keeps
 * it. All others get one that depends on their line alone, so that an import that is repeated, or
 * that overlaps another, has the same ids (docs/decisions/0351). The text of their time is kept in
 * `time` if it is not the one that an emitted event has, because ids of statements are made of it
 * (docs/decisions/0370).
 * @param text the line
 * @returns undefined if the time cannot be read
 */
export function importedEvent(event: LoggedEvent, text: string): IdentifiedEvent | undefined {
  const { name, timestamp: time, id: given, context, data, ...added } = event;
  const timestamp = new Date(timeOf(time));
  if (Number.isNaN(timestamp.getTime())) return undefined;
  const isOwn = isId(given);
  const id = isOwn ? given : idOfLine(text, timestamp.getTime());
  const isPlain = isOwn || time === referenceTime(timestamp) || !HAS_ZONE.test(time) || Object.hasOwn(added, 'time');
  const fields = isPlain ? added : { ...added, time };
  return { name, timestamp, id, context: context as EventFields, data: data as EventFields, ...fields };
}

/** Returns epoch milliseconds, or NaN. A time without a zone is in UTC, as in the reference. */
export function timeOf(text: string): number {
  return Date.parse(HAS_ZONE.test(text) ? text : `${text}Z`);
}

/**
 * Returns a UUIDv8 (RFC 9562, 5.8): the time of the event, so that a store's index stays compact,
 * and a hash of the line from its first brace on. What a collector writes before the brace, such as
 * the name of a host, does not matter.
 */
function idOfLine(text: string, time: number): string {
  const start = Math.max(0, text.indexOf('{'));
  const hash = createHash('sha256').update(text.slice(start).trimEnd()).digest('hex');
  const milliseconds = Math.min(Math.max(time, 0), MAX_TIME).toString(16).padStart(12, '0');
  const variant = ((parseInt(hash.charAt(3), 16) & 0x3) | 0x8).toString(16);
  return `${milliseconds.slice(0, 8)}-${milliseconds.slice(8)}-8${hash.slice(0, 3)}-${variant}${hash.slice(4, 7)}-${hash.slice(7, 19)}`;
}

function isId(id: unknown): id is string {
  return typeof id === 'string' && id !== '' && id.length <= MAX_ID_LENGTH;
}
