/**
 * Reads events for xAPI and Caliper: events of this library, and lines of a tracking log of Open
 * edX, which have their data in `event` and their time in `time`.
 */
import type { EventFields } from '../event/tracking-event';
import { LearningMappingException } from './mapping.exception';

/**
 * An event to convert: a `TrackingEvent`, or a parsed line of a tracking log. `data` may be called
 * `event`, and may be JSON text; `timestamp` may be called `time`.
 */
export interface LearningEvent {
  readonly id?: unknown;
  readonly name?: unknown;
  readonly event_type?: unknown;
  readonly timestamp?: unknown;
  readonly time?: unknown;
  readonly context?: unknown;
  readonly data?: unknown;
  readonly event?: unknown;
}

/** Reads one value of an event. Returns undefined if it is missing. */
export type FieldReader = (source: EventSource) => unknown;

/** An event with the parts that most rows read. */
export class EventSource {
  readonly fields: Readonly<EventFields>;
  readonly name: string;
  /** Data of the event; parsed if it is JSON text of an object. */
  readonly data: unknown;

  constructor(
    readonly event: LearningEvent,
    /** What is made of the event, for errors: 'xAPI statement'. */
    readonly target: string,
  ) {
    this.fields = event as Readonly<EventFields>;
    const name = event.name ?? event.event_type;
    this.name = typeof name === 'string' ? name : '';
    this.data = parsedIfText(event.data ?? event.event);
  }

  error(problem: string): LearningMappingException {
    return LearningMappingException.create(this.target, this.name, problem);
  }

  /** Searches a key at every depth: in the event first, then in its mappings, in their order. */
  find(key: string): unknown {
    const found = deepValue(this.fields, key);
    if (found !== undefined || !isMapping(this.data)) return found;
    return typeof (this.event.data ?? this.event.event) === 'string' ? deepValue(this.data, key) : undefined;
  }
}

/**
 * Compiles a path. `data.mode` is read at exactly that place, `session` is searched at every depth,
 * and `!` in front makes the value required. An empty string, mapping or list counts as missing.
 * @throws LearningMappingException from the reader, if a required value is missing
 */
export function fieldReader(path: string): FieldReader {
  if (path.startsWith('!')) return required(path.slice(1), fieldReader(path.slice(1)));
  const [first = '', ...rest] = path.split('.');
  if (rest.length === 0) return (source) => source.find(first);
  if (first === 'data' || first === 'event') return (source) => present(valueAt(source.data, rest));
  return (source) => present(valueAt(source.fields[first], rest));
}

export function isMapping(value: unknown): value is Readonly<EventFields> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** Returns the value, or undefined for one that counts as missing. */
export function present(value: unknown): unknown {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'object' || value instanceof Date) return value;
  if (Array.isArray(value)) return value.length === 0 ? undefined : value;
  for (const _key in value) return value;
  return undefined;
}

/** The text of a value: a string as it is, a time in ISO form, other values as JSON. */
export function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value instanceof Date ? value.toISOString() : JSON.stringify(value);
}

function required(path: string, read: FieldReader): FieldReader {
  return (source) => {
    const value = read(source);
    if (value === undefined) throw source.error(`${path} is missing`);
    return value;
  };
}

function valueAt(start: unknown, path: readonly string[]): unknown {
  let value = start;
  for (const key of path) {
    if (!isMapping(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

function deepValue(fields: Readonly<EventFields>, key: string): unknown {
  if (Object.hasOwn(fields, key)) {
    const value = present(fields[key]);
    if (value !== undefined) return value;
  }
  for (const name in fields) {
    const value = fields[name];
    if (!isMapping(value)) continue;
    const found = deepValue(value, key);
    if (found !== undefined) return found;
  }
  return undefined;
}

function parsedIfText(data: unknown): unknown {
  if (typeof data !== 'string' || !data.startsWith('{')) return data;
  try {
    return JSON.parse(data) as unknown;
  } catch {
    return data;
  }
}
