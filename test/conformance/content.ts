/** Questions about what stands in a case: its values, names, processors and entries of the bus. */
import { isMapping, isTagged, isTruthy, itemsOf, microseconds } from './values';
import type { VectorBackend, VectorProcessor, VectorStep } from './vectors';

/** Kinds of Python's values that have a JSON form here and none there. */
export const OUR_OWN_KINDS = ['set', 'bytes', 'decimal', 'uuid', 'time', 'duration', 'opaque', 'cyclic'];

/** By its kind, as an integer beyond 64 bits, as half a character, or as a key. */
export function isUnstorable(value: unknown): boolean {
  if (typeof value === 'string') return /\p{Surrogate}/u.test(value);
  if (isTag(value, 'integer')) return BigInt.asIntN(64, BigInt(String(value.value))) !== BigInt(String(value.value));
  if (isTagged(value)) return [...OUR_OWN_KINDS, 'date', 'map'].includes(value.$type);
  return isMapping(value) && Object.keys(value).some((key) => key.includes('\0'));
}

export function isEntry({ op }: VectorStep): boolean {
  return op === 'enter' || op === 'scope';
}

export function isContext(context: unknown): boolean {
  return isMapping(context) && (!isTagged(context) || context.$type === 'map' || context.$type === 'cyclic');
}

export function isList(context: unknown): boolean {
  return Array.isArray(context) || isTag(context, 'tuple');
}

export function hasOddNames(steps: readonly VectorStep[]): boolean {
  const names = steps.map((step) => (step.op === 'emit' ? step.name : entryOf(step)?.['name']));
  return names.some((name) => typeof name !== 'string' && isTruthy(name));
}

export function namesOddly(names: unknown): boolean {
  const list = isTagged(names) && (names.$type === 'set' || names.$type === 'tuple') ? itemsOf(names) : names;
  return Array.isArray(list) && list.some((name) => typeof name !== 'string');
}

export function setsOddName({ kind, path, value }: VectorProcessor): boolean {
  return isNamePath(path) && kind !== 'delete' && typeof value !== 'string' && isTruthy(value);
}

export function losesName({ kind, path, value }: VectorProcessor): boolean {
  return isNamePath(path) && (kind === 'delete' || !isTruthy(value));
}

export const OWN_FIELDS: readonly string[] = ['name', 'timestamp', 'context', 'data'];

/** Whether a processor takes away one of the fields that every event has. */
export function losesField({ kind, path, value }: VectorProcessor): boolean {
  const isOwn = path?.length === 1 && OWN_FIELDS.includes(String(path[0]));
  return isOwn && (kind === 'delete' || !isTruthy(value));
}

export function hasSegment(backends: readonly VectorBackend[]): boolean {
  return backends.some(({ kind }) => kind === 'segment');
}

export function isOddAddressPart(value: unknown): boolean {
  return typeof value !== 'string' && isTruthy(value);
}

function isNamePath(path: readonly unknown[] | undefined): boolean {
  return path?.length === 1 && path[0] === 'name';
}

export function isEvent(value: unknown): boolean {
  return isMapping(value) && !isTagged(value) && OWN_FIELDS.every((field) => Object.hasOwn(value, field));
}

export function isTag(value: unknown, type: string): value is { $type: string; value?: unknown; entries?: unknown } {
  return isTagged(value) && value.$type === type;
}

export function leavesTheCalendar(text: string): boolean {
  const micros = microseconds(text);
  return (
    micros !== undefined &&
    (micros < (microseconds('0001-01-01T00:00:00') ?? 0n) ||
      micros > (microseconds('9999-12-31T23:59:59.999999') ?? 0n))
  );
}

export function hasClash(entries: unknown): boolean {
  const keys = keysOf(entries).map((key) => (typeof key === 'string' ? key : JSON.stringify(key)));
  return new Set(keys).size < keys.length;
}

/** Keys that are no scalar, and so have no text that is surely their own. */
export function hasOddKeys(entries: unknown): boolean {
  return keysOf(entries).some(
    (key) => typeof key === 'object' && key !== null && !isTag(key, 'integer') && !isTag(key, 'float'),
  );
}

