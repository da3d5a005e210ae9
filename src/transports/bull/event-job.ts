/**
 * Format of a job. Workers and web processes are not deployed at the same moment, so the format has
 * a number. A reader supports every earlier format, and keeps jobs of unknown formats complete.
 */
import { createHash } from 'node:crypto';
import type { QueuedEvent } from '../../delivery/queued-event';
import type { CarriedFacts } from '../../event/envelope';
import { reviveDates, type DatePath } from '../../event/event-record';
import type { IdentifiedEvent } from '../../event/tracking-event';

/** Name of the jobs, because the application's queue may contain others. */
export const JOB_NAME = 'tracking-events';
/** Newest format. Earlier ones can be read as well. */
const FORMAT = 1 as number;

/** Facts about one event that are not part of it. */
interface EventFacts {
  /** Paths of its Dates, if there are others than the timestamp. */
  readonly dates?: readonly DatePath[] | undefined;
  readonly depth?: number | undefined;
  readonly parentId?: string | undefined;
}

/** Data of a job as stored in Redis. */
export interface EventJob {
  readonly format: number;
  readonly tracker: string;
  /** Path of the AsyncRoutingBackend in its tree. */
  readonly path: string;
  /** Id of the emitting process, under which workers count settled events. */
  readonly emitter: string;
  /** True if the processors of the node have already run. */
  readonly processed?: true;
  readonly events: readonly object[];
  /**
   * Approximate total length of the events' JSON, so that a reader can limit its memory without
   * measuring them.
   */
  readonly length?: number;
  /** Facts by index of the event. Contains only events with facts. */
  readonly facts?: Readonly<Record<string, EventFacts>>;
}

export interface JobAddress {
  readonly tracker: string;
  readonly path: string;
  readonly emitter: string;
  readonly isProcessed: boolean;
}

export interface ReadEvent {
  readonly event: IdentifiedEvent;
  readonly origin: CarriedFacts;
  /** Zero-based position in the job. */
  readonly index: number;
}

/** An event that cannot be read, by its position in its job, with the reason. */
export interface UnreadableEvent {
  /** Zero-based position in the job. */
  readonly index: number;
  /** Reason without any content of the event. */
  readonly reason: string;
}

export interface ReadJob extends JobAddress {
  readonly events: readonly ReadEvent[];
  readonly unreadable: readonly UnreadableEvent[];
}

/** A job to be added: its fields without its events, and the JSON texts of its events. */
export interface WrittenJob {
  readonly head: Omit<EventJob, 'events'>;
  readonly events: readonly string[];
}

export function writeJob(
  entries: readonly QueuedEvent[],
  { tracker, path, emitter, isProcessed }: JobAddress,
): WrittenJob {
  const events: string[] = [];
  const facts: Record<string, EventFacts> = {};
  let length = 0;
  for (const [index, entry] of entries.entries()) {
    events.push(entry.text());
    const dates = entry.dates();
    const { depth, parentId } = entry.facts;
    if (dates !== undefined || depth !== undefined) facts[index] = { dates, depth, parentId };
    length += entry.bytes;
  }
  return {
    head: {
      ...{ format: FORMAT, tracker, path, emitter },
      ...(isProcessed ? { processed: true } : {}),
      length,
      ...(Object.keys(facts).length === 0 ? {} : { facts }),
    },
    events,
  };
}

/**
 * Returns the id of a job. The same events give the same id, because a job whose reply was lost
 * must not run twice. Bull ignores a known id, even of a finished job, so an event that is redriven
 * needs a different id. It gets one through its new `acceptedAt`.
 */
export function jobIdOf(path: string, entries: readonly QueuedEvent[]): string {
  let text = path;
  for (const { id, acceptedAt } of entries) text += `${id} ${String(acceptedAt)}\n`;
  return `t-${createHash('sha256').update(text).digest('base64url').slice(0, 22)}`;
}

