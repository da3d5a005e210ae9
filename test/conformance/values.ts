/**
 * The vectors write what plain JSON cannot hold as `{ "$type": ... }`. Here such a tag becomes the
 * JavaScript value a caller would hand to `emit`, and the questions that the rest of the runner
 * asks about values are answered. An unknown tag is refused: taken for an ordinary mapping, it
 * would be compared with something nobody meant.
 */
import { MalformedCase } from './vectors';

/**
 * A value of a kind that JavaScript lacks (a date without time, a decimal ...): it is known by its
 * JSON text alone.
 */
class TextKind {
  constructor(private readonly text: string) {}
  toJSON(): string {
    return this.text;
  }
}

export interface Tagged {
  readonly $type: string;
  readonly value?: unknown;
  readonly items?: unknown;
  readonly entries?: unknown;
  readonly hex?: unknown;
  readonly seconds?: unknown;
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isTagged(value: unknown): value is Tagged {
  return isMapping(value) && Object.hasOwn(value, '$type') && typeof value.$type === 'string';
}

/** @throws MalformedCase for a tag that the format does not know. */
export function toValue(vector: unknown): unknown {
  if (Array.isArray(vector)) return vector.map(toValue);
  if (isTagged(vector)) return fromTag(vector);
  if (isMapping(vector)) return mapValues(vector, toValue);
  return vector;
}

function fromTag(tag: Tagged): unknown {
  switch (tag.$type) {
    case 'datetime':
      return toDate(tag.value);
    case 'date':
    case 'time':
    case 'duration':
    case 'decimal':
    case 'uuid':
      return new TextKind(jsonText(tag));
    case 'integer':
      return BigInt(textOf(tag, tag.value));
    case 'float':
      return toFloat(textOf(tag, tag.value));
    case 'bytes':
      return Buffer.from(textOf(tag, tag.hex), 'hex');
    case 'tuple':
      return itemsOf(tag).map(toValue);
    case 'set':
      return new Set(itemsOf(tag).map(toValue));
    case 'map':
      return new Map(entriesOf(tag).map(([key, value]) => [toValue(key), toValue(value)]));
    case 'opaque':
      return { toJSON: refuse };
    case 'uncopyable':
      return unreadable();
    case 'cyclic':
      return cyclic();
    default:
      throw new MalformedCase(`the value tag ${JSON.stringify(tag.$type)} is not known`);
  }
}

/** The JSON text by which a value of a kind that JavaScript lacks is compared. */
export function jsonText(tag: Tagged): string {
  if (tag.$type === 'duration') return `PT${String(tag.seconds)}S`;
  return textOf(tag, tag.value);
}

export function itemsOf(tag: Tagged): readonly unknown[] {
  if (!Array.isArray(tag.items)) throw new MalformedCase(`a value tagged ${tag.$type} has no list of items`);
  return tag.items;
}

export function entriesOf(tag: Tagged): readonly (readonly [unknown, unknown])[] {
  const { entries } = tag;
  if (!Array.isArray(entries) || !entries.every((entry) => Array.isArray(entry) && entry.length === 2))
    throw new MalformedCase(`a value tagged ${tag.$type} has no list of entries`);
  return entries as [unknown, unknown][];
}

function textOf(tag: Tagged, text: unknown): string {
  if (typeof text !== 'string') throw new MalformedCase(`a value tagged ${tag.$type} has no text`);
  return text;
}

/** What falsy means to the reference: empty collections are, too. */
export function isTruthy(vector: unknown): boolean {
  if (Array.isArray(vector)) return vector.length > 0;
  if (isTagged(vector)) {
    const value = toValue(vector);
    if (value instanceof Set || value instanceof Map) return value.size > 0;
    if (Array.isArray(value) || Buffer.isBuffer(value)) return value.length > 0;
    return vector.$type === 'duration'
      ? vector.seconds !== 0
      : typeof value === 'object' || Boolean(value) || Number.isNaN(value);
  }
  return isMapping(vector) ? Object.keys(vector).length > 0 : Boolean(vector);
}

const ISO = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:?\d\d)?$/;

/**
 * Microseconds since the epoch of an ISO 8601 time, which counts as UTC without an offset;
 * undefined if it is not one.
 */
export function microseconds(text: string): bigint | undefined {
  const parts = ISO.exec(text);
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second = '0', fraction = '', offset = 'Z'] = parts;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day)); // Date.UTC would take the year 1 for 1901
  date.setUTCHours(Number(hour), Number(minute), Number(second));
  const behind =
    offset === 'Z' ? 0 : Number(`${offset[0] ?? ''}1`) * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(-2)));
  return BigInt(date.getTime() - behind * 60_000) * 1000n + BigInt(fraction.padEnd(6, '0').slice(0, 6));
}

/** @throws MalformedCase for a text that is not an ISO 8601 time. */
export function toDate(text: unknown): Date {
  const micros = typeof text === 'string' ? microseconds(text) : undefined;
  if (micros === undefined) throw new MalformedCase(`${JSON.stringify(text)} is not a time`);
  return new Date(Number((micros - (((micros % 1000n) + 1000n) % 1000n)) / 1000n)); // cut, also before 1970
}

function toFloat(text: string): number {
  const named = new Map([
    ['nan', NaN],
    ['inf', Infinity],
    ['-inf', -Infinity],
  ]);
  return named.get(text.toLowerCase()) ?? Number(text);
}

function refuse(): never {
  throw new TypeError('nothing can serialise this');
}

/** Like a lock that refuses to be copied: every way into a revoked proxy throws. */
function unreadable(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function cyclic(): object {
  const mapping: Record<string, unknown> = {};
  mapping.self = mapping;
  return mapping;
}

/** Keeps every own key, `__proto__` included, an own key. */
export function mapValues(mapping: object, change: (value: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(mapping).map(([key, value]) => [key, change(value)]));
}
