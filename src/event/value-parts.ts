import { types } from 'node:util';
import { cut } from '../common/printable';
import type { EventFields } from './tracking-event';

const MAX_PATH_KEYS = 10;
const MAX_KEY_LENGTH = 50;

/**
 * The path of a value for a message: keys joined by dots, with `*` for every item of an array, so
 * that all items count as one place. If there are more than ten keys, only the first five and the
 * last four are shown. Each key is cut to 50 characters.
 */
export function keyPath(keys: readonly (string | number)[]): string {
  const shown = keys.length <= MAX_PATH_KEYS ? keys : [...keys.slice(0, 5), '…', ...keys.slice(-4)];
  return shown.map((key) => (typeof key === 'number' ? '*' : cut(key, MAX_KEY_LENGTH))).join('.');
}

/** The string keys of a proxy, with those that Object.keys would leave out. */
export function proxyKeys(proxy: object): string[] {
  return Reflect.ownKeys(proxy).filter((key) => typeof key === 'string');
}

/** The field of a proxy; undefined for a key that Object.keys would leave out. */
export function shownField(proxy: object, key: string): unknown {
  const isShown = Reflect.getOwnPropertyDescriptor(proxy, key)?.enumerable === true;
  return isShown ? (proxy as EventFields)[key] : undefined;
}

/**
 * The size of a Map or Set by the built-in getter, because a subclass may define its own `size`.
 */
export function sizeOf(collection: ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>): number {
  const prototype = types.isMap(collection) ? Map.prototype : Set.prototype;
  return Reflect.get(prototype, 'size', collection);
}

/** The primitive in an object such as `new String('a')`. */
export function unbox(value: object): unknown {
  if (types.isStringObject(value)) return String.prototype.valueOf.call(value);
  if (types.isNumberObject(value)) return Number.prototype.valueOf.call(value);
  if (types.isBooleanObject(value)) return Boolean.prototype.valueOf.call(value);
  if (types.isBigIntObject(value)) return BigInt.prototype.valueOf.call(value);
  return Symbol.prototype.valueOf.call(value);
}

export function hasToJson(value: object): boolean {
  return typeof (value as EventFields)['toJSON'] === 'function';
}

const BSON_NUMBERS: ReadonlySet<unknown> = new Set(['Long', 'Decimal128', 'Timestamp']);

/**
 * Returns true if a class instance is a MongoDB number that no JSON number can hold. Its decimal
 * text is exact, like the text of a bigint. Its fields are halves of a binary number, and its
 * toJSON, if it has one, returns an object of extended JSON.
 */
export function isBsonNumber(value: object): boolean {
  return BSON_NUMBERS.has((value as EventFields)['_bsontype']);
}

/**
 * The decimal text of a BSON number.
 * @throws any error that its toString throws
 */
export function bsonText(value: object): string {
  return String((value as { toString(): unknown }).toString());
}

const HUGE = 1n << 4096n;
const MINUS_HUGE = -HUGE;
const BEYOND_COUNTING = 1n << 8_000_000n;

/** Returns true if a bigint has so many digits that they must be counted before it is formatted. */
export function isHuge(value: bigint): boolean {
  return value >= HUGE || value <= MINUS_HUGE;
}

/**
 * The approximate number of decimal digits of a bigint, up to 2.4 million. It counts hexadecimal
 * digits, because formatting those takes only linear time.
 */
export function digitsOf(value: bigint): number {
  const size = value < 0n ? -value : value;
  return Math.floor((size < BEYOND_COUNTING ? size : BEYOND_COUNTING).toString(16).length * Math.log10(16));
}
