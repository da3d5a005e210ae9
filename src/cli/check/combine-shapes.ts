/** Combines shapes of schemas that all apply (`allOf`), or of which one applies (`anyOf`). */
import { conditionsOf, type ReadShape } from './judge-value';
import { notCompared } from './constraint-text';
import type { Effort } from './effort';
import { limitsOfText, numberShape, strongest } from './keyword-limits';
import {
  allOthers,
  both,
  fieldOf,
  KINDS,
  matches,
  textOfShape,
  type Alternative,
  type Conjunction,
  type Kind,
  type KindShape,
  type ListedValue,
  type ListShape,
  type ObjectShape,
  type Shape,
} from './shape';

/** Functions that combining needs to read the schemas. */
export interface Reading {
  readonly read: ReadShape;
  readonly effort: Effort;
  /** Returns schemas as text, including the targets of their references. */
  readonly textOf: (schemas: Conjunction) => string;
}

export function union(shapes: readonly Shape[], { read }: Reading): Shape {
  const joined = new Map<Kind, KindShape>();
  for (const kind of KINDS) {
    const ofKind = shapes.flatMap((shape) => shape.get(kind) ?? []);
    if (ofKind.length === 0) continue;
    const alternatives = distinct(ofKind.flatMap((shape) => shape.alternatives));
    const isAllowedAnyway = ({ value, others }: ListedValue): boolean =>
      alternatives.some((each) => isPartOf(conditionsOf(value, each, read), others));
    const values = distinctValues(ofKind.flatMap((shape) => shape.values));
    joined.set(kind, { values: values.filter((value) => !isAllowedAnyway(value)), alternatives });
  }
  return joined;
}

/**
 * Returns what both shapes allow. If there are too many combinations, it returns the first shape
 * with the second as a constraint.
 * @param textOfB returns the schemas of the second shape as text, with the targets of references
 */
export function intersection(a: Shape, b: Shape, reading: Reading, textOfB: () => string): Shape {
  const shared = new Map<Kind, KindShape>();
  let constraint: string | undefined;
  for (const kind of KINDS) {
    const [one, other] = [a.get(kind), b.get(kind)];
    if (one === undefined || other === undefined) continue;
    if (!canCombine(one, other, reading.effort)) {
      constraint ??= notCompared(textOfB());
      shared.set(kind, constrainedKind(one, [constraint]));
      continue;
    }
    const values = distinctValues([...valuesIn(one, other, reading), ...valuesIn(other, one, reading)]);
    const alternatives = distinct(
      one.alternatives.flatMap((first) => other.alternatives.map((second) => merged(first, second, reading))),
    );
    if (values.length + alternatives.length > 0) shared.set(kind, { values, alternatives });
  }
  return shared;
}

function canCombine(one: KindShape, other: KindShape, effort: Effort): boolean {
  const listed = countBy(other.values);
  const sameValues = one.values.reduce((sum, { text }) => sum + (listed.get(text) ?? 0), 0);
  // Two lists that contain each value once cannot multiply.
  const isPlain = sameValues <= Math.min(one.values.length, other.values.length);
  return (
    effort.canCombine(one.alternatives.length * other.alternatives.length) && (isPlain || effort.canCombine(sameValues))
  );
}

function countBy(values: readonly ListedValue[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { text } of values) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}

/** Returns the shape with further constraints. */
export function constrained(shape: Shape, others: readonly string[]): Shape {
  if (others.length === 0) return shape;
  return new Map([...shape].map(([kind, each]) => [kind, constrainedKind(each, others)]));
}

function constrainedKind({ values, alternatives }: KindShape, others: readonly string[]): KindShape {
  const add = <Each extends { readonly others: readonly string[] }>(each: Each): Each => ({
    ...each,
    others: allOthers(each.others, others),
  });
  return { values: values.map(add), alternatives: alternatives.map(add) };
}

/** Returns the listed values of one shape that the other allows, with the conditions of both. */
export function valuesIn(one: KindShape, other: KindShape, { read }: Reading): ListedValue[] {
  const listed = new Map<string, ListedValue[]>();
  for (const each of other.values) listed.set(each.text, [...(listed.get(each.text) ?? []), each]);
  return one.values.flatMap((value) => {
    const conditions = [
      ...(listed.get(value.text) ?? []).map(({ others }) => others),
      ...other.alternatives.map((each) => conditionsOf(value.value, each, read)),
    ].filter((each) => each !== undefined);
    return conditions.map((each) => ({ ...value, others: allOthers(value.others, each) }));
  });
}

function merged(a: Alternative, b: Alternative, reading: Reading): Alternative {
  const others = allOthers(a.others, b.others);
  if (a.kind === 'number' && b.kind === 'number')
    return numberShape(
      a.isInteger || b.isInteger,
      strongest([a.lower, b.lower], 1),
      strongest([a.upper, b.upper], -1),
      [...a.steps, ...b.steps],
      others,
    );
  if (a.kind === 'string' && b.kind === 'string')
    return {
      kind: 'string',
      minLength: Math.max(a.minLength, b.minLength),
      maxLength: Math.min(a.maxLength, b.maxLength),
      ...limitsOfText([...a.patterns, ...b.patterns], [...a.formats, ...b.formats]),
      others,
    };
  if (a.kind === 'array' && b.kind === 'array') return mergedLists(a, b, others);
  if (a.kind === 'object' && b.kind === 'object') return mergedObjects(a, b, others, reading);
  return a; // both have the same kind
}

