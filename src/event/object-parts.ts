/**
 * Takes built-in objects apart for their normal form: maps, errors and binary data. Nothing here
 * calls code of the application.
 */
import { types } from 'node:util';
import type { EventFields } from './tracking-event';

/** Keys up to this length are always kept, because they name values. */
export const LONG_KEY = 100;

/**
 * The fields of a Map whose keys have distinct strings. Any other Map becomes an array of its
 * entries: `new Map([[1, 'a'], ['1', 'b']])` must not lose an entry.
 * @param maxLength maximum number of characters of all keys; a long key beyond it is left out
 * @returns the fields and the number of keys left out; undefined if two keys have the same string,
 *   or a key has none
 */
export function mapFields(
  entries: readonly (readonly [unknown, unknown])[],
  maxLength: number,
): { readonly fields: EventFields; readonly unfit: number } | undefined {
  const fields = Object.create(null) as EventFields;
  let [unfit, length] = [0, 0];
  for (const [key, value] of entries) {
    if (typeof key === 'string' && key.length > LONG_KEY && length + key.length > maxLength) {
      // Such a key must not become a key of an object: V8 compares keys of the same length beyond
      // 16,383 characters with each other.
      unfit++;
      continue;
    }
    if (typeof key === 'object' ? key !== null : typeof key === 'function' || typeof key === 'symbol') return undefined;
    const text = String(key);
    if (text in fields) return undefined;
    length += text.length;
    fields[text] = value;
  }
  return { fields, unfit };
}

/**
 * Returns the first values of an iterator.
 * @param values a built-in iterator; the iterator of a subclass may have no end
 */
export function firstOf<T>(values: IterableIterator<T>, count: number): T[] {
  const taken: T[] = [];
  for (const value of values) {
    if (taken.length >= count) break;
    taken.push(value);
  }
  return taken;
}

/** The fields of an error that are not enumerable. */
export function errorFields(error: Error): EventFields {
  const fields = Object.create(null) as EventFields;
  for (const key of ['name', 'message', 'stack', 'cause', 'errors'] as const) {
    const field = (error as unknown as EventFields)[key];
    if (field !== undefined) fields[key] = field;
  }
  return fields;
}

/** The bytes of binary data; undefined for a typed array of numbers other than bytes. */
export function bytesOf(value: ArrayBufferView | ArrayBufferLike): Buffer | undefined {
  if (!ArrayBuffer.isView(value)) return Buffer.from(value);
  if (!(value instanceof DataView) && !types.isUint8Array(value)) return undefined;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