/** Returns the job with only the events at `indices`. */
export function narrowJob(job: EventJob, indices: readonly number[]): EventJob {
  const { facts = {}, length = 0, ...rest } = job;
  const kept = indices.flatMap((from, to) => (facts[from] === undefined ? [] : [[String(to), facts[from]] as const]));
  return {
    ...rest,
    events: indices.map((index) => job.events[index] as object),
    length: (length * indices.length) / Math.max(job.events.length, 1),
    ...(kept.length === 0 ? {} : { facts: Object.fromEntries(kept) }),
  };
}

/** True for a job that only a newer version can read. */
export function isOfNewerFormat(data: unknown): boolean {
  const format = isObject(data) ? ownValue(data, 'format') : undefined;
  return typeof format === 'number' && format > FORMAT;
}

/**
 * Reads the data of a job.
 * @returns the reason as a string if this version can read nothing of the job
 */
export function readJob(data: unknown): ReadJob | string {
  if (typeof data !== 'object' || data === null) return 'its data is not an object';
  const { format, tracker, path, emitter, processed, events, length, facts = {} } = data as Partial<EventJob>;
  if (isOfNewerFormat(data)) {
    return `it has format ${String(format)}, and this version reads formats up to ${String(FORMAT)}: it was written by a newer version of nestjs-event-tracking`;
  }
  if (format !== FORMAT) return `it has the format ${showFormat(format)}, which is not a format of jobs`;
  if (typeof tracker !== 'string' || typeof path !== 'string' || !Array.isArray(events)) {
    return 'it lacks tracker, path or events';
  }
  const each = typeof length === 'number' && length > 0 ? length / events.length : undefined;
  const read: ReadEvent[] = [];
  const unreadable: UnreadableEvent[] = [];
  for (const [index, event] of events.entries()) {
    try {
      read.push({ ...readEvent(event, factsOf(facts, index), each), index });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      unreadable.push({ index, reason: `one of its events cannot be read: ${why}` });
    }
  }
  const [first] = unreadable;
  if (first !== undefined && read.length === 0) return first.reason;
  return {
    ...{ tracker, path, isProcessed: processed === true },
    emitter: typeof emitter === 'string' ? emitter : '',
    ...{ events: read, unreadable },
  };
}

/**
 * Describes a format without quoting strings: others may write to Redis, and the format may be a
 * string of any length.
 */
function showFormat(format: unknown): string {
  return typeof format === 'number' ? String(format) : `of type ${format === null ? 'null' : typeof format}`;
}

function factsOf(facts: unknown, index: number): EventFacts {
  const known = isObject(facts) ? ownValue(facts, String(index)) : facts;
  if (known === undefined) return {};
  const { depth, parentId } = (isObject(known) ? known : { depth: NaN }) as EventFacts;
  const isDepth = depth === undefined || (Number.isSafeInteger(depth) && depth >= 0);
  if (isDepth && (parentId === undefined || typeof parentId === 'string')) return known as EventFacts;
  throw new Error('its facts (dates, depth or parentId) cannot be read');
}

function readEvent(
  written: unknown,
  { dates, depth, parentId }: EventFacts,
  length: number | undefined,
): Omit<ReadEvent, 'index'> {
  const event = { ...(written as IdentifiedEvent) };
  if (typeof event.id !== 'string' || typeof event.name !== 'string') throw new Error('it has no id or no name');
  const time = dates === undefined ? timeOf(event.timestamp) : undefined;
  // The timestamp is the only Date of almost every event.
  if (time === undefined) reviveDates(event, dates);
  else event.timestamp = time;
  // A processor may have replaced these fields by any value in normal form. In this case `dates`
  // does not name the timestamp.
  const { timestamp, context, data } = event as Partial<IdentifiedEvent>;
  if (timestamp === undefined || context === undefined || data === undefined)
    throw new Error('it has no timestamp, no context or no data');
  return { event, origin: { depth, parentId, length } };
}

/** The time of an event as JSON; undefined for any other value. */
function timeOf(timestamp: unknown): Date | undefined {
  const time = typeof timestamp === 'string' ? new Date(timestamp) : undefined;
  return time === undefined || Number.isNaN(time.getTime()) ? undefined : time;
}

function ownValue(fields: object, key: string): unknown {
  return Object.hasOwn(fields, key) ? (fields as Readonly<Record<string, unknown>>)[key] : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
