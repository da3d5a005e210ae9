/**
 * Compares a value as the vectors write it with one that was observed. Numbers are compared by
 * value, times by the instant, and kinds that JavaScript lacks by their JSON text.
 */
import type { Path, ValueDifference } from './differences';
import {
  entriesOf,
  isMapping,
  isTagged,
  itemsOf,
  jsonText,
  mapValues,
  microseconds,
  toValue,
  type Tagged,
} from './values';

export interface CompareRules {
  /** Whether the order of keys counts: only where a case says that it leans on it. */
  readonly keyOrder: boolean;
}

/** @param ancestors the observed values that hold this one, for expectations that name a cycle. */
export function valueDifferences(
  expected: unknown,
  got: unknown,
  rules: CompareRules,
  path: Path = [],
  ancestors: readonly unknown[] = [],
): readonly ValueDifference[] {
  const differs = [{ kind: 'value', path, expected, got }] as const;
  const inside = [...ancestors, got];
  if (isTagged(expected)) return tagMatches(expected, got, rules, ancestors) ? [] : differs;
  if (Array.isArray(expected)) {
    if (!Array.isArray(got)) return differs;
    return Array.from({ length: Math.max(expected.length, got.length) }, (_, at) =>
      presentOrAbsent(expected[at], got[at], rules, [...path, at], inside),
    ).flat();
  }
  if (isMapping(expected)) {
    if (!isPlain(got)) return differs;
    return [
      ...orderDifferences(Object.keys(expected), definedKeys(got), rules, path),
      ...[...new Set([...Object.keys(expected), ...definedKeys(got)])].flatMap((key) =>
        presentOrAbsent(own(expected, key), own(got, key), rules, [...path, key], inside),
      ),
    ];
  }
  return expected === got ? [] : differs;
}

function presentOrAbsent(
  expected: unknown,
  got: unknown,
  rules: CompareRules,
  path: Path,
  ancestors: readonly unknown[],
): readonly ValueDifference[] {
  if (expected === undefined || got === undefined)
    return expected === got ? [] : [{ kind: 'value', path, expected, got }];
  return valueDifferences(expected, got, rules, path, ancestors);
}

/** The order of the keys that both have. */
function orderDifferences(
  expected: readonly string[],
  got: readonly string[],
  { keyOrder }: CompareRules,
  path: Path,
): readonly ValueDifference[] {
  const [wanted, given] = [expected.filter((key) => got.includes(key)), got.filter((key) => expected.includes(key))];
  if (!keyOrder || JSON.stringify(wanted) === JSON.stringify(given)) return [];
  return [{ kind: 'key-order', path, expected: wanted, got: given }];
}

function own(mapping: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(mapping, key) ? mapping[key] : undefined;
}

function definedKeys(mapping: Record<string, unknown>): readonly string[] {
  return Object.keys(mapping).filter((key) => mapping[key] !== undefined);
}

/** A mapping that is no value of another kind. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  return (
    isMapping(value) &&
    !(value instanceof Date || value instanceof Map || value instanceof Set || ArrayBuffer.isView(value))
  );
}

function tagMatches(tag: Tagged, got: unknown, rules: CompareRules, ancestors: readonly unknown[]): boolean {
  const equal = (expected: unknown, value: unknown): boolean =>
    valueDifferences(expected, value, rules, [], [...ancestors, got]).length === 0;
  switch (tag.$type) {
    case 'datetime':
      return got instanceof Date && microseconds(String(tag.value)) === microsOf(got);
    case 'date':
    case 'time':
    case 'duration':
    case 'decimal':
    case 'uuid':
      return got === jsonText(tag);
    case 'integer':
      return typeof got === 'bigint'
        ? got === BigInt(String(tag.value))
        : Number.isSafeInteger(got) && String(got) === tag.value;
    case 'float':
      return typeof got === 'number' && (got === toValue(tag) || (Number.isNaN(got) && Number.isNaN(toValue(tag))));
    case 'bytes':
      return got instanceof Uint8Array && Buffer.from(got).toString('hex') === tag.hex;
    case 'tuple': // a list is the tuple of JavaScript
      return equal(itemsOf(tag), got);
    case 'set':
      return got instanceof Set && equal(itemsOf(tag), [...(got as Set<unknown>)]);
    case 'map':
      return entriesMatch(entriesOf(tag), got, equal);
    case 'cyclic':
      return isPlain(got) && got.self === got;
    case 'cycle':
      return ancestors.includes(got);
    default: // opaque and uncopyable values do not come back as themselves
      return false;
  }
}

function entriesMatch(
  entries: readonly (readonly [unknown, unknown])[],
  got: unknown,
  equal: (expected: unknown, value: unknown) => boolean,
): boolean {
  if (got instanceof Map) return equal(entries, [...(got as Map<unknown, unknown>)]);
  const textKeys = entries.every(([key]) => typeof key === 'string');
  return (
    textKeys &&
    equal(
      mapValues(Object.fromEntries(entries as [string, unknown][]), (value) => value),
      got,
    )
  );
}

function microsOf(date: Date): bigint | undefined {
  return Number.isNaN(date.getTime()) ? undefined : BigInt(date.getTime()) * 1000n;
}
