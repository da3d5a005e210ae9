/**
 * Writes events to records and reads them back.
 *
 * JSON has no Dates. An event read back from disk would have strings in their place, and a store
 * would index those. A record therefore has two lines: the delivery's facts about the event with
 * the paths of its dates, and the event's own JSON text.
 */
import type { Envelope } from './envelope';
import { hasDates, setField } from './normal-form';
import type { EventFields, IdentifiedEvent } from './tracking-event';

/** Path to a Date, from the event down: `['data', 'answers', 0, 'at']`. */
export type DatePath = readonly (string | number)[];

/** Facts that a record keeps next to its event. */
export interface RecordFacts {
  /** Time at which the delivery accepted the event, in epoch milliseconds. */
  readonly acceptedAt: number;
  /** Number of failed attempts to send the event. */
  readonly attempts?: number | undefined;
  readonly firstError?: string | undefined;
  readonly lastError?: string | undefined;
  /** Time of the last attempt, in epoch milliseconds. */
  readonly lastTriedAt?: number | undefined;
  /** Why the event became a dead letter. */
  readonly reason?: string | undefined;
  /** Time at which the event became a dead letter, in epoch milliseconds. */
  readonly deadAt?: number | undefined;
  /**
   * How many events deep it was emitted inside the processing of others; missing for an event of
   * the application.
   */
  readonly depth?: number | undefined;
  /** The id of the event during whose processing it was emitted. */
  readonly parentId?: string | undefined;
  /**
   * True if the record represents input that could not be read as an event; that input is in
   * `data.raw`.
   */
  readonly isRaw?: boolean | undefined;
}

interface RecordHead extends RecordFacts {
  readonly dates?: readonly DatePath[];
}

export function writeRecord(envelope: Envelope, facts: RecordFacts): string {
  // The text comes first: if it can be made without the event object, the event need not be
  // searched for Dates.
  const text = envelope.text();
  return recordText(text, envelope.hasNoDates ? undefined : datesOf(envelope.event), facts);
}

/**
 * The origin of an event as its record keeps it; an empty object for an event of the application.
 */
export function originFacts({
  depth,
  parentId,
}: {
  readonly depth: number;
  readonly parentId: string | undefined;
}): Pick<RecordFacts, 'depth' | 'parentId'> {
  return depth === 0 ? {} : { depth, parentId };
}

/** Writes the record of an event that was read from a record. */
export function writeEventRecord(event: IdentifiedEvent, facts: RecordFacts): string {
  return recordText(JSON.stringify(event), datesOf(event), facts);
}

/**
 * Reads a record.
 * @throws Error if the text is not a valid record
 */
export function readRecord(record: string): { readonly event: IdentifiedEvent; readonly facts: RecordFacts } {
  const end = record.indexOf('\n');
  const { dates = [['timestamp']], ...facts } = JSON.parse(record.slice(0, end)) as RecordHead;
  const event = JSON.parse(record.slice(end + 1)) as IdentifiedEvent;
  if (!isParsed(event) || typeof event.id !== 'string' || typeof event.name !== 'string')
    throw new Error('it has no id or no name');
  reviveDates(event, dates);
  return { event, facts };
}

/**
 * Replaces the strings at the given paths with Dates: the inverse of `datesOf`, on an event parsed
 * from JSON.
 *
 * The paths come from a job or a file, which other programs can write. Each step must be an own
 * field of a parsed object or array, so that no path reaches a prototype. A valid path is no longer
 * than the event is deep, so the work is bounded by the length of the input.
 * @throws Error for a path that does not lead to a date of this event; its message contains no data
 * of the event
 */
export function reviveDates(event: object, dates: readonly DatePath[] = [['timestamp']]): void {
  const paths: unknown = dates;
  if (!Array.isArray(paths)) throw new Error('the paths to its dates are no list');
  for (const path of dates) reviveDate(event, path);
}

/**
 * Joins the two lines of a record.
 * @param dates undefined for the usual case, in which the timestamp is the only Date
 */
function recordText(eventText: string, dates: readonly DatePath[] | undefined, facts: RecordFacts): string {
  return `${headText(dates === undefined ? facts : { ...facts, dates })}\n${eventText}`;
}

/**
 * Writes the first line of a record. Almost all records are of events that were never sent. They
 * are written inside `emit`, so they have a fast path.
 */
function headText(head: RecordHead): string {
  return Object.keys(head).length === 1 ? `{"acceptedAt":${String(head.acceptedAt)}}` : JSON.stringify(head);
}

/**
 * The paths of the Dates of an event; undefined in the usual case, in which the timestamp is the
 * only one.
 */
export function datesOf(event: object & { readonly timestamp: unknown }): DatePath[] | undefined {
  const isUsual = event.timestamp instanceof Date;
  if (isUsual && !hasOtherDates(event)) return undefined;
  return datePaths(event, []);
}

function hasOtherDates(event: object): boolean {
  for (const key in event) if (key !== 'timestamp' && hasDates((event as EventFields)[key])) return true;
  return false;
}

function datePaths(value: unknown, path: DatePath): DatePath[] {
  if (typeof value !== 'object' || value === null) return [];
  if (value instanceof Date) return [path];
  if (Array.isArray(value)) return value.flatMap((item, at) => datePaths(item, [...path, at]));
  return Object.keys(value).flatMap((key) => datePaths((value as EventFields)[key], [...path, key]));
}

function reviveDate(event: object, path: DatePath): void {
  const steps: readonly unknown[] = Array.isArray(path) ? path : [];
  let holder: unknown = event;
  for (let at = 0; at < steps.length - 1; at++) holder = ownField(holder, steps[at]);
  const last = steps.at(-1);
  const date = new Date(ownDateText(holder, last));
  if (Number.isNaN(date.getTime()))
    throw new Error(last === 'timestamp' ? 'its timestamp is no time' : 'one of its dates is no time');
  setField(holder as EventFields, String(last), date);
}

function ownField(holder: unknown, key: unknown): unknown {
  const isKey = typeof key === 'string' || typeof key === 'number';
  if (!isKey || !isParsed(holder) || !Object.hasOwn(holder, key))
    throw new Error('a path to one of its dates leads nowhere');
  return (holder as Record<string | number, unknown>)[key];
}

/** The value is already a Date if the paths of one event are applied a second time. */
function ownDateText(holder: unknown, key: unknown): string | Date {
  const value = ownField(holder, key);
  if (typeof value === 'string' || value instanceof Date) return value;
  throw new Error('a path to one of its dates leads to another value');
}

/** True for an object that JSON.parse can make: a plain object or an array. */
function isParsed(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}
