/**
 * Pairs of values that differ for the same reason wherever they occur. Each is recognised from the
 * pair alone: what the reference has, as the vectors write it, and what is here.
 */
import { isFineTime, isLongInteger, isNotFinite, isTag, isWholeFloat } from './content';
import { valueDifferences } from './compare-values';
import type { Explanation } from './explanations';
import { entriesOf, isMapping, isTagged, itemsOf, jsonText, microseconds, toValue } from './values';

type Form = (expected: unknown, got: unknown) => boolean;

/** An integer that a number cannot hold, and its digits. */
export const isDigits: Form = (expected, got) =>
  isLongInteger(expected) && String(isTagged(expected) ? expected.value : BigInt(expected as number)) === got;

/** NaN or an infinity, and null. */
export const isNullForNumber: Form = (expected, got) => isNotFinite(expected) && got === null;

/** A number with an empty fraction, and the number without it. */
export const isWithoutFraction: Form = (expected, got) => {
  const number = isTag(got, 'integer') ? Number(got.value) : got;
  return isWholeFloat(expected) && typeof number === 'number' && number === toValue(expected);
};

/** A time with more than milliseconds, and the time cut to them. */
export const isCutTime: Form = (expected, got) => {
  if (!isFineTime(expected)) return false;
  const micros = microseconds(String(isTagged(expected) ? expected.value : expected)) ?? 0n;
  const gotMicros = microseconds(got instanceof Date ? got.toISOString() : String(got));
  return gotMicros === micros - (((micros % 1000n) + 1000n) % 1000n);
};

/** A value that JSON cannot hold, and its form in JSON. */
export const isJsonForm: Form = (expected, got) => {
  if (!isTagged(expected)) return false;
  switch (expected.$type) {
    case 'set':
    case 'tuple':
      return hasSameForm(itemsOf(expected), got);
    case 'bytes':
      return got === Buffer.from(String(expected.hex), 'hex').toString('base64');
    case 'date':
    case 'time':
    case 'duration':
    case 'decimal':
    case 'uuid':
      return got === jsonText(expected);
    case 'opaque':
    case 'uncopyable':
      return typeof got === 'string' && got.startsWith('[Unreadable');
    case 'cycle':
      return got === '[Circular]';
    case 'cyclic':
      return isMapping(got) && got.self === '[Circular]';
    case 'map':
      return isMapForm(expected, got);
    default:
      return false;
  }
};

/**
 * A mapping whose keys are not text or clash as text, and the object or the list of pairs in its
 * place.
 */
export const isMapForm: Form = (expected, got) => {
  if (!isTag(expected, 'map')) return false;
  const entries = entriesOf(expected);
  if (Array.isArray(got)) return got.length === entries.length && entries.every((pair, at) => isPair(pair, got[at]));
  return (
    isMapping(got) &&
    Object.keys(got).length === entries.length &&
    entries.every(([key, value]) => hasSameForm(value, got[keyText(key)]))
  );
};

function isPair([key, value]: readonly [unknown, unknown], got: unknown): boolean {
  if (!Array.isArray(got)) return false;
  const [gotKey, gotValue] = got as unknown[];
  return (keyText(key) === keyText(gotKey) || hasSameForm(key, gotKey)) && hasSameForm(value, gotValue);
}

function keyText(key: unknown): string {
  return String(isTagged(key) ? key.value : key);
}

/** Whether two values are equal but for values in the forms of this file. */
function hasSameForm(expected: unknown, got: unknown): boolean {
  const forms = [isDigits, isNullForNumber, isWithoutFraction, isCutTime, isJsonForm];
  return valueDifferences(expected, got, { keyOrder: false }).every(
    (each) =>
      each.kind === 'value' && each.expected !== expected && forms.some((form) => form(each.expected, each.got)),
  );
}

export function valuesOf(form: Form): Explanation {
  return ({ kind, expected, got }) => kind === 'value' && form(expected, got);
}
