/**
 * How a test says what an event has to hold: by part of it. Objects fit when every field that is named fits; everything else
 * fits when it is equal. Events hold values in their normal form, so the expected ones take it too: a test may name the ObjectId,
 * the bigint or the Map that the service emitted, and not the text that became of it.
 */
import { types } from 'node:util';
import { DEFAULT_LIMITS, toNormalForm } from '../event/normal-form';

/** `expect.any(String)` and its like, of Jest and of Vitest. */
export interface AsymmetricMatcher {
  asymmetricMatch(other: unknown): boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** Whether `received` holds all that `expected` names. A field expected to be undefined must not be there. */
export function fits(expected: unknown, received: unknown): boolean {
  if (isAsymmetric(expected)) return expected.asymmetricMatch(received);
  if (Array.isArray(expected)) {
    return (
      Array.isArray(received) &&
      received.length === expected.length &&
      expected.every((item, at) => fits(item === undefined ? null : item, received[at]))
    );
  }
  if (isFields(expected)) {
    return isFields(received) && Object.keys(expected).every((key) => fits(expected[key], own(received, key)));
  }
  const wanted = inNormalForm(expected);
  if (types.isDate(wanted)) return types.isDate(received) && wanted.getTime() === received.getTime();
  return typeof wanted === 'object' && wanted !== null ? fits(wanted, received) : wanted === received;
}

/** How many of the values that `expected` names fit: what makes one event nearer to it than another. */
export function countFitting(expected: unknown, received: unknown): number {
  if (isFields(expected) && !isAsymmetric(expected)) {
    const fields: Fields = isFields(received) ? received : {};
    return Object.keys(expected).reduce((sum, key) => sum + countFitting(expected[key], own(fields, key)), 0);
  }
  return expected !== undefined && fits(expected, received) ? 1 : 0;
}

/**
 * `received` as it is to be compared with `expected` for a reader: only the fields that are named, and what fits as it was
 * expected, so that a diff of the two shows what does not fit and nothing else.
 */
export function comparable(expected: unknown, received: unknown): unknown {
  if (fits(expected, received)) return expected;
  if (isAsymmetric(expected)) return received;
  if (Array.isArray(expected) && Array.isArray(received)) {
    return received.map((item: unknown, at) => (at < expected.length ? comparable(expected[at], item) : item));
  }
  if (isFields(expected) && isFields(received)) {
    return Object.fromEntries(
      Object.keys(expected)
        .filter((key) => expected[key] === undefined || Object.hasOwn(received, key))
        .map((key) => [key, comparable(expected[key], own(received, key))]),
    );
  }
  return received;
}

export function isAsymmetric(value: unknown): value is AsymmetricMatcher {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Partial<AsymmetricMatcher>).asymmetricMatch === 'function'
  );
}

/** An inherited field is none: `{ constructor: expect.anything() }` must not fit every event. */
function own(fields: Fields, key: string): unknown {
  return Object.hasOwn(fields, key) ? fields[key] : undefined;
}

/** A plain object, of another realm too: what Jest's tests make is not of the realm of Node's own modules. */
function isFields(value: unknown): value is Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  if (typeof (value as Fields)['toJSON'] === 'function') return false;
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function inNormalForm(value: unknown): unknown {
  return toNormalForm(value, DEFAULT_LIMITS, () => undefined);
}
