/**
 * Partial matching of events. An object matches if every expected field matches. A list matches if
 * it has the same length and each item matches. Any other value matches if it is equal. Events
 * contain normalized values, so expected values are normalized too: a test may use the ObjectId,
 * bigint or Map that the service emitted instead of its normalized string.
 */
import { types } from 'node:util';
import { DEFAULT_LIMITS, toNormalForm } from '../event/normal-form';

/** Asymmetric matcher of Jest or Vitest, such as `expect.any(String)`. */
export interface AsymmetricMatcher {
  asymmetricMatch(other: unknown): boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** True if `received` matches `expected`. A field expected to be undefined must be absent. */
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

/** Counts the values of `expected` that match, to rank events by similarity. */
export function countFitting(expected: unknown, received: unknown): number {
  if (isFields(expected) && !isAsymmetric(expected)) {
    const fields: Fields = isFields(received) ? received : {};
    return Object.keys(expected).reduce((sum, key) => sum + countFitting(expected[key], own(fields, key)), 0);
  }
  return expected !== undefined && fits(expected, received) ? 1 : 0;
}

/**
 * Reduces `received` to the fields of `expected`, with matching values replaced by the expected
 * ones, so that a diff shows only the mismatches.
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

/** Ignores inherited fields: `{ constructor: expect.anything() }` must not match every event. */
function own(fields: Fields, key: string): unknown {
  return Object.hasOwn(fields, key) ? fields[key] : undefined;
}

/** True for plain objects of any realm: Jest tests do not share a realm with Node's modules. */
function isFields(value: unknown): value is Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  if (typeof (value as Fields)['toJSON'] === 'function') return false;
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function inNormalForm(value: unknown): unknown {
  return toNormalForm(value, DEFAULT_LIMITS, () => undefined);
}
