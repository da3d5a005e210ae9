/** Reads the keywords of JSON Schema that limit numbers, strings, lists and objects into shapes. */
import { isSchema, requiredOf, valuesOf, type JsonSchema } from '../../catalog/json-schema';
import { patternSpellsFormat } from './formats';
import {
  NOTHING,
  type Bound,
  type Conjunction,
  type ListShape,
  type NumberShape,
  type ObjectShape,
  type TextShape,
} from './shape';

export function numberOf(schema: JsonSchema, isTyped: boolean, others: readonly string[]): NumberShape {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf: step } = schema;
  return numberShape(
    isTyped,
    // In draft-04, `exclusiveMinimum: true` makes `minimum` exclusive.
    strongest([boundOf(minimum, exclusiveMinimum === true, 1), boundOf(exclusiveMinimum, true, 1)], 1),
    strongest([boundOf(maximum, exclusiveMaximum === true, -1), boundOf(exclusiveMaximum, true, -1)], -1),
    typeof step === 'number' ? [step] : [],
    others,
  );
}

export function numberShape(
  isTyped: boolean,
  lower: Bound | undefined,
  upper: Bound | undefined,
  steps: readonly number[],
  others: readonly string[],
): NumberShape {
  const isInteger = isTyped || steps.some((step) => Number.isInteger(step));
  return {
    kind: 'number',
    isInteger,
    lower: isInteger ? wholeBound(lower, 1) : lower,
    upper: isInteger ? wholeBound(upper, -1) : upper,
    steps: [...new Set(steps)].filter((step) => !(isInteger && step === 1)).sort((a, b) => a - b),
    others,
  };
}

/**
 * Bounds that libraries write if the definition has none: of safe integers, and of 32-bit and
 * 64-bit floats.
 */
const NO_BOUNDS = new Set([Number.MAX_SAFE_INTEGER, 3.4028234663852886e38, Number.MAX_VALUE]);

function boundOf(value: unknown, isExclusive: boolean, side: 1 | -1): Bound | undefined {
  if (typeof value !== 'number') return undefined;
  return !isExclusive && NO_BOUNDS.has(-side * value) ? undefined : { value, isExclusive };
}

/**
 * Returns the strictest bound.
 * @param side 1 for lower bounds, of which the highest is the strictest; -1 for upper bounds
 */
export function strongest(bounds: readonly (Bound | undefined)[], side: 1 | -1): Bound | undefined {
  return bounds.reduce((best, bound) => {
    if (best === undefined || bound === undefined) return best ?? bound;
    return isWithin(bound, best, side) ? bound : best;
  });
}

/** True if the other bound allows every number that this one allows. */
export function isWithin(bound: Bound, other: Bound, side: 1 | -1): boolean {
  const distance = (bound.value - other.value) * side;
  return distance > 0 || (distance === 0 && (bound.isExclusive || !other.isExclusive));
}

/** Rounds a bound for integers, where above 0 means at least 1. */
function wholeBound(bound: Bound | undefined, side: 1 | -1): Bound | undefined {
  if (bound === undefined) return undefined;
  const rounded = side === 1 ? Math.ceil(bound.value) : Math.floor(bound.value);
  return { value: bound.isExclusive && rounded === bound.value ? rounded + side : rounded, isExclusive: false };
}

export function textOf(schema: JsonSchema, others: readonly string[]): TextShape {
  const { format, contentEncoding, pattern } = schema;
  const formats = [format, contentEncoding].filter(
    (each): each is string => typeof each === 'string' && !PATTERN_FORMATS.has(each),
  );
  // `regex` is a format of JSON Schema too. zod writes it for a pattern.
  const isFormat = format === 'regex' && pattern === undefined && schema['allOf'] === undefined;
  return {
    kind: 'string',
    minLength: countOf(schema['minLength'], 0),
    maxLength: countOf(schema['maxLength'], Infinity),
    ...limitsOfText(typeof pattern === 'string' ? [pattern] : [], isFormat ? [...formats, 'regex'] : formats),
    others,
  };
}

/** Formats that zod writes next to an equivalent pattern. */
const PATTERN_FORMATS = new Set(['starts_with', 'ends_with', 'includes', 'regex', 'lowercase', 'uppercase']);

export function limitsOfText(
  patterns: readonly string[],
  formats: readonly string[],
): Pick<TextShape, 'patterns' | 'formats'> {
  const isSpelt = (pattern: string): boolean => formats.some((format) => patternSpellsFormat(pattern, format));
  return {
    patterns: [...new Set(patterns)].filter((pattern) => !isSpelt(pattern)).sort(),
    formats: [...new Set(formats)].sort(),
  };
}

/**
 * Reads a list. A tuple is `prefixItems` and `items` in 2020-12, and an array in `items` before.
 */
export function listOf(schema: JsonSchema, others: readonly string[]): ListShape {
  const { prefixItems, items: given, additionalItems, minItems, maxItems } = schema;
  const isOldTuple = Array.isArray(given);
  const places = conjunctionsIn(isOldTuple ? given : prefixItems);
  const items = conjunctionOf(isOldTuple ? additionalItems : given);
  // A tuple without further items has a maximum length, even if the library does not write it.
  const most = items.includes(NOTHING) ? places.length : Infinity;
  return {
    ...{ kind: 'array', places, items, others },
    minItems: countOf(minItems, 0),
    maxItems: Math.min(countOf(maxItems, Infinity), most),
  };
}

export function objectOf(schema: JsonSchema, others: readonly string[]): ObjectShape {
  const fields = conjunctionMap(schema['properties']);
  const patterns = conjunctionMap(schema['patternProperties']);
  const shape = {
    ...{ kind: 'object' as const, fields, patterns, others },
    required: [...new Set(requiredOf(schema))].sort(),
    additional: conjunctionOf(schema['additionalProperties']),
  };
  const names = listedNames(schema);
  if (names === undefined) return shape;
  // A record with listed names is an object with these fields.
  for (const name of fields.keys()) if (!names.includes(name)) fields.set(name, [NOTHING]);
  for (const name of names) if (!fields.has(name)) fields.set(name, shape.additional);
  return { ...shape, additional: [NOTHING] };
}

/**
 * Returns the only names that `propertyNames` allows. Returns undefined if others are allowed, or
 * if patterns make it unclear.
 */
export function listedNames({ propertyNames, patternProperties }: JsonSchema): readonly string[] | undefined {
  if (!isSchema(propertyNames) || patternProperties !== undefined) return undefined;
  const isPlain = Object.keys(propertyNames).every((word) => word === 'type' || word === 'enum' || word === 'const');
  if (!isPlain || (propertyNames['type'] ?? 'string') !== 'string') return undefined;
  if ('enum' in propertyNames && 'const' in propertyNames) return undefined;
  return valuesOf(propertyNames)?.filter((name): name is string => typeof name === 'string');
}

function countOf(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}

function conjunctionMap(value: unknown): Map<string, Conjunction> {
  const entries = isSchema(value) ? Object.entries(value) : [];
  return new Map(entries.map(([name, schema]) => [name, conjunctionOf(schema)]));
}

function conjunctionOf(value: unknown): Conjunction {
  if (value === false) return [NOTHING];
  return isSchema(value) && Object.keys(value).length > 0 ? [value] : [];
}

export function conjunctionsIn(value: unknown): readonly Conjunction[] {
  return Array.isArray(value) ? value.map(conjunctionOf) : [];
}
