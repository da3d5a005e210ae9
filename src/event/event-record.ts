/**
 * JSON has no Dates: an event read back from disk would have texts in their place, and a store would index those. So a record
 * is two lines: what the delivery knows of the event, with the paths of its dates, and the event's own JSON text.
 */
import type { Envelope } from './envelope';
import { hasDates, setField } from './normal-form';
import type { EventFields, StoredEvent } from './tracking-event';

/** From the event down: `['data', 'answers', 0, 'at']`. */
export type DatePath = readonly (string | number)[];

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
  /** How many events deep it was emitted inside the processing of others; nothing for an event of the application. */
  readonly depth?: number | undefined;
  /** The id of the event in whose processing it was emitted. */
  readonly parentId?: string | undefined;
  /** The event is none, but stands for something that could not be read as events; it is in `data.raw`. */
  readonly isRaw?: boolean | undefined;
}

interface RecordHead extends RecordFacts {
  readonly dates?: readonly DatePath[];
}

export function writeRecord(envelope: Envelope, facts: RecordFacts): string {
  // The text first: where it can be made without the event, the event need not be looked through for Dates.
  const text = envelope.text();
  return recordText(text, envelope.hasNoDates ? undefined : datesOf(envelope.event), facts);
}

/** What a record of an event keeps of where it came from; nothing for an event of the application. */
export function originFacts({
  depth,
  parentId,
}: {
  readonly depth: number;
  readonly parentId: string | undefined;
}): Pick<RecordFacts, 'depth' | 'parentId'> {
  return depth === 0 ? {} : { depth, parentId };
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
  if (!isParsed(event) || typeof event.id !== 'string' || typeof event.name !== 'string')
    throw new Error('it has no id or no name');
  reviveDates(event, dates);
  return { event, facts };
}

/**
 * The inverse of `datesOf`, on an event parsed from JSON. The paths come from a job or a file, which others may write: each
 * step has to be an own field of a parsed object or list, so that no path reaches a prototype. A path that fits is no longer
 * than the event is deep, so the work is bounded by the length of what was read.
 * @throws Error for paths that lead to no date of this event; its message holds nothing of the event
 */
export function reviveDates(event: object, dates: readonly DatePath[] = [['timestamp']]): void {
  const paths: unknown = dates;
  if (!Array.isArray(paths)) throw new Error('the paths to its dates are no list');
  for (const path of dates) reviveDate(event, path);
}

/** @param dates undefined for the usual ones, which is the timestamp alone */
function recordText(eventText: string, dates: readonly DatePath[] | undefined, facts: RecordFacts): string {
  return `${headText(dates === undefined ? facts : { ...facts, dates })}\n${eventText}`;
}

/** Almost all are of events that were never sent: those are written inside of emit. */
function headText(head: RecordHead): string {
  return Object.keys(head).length === 1 ? `{"acceptedAt":${String(head.acceptedAt)}}` : JSON.stringify(head);
}

/** Where the Dates of an event are; undefined for the usual place, which is the timestamp alone. */
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

/** A Date where the paths of one event are followed a second time. */
function ownDateText(holder: unknown, key: unknown): string | Date {
  const value = ownField(holder, key);
  if (typeof value === 'string' || value instanceof Date) return value;
  throw new Error('a path to one of its dates leads to another value');
}

/** True for what JSON.parse makes: a plain object or a list. */
function isParsed(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}
