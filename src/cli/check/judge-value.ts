import { canonicalJson } from '../../catalog/canonical-json';
import { isSchema } from '../../catalog/json-schema';
import { fitsFormat } from './formats';
import { isWithin } from './keyword-limits';
import {
  allOthers,
  fieldOf,
  kindOf,
  matches,
  textOfShape,
  type Alternative,
  type Conjunction,
  type KindShape,
  type ListedValue,
  type ListShape,
  type NumberShape,
  type ObjectShape,
  type Shape,
  type TextShape,
} from './shape';

/** Reads what a place allows. Returns undefined if that takes too many steps. */
export type ReadShape = (schemas: Conjunction) => Shape | undefined;

/** Constraints under which a value is allowed, as text; undefined if it is never allowed. */
type Conditions = readonly string[] | undefined;

/** True if a value is allowed whenever its own constraints are met. */
export function allows(shape: KindShape, value: ListedValue, read: ReadShape): boolean {
  const isMet = (conditions: Conditions): boolean =>
    conditions?.every((condition) => value.others.includes(condition)) === true;
  return (
    shape.values.some(({ text, others }) => text === value.text && isMet(others)) ||
    shape.alternatives.some((each) => isMet(conditionsOf(value.value, each, read)))
  );
}

/**
 * Returns the conditions under which an alternative allows a value; none if the written keywords
 * decide it.
 */
export function conditionsOf(value: unknown, alternative: Alternative, read: ReadShape): Conditions {
  if (kindOf(value) !== alternative.kind) return undefined;
  const own = conditionsOfKind(value, alternative, read);
  return own && allOthers(alternative.others, own);
}

function conditionsOfKind(value: unknown, alternative: Alternative, read: ReadShape): Conditions {
  switch (alternative.kind) {
    case 'number':
      return isOfNumber(value as number, alternative) ? [] : undefined;
    case 'string':
      return conditionsOfText(value as string, alternative);
    case 'array':
      return conditionsOfList(value as readonly unknown[], alternative, read);
    case 'object':
      return isSchema(value) ? conditionsOfObject(value, alternative, read) : undefined;
  }
}

function isOfNumber(value: number, { isInteger, lower, upper, steps }: NumberShape): boolean {
  const itself = { value, isExclusive: false };
  return (
    (!isInteger || Number.isInteger(value)) &&
    (lower === undefined || isWithin(itself, lower, 1)) &&
    (upper === undefined || isWithin(itself, upper, -1)) &&
    steps.every((step) => Number.isInteger(value / step))
  );
}

/**
 * Returns the conditions for a string. Validators may ignore formats, so a value that does not
 * match one is rejected only possibly.
 */
function conditionsOfText(value: string, { minLength, maxLength, patterns, formats }: TextShape): Conditions {
  const { length } = Array.from(value); // JSON Schema counts code points
  if (length < minLength || length > maxLength) return undefined;
  if (patterns.some((pattern) => matches(pattern, value) === false)) return undefined;
  const unread = patterns.filter((pattern) => matches(pattern, value) === undefined);
  return [
    ...unread.map((pattern) => canonicalJson({ pattern })),
    ...formats.filter((format) => !fitsFormat(value, format)).map((format) => canonicalJson({ format })),
  ];
}

function conditionsOfList(list: readonly unknown[], shape: ListShape, read: ReadShape): Conditions {
  if (list.length < shape.minItems || list.length > shape.maxItems) return undefined;
  return inAllPlaces(
    list.map((item, at) => [String(at), item, shape.places[at] ?? shape.items] as const),
    read,
  );
}

function conditionsOfObject(
  fields: Readonly<Record<string, unknown>>,
  shape: ObjectShape,
  read: ReadShape,
): Conditions {
  if (shape.required.some((name) => !Object.hasOwn(fields, name))) return undefined;
  const unread = [...shape.patterns.keys()].filter((pattern) => matches(pattern, '') === undefined);
  const inFields = inAllPlaces(
    Object.entries(fields).map(([name, value]) => [name, value, fieldOf(shape, name)] as const),
    read,
  );
  return inFields && [...inFields, ...unread.map((pattern) => canonicalJson({ patternProperties: pattern }))];
}

type Place = readonly [step: string, value: unknown, schemas: Conjunction];

function inAllPlaces(places: readonly Place[], read: ReadShape): Conditions {
  const found: string[] = [];
  for (const [step, value, schemas] of places) {
    if (schemas.length === 0) continue;
    const shape = read(schemas);
    const conditions = shape === undefined ? [textOfShape(schemas)] : conditionsIn(value, shape, read);
    if (conditions === undefined) return undefined;
    found.push(...conditions.map((condition) => canonicalJson([step, condition])));
  }
  return found;
}

function conditionsIn(value: unknown, shape: Shape, read: ReadShape): Conditions {
  const { values = [], alternatives = [] } = shape.get(kindOf(value)) ?? {};
  const text = canonicalJson(value);
  const possible = [
    ...values.filter((each) => each.text === text).map(({ others }) => others),
    ...alternatives.map((each) => conditionsOf(value, each, read)),
  ].filter((conditions) => conditions !== undefined);
  if (possible.length === 0) return undefined;
  if (possible.some((conditions) => conditions.length === 0)) return [];
  return possible.length === 1 ? possible[0] : [canonicalJson(possible)];
}