function keysOf(entries: unknown): readonly unknown[] {
  return Array.isArray(entries)
    ? entries.map((entry: unknown) => (Array.isArray(entry) ? (entry as unknown[])[0] : undefined))
    : [];
}

/** A list in the sense of a filter's options, which a set and a tuple are too. */
export function isListOfNames(names: unknown): boolean {
  return Array.isArray(names) || isTag(names, 'set') || isTag(names, 'tuple');
}

/** A number that strict JSON has no word for. */
export function isNotFinite(value: unknown): boolean {
  return isTagged(value) && value.$type === 'float' && !/^-?[\d.]/.test(String(value.value));
}

/** A number that JavaScript writes without its fraction. */
export function isWholeFloat(value: unknown): boolean {
  return isTagged(value) && value.$type === 'float' && Number.isInteger(Number(value.value));
}

/** An integer that a number of JavaScript cannot hold. */
export function isLongInteger(value: unknown): boolean {
  return (
    isTag(value, 'integer') || (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value))
  );
}

/** A time with more digits than a Date has. */
export function isFineTime(value: unknown): boolean {
  const text = isTag(value, 'datetime') ? value.value : value;
  const micros = typeof text === 'string' ? microseconds(text) : undefined;
  return micros !== undefined && micros % 1000n !== 0n;
}

/**
 * What came from the bus in one step; undefined for another step, and for what did not come from
 * there.
 */
export function entryOf({
  op,
  from_bus,
  tracking_log: log,
}: VectorStep): Readonly<Record<string, unknown>> | undefined {
  return op === 'bus_deliver' && from_bus !== false ? (log ?? {}) : undefined;
}

/**
 * Whether an entry of the bus cannot be read: its texts are no JSON, its context is no object, its
 * time is none.
 */
export function isUnreadable({ data, context, timestamp }: Readonly<Record<string, unknown>>): boolean {
  const parsed = parsedJson(context);
  const isContext = parsed === null || (isMapping(parsed) && !Array.isArray(parsed));
  const isTime =
    isTag(timestamp, 'datetime') || (typeof timestamp === 'string' && microseconds(timestamp) !== undefined);
  return parsedJson(data) === undefined || !isContext || !isTime;
}

/**
 * As Python reads JSON, but for numbers, of which only the kind is kept; undefined for what is
 * none.
 */
function parsedJson(text: unknown): unknown {
  if (typeof text !== 'string') return undefined;
  try {
    return JSON.parse(text.replace(/-?\b(?:NaN|Infinity)\b/g, '0')) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * Levels of both, in any case of letters; ours has `trace` besides, which the reference refuses.
 */
const LEVELS = ['debug', 'info', 'warning', 'warn', 'error', 'critical', 'fatal'];

/**
 * Whether a logger has a level that is none of both, or a size that is neither a number from 0 up
 * nor null.
 */
export function hasOddLogOptions({ level, max_event_size: size }: VectorBackend): boolean {
  const isLevel = level === undefined || (typeof level === 'string' && LEVELS.includes(level.toLowerCase()));
  const isSize = size === undefined || size === null || (typeof size === 'number' && size >= 0) || isTag(size, 'float');
  return !isLevel || !isSize;
}

/** Whether a value holds keys, at any depth, that not every server of MongoDB's kind takes. */
export function hasStoreKeys(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || isTagged(value)) return false;
  const hasOwn = isMapping(value) && Object.keys(value).some((key) => /^\$|\./.test(key));
  return hasOwn || Object.values(value).some(hasStoreKeys);
}

export function isFilter({ kind }: VectorProcessor): boolean {
  return kind === 'regex_filter' || kind === 'name_whitelist';
}

export function isRegexFilter({ kind }: VectorProcessor): boolean {
  return kind === 'regex_filter';
}

/**
 * Whether a processor returns what is not an event; null is the reference's way of returning
 * nothing.
 */
export function returnsNoEvent({ kind, value }: VectorProcessor): boolean {
  return kind === 'return_value' && value !== null && !isEvent(value);
}