function mergedLists(a: ListShape, b: ListShape, others: readonly string[]): ListShape {
  const length = Math.max(a.places.length, b.places.length);
  return {
    kind: 'array',
    minItems: Math.max(a.minItems, b.minItems),
    maxItems: Math.min(a.maxItems, b.maxItems),
    places: Array.from({ length }, (_, at) => both(a.places[at] ?? a.items, b.places[at] ?? b.items)),
    items: both(a.items, b.items),
    others,
  };
}

function mergedObjects(a: ObjectShape, b: ObjectShape, others: readonly string[], reading: Reading): ObjectShape {
  const names = [...new Set([...a.fields.keys(), ...b.fields.keys()])];
  const shared = {
    kind: 'object' as const,
    fields: new Map(names.map((name) => [name, both(fieldOf(a, name), fieldOf(b, name))])),
    required: [...new Set([...a.required, ...b.required])].sort(),
  };
  // A single shape cannot combine a pattern of one schema with `additionalProperties` of the other.
  if (!canMergePatterns(a, b) || !canMergePatterns(b, a)) {
    const unmerged = [a, b].map((each) => textOfOthers(each, reading)).sort();
    return { ...shared, patterns: new Map(), additional: [], others: allOthers(others, unmerged) };
  }
  const patterns = [...new Set([...a.patterns.keys(), ...b.patterns.keys()])];
  return {
    ...shared,
    patterns: new Map(
      patterns.map((each) => [each, both(a.patterns.get(each) ?? a.additional, b.patterns.get(each) ?? b.additional)]),
    ),
    additional: both(a.additional, b.additional),
    others,
  };
}

/** True if the patterns of one object may cover fields that the other does not name. */
function canMergePatterns(a: ObjectShape, b: ObjectShape): boolean {
  const own = [...a.patterns.keys()].filter((pattern) => !b.patterns.has(pattern));
  if (own.length === 0 || b.additional.length === 0) return true;
  return (
    b.patterns.size === 0 &&
    own.every((pattern) => [...b.fields.keys()].every((name) => matches(pattern, name) === false))
  );
}

function textOfOthers({ fields, patterns, additional }: ObjectShape, { textOf }: Reading): string {
  return textOfShape({
    names: [...fields.keys()].sort(),
    patternProperties: [...patterns].map(([pattern, schemas]) => [pattern, textOf(schemas)]).sort(),
    additionalProperties: textOf(additional),
  });
}

/**
 * True only if no value can match both shapes. Also false if the answer would take too many steps.
 */
export function areDisjoint(a: Shape, b: Shape, reading: Reading, depth = 0): boolean {
  return [...a].every(([kind, one]) => {
    const other = b.get(kind);
    if (other === undefined) return true;
    const isApart = (value: ListedValue, { values, alternatives }: KindShape): boolean =>
      !values.some(({ text }) => text === value.text) &&
      alternatives.every((each) => conditionsOf(value.value, each, reading.read) === undefined);
    return (
      one.values.every((value) => isApart(value, other)) &&
      other.values.every((value) => isApart(value, one)) &&
      one.alternatives.every((first) => other.alternatives.every((second) => areApart(first, second, reading, depth)))
    );
  });
}

const MAX_DEPTH = 3;

function areApart(a: Alternative, b: Alternative, reading: Reading, depth: number): boolean {
  if (!reading.effort.canCheckDisjoint()) return false;
  if (a.kind === 'number' && b.kind === 'number') return areBeyond(a.upper, b.lower) || areBeyond(b.upper, a.lower);
  if (a.kind === 'string' && b.kind === 'string') return a.minLength > b.maxLength || b.minLength > a.maxLength;
  if (a.kind === 'array' && b.kind === 'array') return a.minItems > b.maxItems || b.minItems > a.maxItems;
  if (a.kind !== 'object' || b.kind !== 'object') return false;
  // Searches for a field that one of them requires and that cannot be valid in both.
  return [...new Set([...a.required, ...b.required])].some((name) => {
    const [one, other] = [reading.read(fieldOf(a, name)), reading.read(fieldOf(b, name))];
    if (one === undefined || other === undefined || depth > MAX_DEPTH) return false;
    return areDisjoint(one, other, reading, depth + 1);
  });
}

function areBeyond(upper: { value: number } | undefined, lower: { value: number } | undefined): boolean {
  return upper !== undefined && lower !== undefined && upper.value < lower.value;
}

function isPartOf(conditions: readonly string[] | undefined, others: readonly string[]): boolean {
  return conditions?.every((condition) => others.includes(condition)) === true;
}

function distinct<Each>(list: readonly Each[]): readonly Each[] {
  return list.length < 2 ? list : [...new Map(list.map((each) => [textOfShape(each), each])).values()];
}

function distinctValues(list: readonly ListedValue[]): readonly ListedValue[] {
  return [...new Map(list.map((each) => [`${each.text} ${each.others.join(' ')}`, each])).values()];
}
