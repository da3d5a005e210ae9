/**
 * JSON has no Dates: an event read back from disk would have texts in their place, and a store would index those. So a record
 * is two lines: what the delivery knows of the event, with the paths of its dates, and the event's own JSON text.
 */
import type { Envelope } from './envelope';
import { hasDates } from './normal-form';
import type { EventFields, StoredEvent } from './tracking-event';

/** From the event down: `['data', 'answers', 0, 'at']`. */
type Path = readonly (string | number)[];

/** What is kept of an event beside itself. */
export interface RecordFacts {
  /** Epoch milliseconds. */
  readonly acceptedAt: number;
  /** How often it was sent in vain. */
  readonly attempts?: number | undefined;
  readonly firstError?: string | undefined;
  readonly lastError?: string | undefined;
  /** Epoch milliseconds. */
  readonly lastTriedAt?: number | undefined;
  /** Why it was given up. */
  readonly reason?: string | undefined;
  /** Epoch milliseconds. */
  readonly deadAt?: number | undefined;
}

interface RecordHead extends RecordFacts {
  readonly dates?: readonly Path[];
}

export function writeRecord(envelope: Envelope, facts: RecordFacts): string {
  // The text first: where it can be made without the event, the event need not be looked through for Dates.
  const text = envelope.text();
  return recordText(text, envelope.hasNoDates ? undefined : datesOf(envelope.event), facts);
}

/** The same of an event that was read from a record. */
export function writeEventRecord(event: StoredEvent, facts: RecordFacts): string {
  return recordText(JSON.stringify(event), datesOf(event), facts);
}

/** @throws if the text is no record */
export function readRecord(record: string): { readonly event: StoredEvent; readonly facts: RecordFacts } {
  const end = record.indexOf('\n');
  const { dates = [['timestamp']], ...facts } = JSON.parse(record.slice(0, end)) as RecordHead;
  const event = JSON.parse(record.slice(end + 1)) as StoredEvent;
  for (const path of dates) reviveDate(event, path);
  return { event, facts };
}

/** @param dates undefined for the usual ones, which is the timestamp alone */
function recordText(eventText: string, dates: readonly Path[] | undefined, facts: RecordFacts): string {
  return `${headText(dates === undefined ? facts : { ...facts, dates })}\n${eventText}`;
}

/** Almost all are of events that were never sent: those are written inside of emit. */
function headText(head: RecordHead): string {
  return Object.keys(head).length === 1 ? `{"acceptedAt":${String(head.acceptedAt)}}` : JSON.stringify(head);
}

function datesOf({ timestamp, ...rest }: object & { readonly timestamp: unknown }): Path[] | undefined {
  const isUsual = timestamp instanceof Date;
  if (isUsual && !hasDates(rest)) return undefined;
  return isUsual ? [['timestamp'], ...datePaths(rest, [])] : datePaths(rest, []);
}

function datePaths(value: unknown, path: Path): Path[] {
  if (typeof value !== 'object' || value === null) return [];
  if (value instanceof Date) return [path];
  if (Array.isArray(value)) return value.flatMap((item, at) => datePaths(item, [...path, at]));
  return Object.keys(value).flatMap((key) => datePaths((value as EventFields)[key], [...path, key]));
}

function reviveDate(event: object, path: Path): void {
  let holder = event as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) holder = holder[key] as Record<string | number, unknown>;
  const last = path.at(-1) as string | number;
  // `__proto__` is an ordinary key here: JSON.parse has made it one, and then it can be set like one.
  holder[last] = new Date(holder[last] as string);
}
