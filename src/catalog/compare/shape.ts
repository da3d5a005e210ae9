/**
 * What a schema allows, independent of how it is written. Two libraries write one schema in two ways, and so do two releases of
 * one: `type: [..]` or anyOf, const or enum, a reference or the schema itself. Compared as text, a change of the library would
 * look like a hundred changes of the events. So a schema is first read into a shape: for each JSON type, the values that are
 * listed and the kinds of value that are allowed besides.
 */
import { canonicalJson } from '../canonical-json';
import { jsonTypeOf, type JsonSchema } from '../json-schema';

/** Schemas that all apply to one place. An empty list allows anything. */
export type Conjunction = readonly JsonSchema[];

/** The JSON types; an integer is a number with a limit. */
export type Kind = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object';

export const KINDS: readonly Kind[] = ['null', 'boolean', 'number', 'string', 'array', 'object'];

export interface Bound {
  readonly value: number;
  readonly isExclusive: boolean;
}

interface Constrained {
  /** Constraints that can only be compared as text (`not`, `if`, `contains`, ...), as canonical JSON. All of them apply. */
  readonly others: readonly string[];
}

export interface NumberShape extends Constrained {
  readonly kind: 'number';
  readonly isInteger: boolean;
  readonly lower: Bound | undefined;
  readonly upper: Bound | undefined;
  readonly steps: readonly number[];
}

export interface TextShape extends Constrained {
  readonly kind: 'string';
  readonly minLength: number;
  readonly maxLength: number;
  readonly patterns: readonly string[];
  readonly formats: readonly string[];
}

export interface ListShape extends Constrained {
  readonly kind: 'array';
  readonly minItems: number;
  readonly maxItems: number;
  /** The schemas of the first items, by position. */
  readonly places: readonly Conjunction[];
  /** The schema of all items after those. */
  readonly items: Conjunction;
}

export interface ObjectShape extends Constrained {
  readonly kind: 'object';
  readonly fields: ReadonlyMap<string, Conjunction>;
  /** By the pattern of their names. They apply to named fields as well. */
  readonly patterns: ReadonlyMap<string, Conjunction>;
  readonly required: readonly string[];
  /** The schema of fields that neither a name nor a pattern covers. */
  readonly additional: Conjunction;
}

export type Alternative = NumberShape | TextShape | ListShape | ObjectShape;

/** A single value that is allowed, if it meets the constraints that come with it. */
export interface ListedValue extends Constrained {
  readonly value: unknown;
  /** The canonical JSON of the value. */
  readonly text: string;
}

/** What is allowed of one JSON type. Null and the booleans are always listed. */
export interface KindShape {
  readonly values: readonly ListedValue[];
  readonly alternatives: readonly Alternative[];
}

/** By JSON type; a type that is missing is not allowed. */
export type Shape = ReadonlyMap<Kind, KindShape>;

/** A schema that allows no value. */
export const NOTHING: JsonSchema = { not: {} };

export function kindOf(value: unknown): Kind {
  const type = jsonTypeOf(value);
  return type === 'integer' ? 'number' : type;
}

export function listedValue(value: unknown, others: readonly string[] = []): ListedValue {
  return { value, text: canonicalJson(value), others };
}

/** The schemas that apply to a field of this name. */
export function fieldOf({ fields, patterns, additional }: ObjectShape, name: string): Conjunction {
  const byPattern = [...patterns].filter(([pattern]) => matches(pattern, name) === true).map(([, schemas]) => schemas);
  const named = fields.get(name);
  if (byPattern.length === 0) return named ?? additional;
  return byPattern.reduce(both, named ?? []);
}

/** Whether a string matches a pattern of JSON Schema; undefined for a pattern that JavaScript cannot read. */
export function matches(pattern: string, value: string): boolean | undefined {
  try {
    return new RegExp(pattern, 'u').test(value);
  } catch {
    return undefined;
  }
}

export function both(a: Conjunction, b: Conjunction): Conjunction {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  return [...new Map([...a, ...b].map((schema) => [canonicalJson(schema), schema])).values()];
}

export function allOthers(...lists: readonly (readonly string[])[]): readonly string[] {
  const found = lists.filter((list) => list.length > 0);
  return found.length < 2 ? (found[0] ?? []) : [...new Set(found.flat())].sort();
}

/** The same text for shapes that mean the same, as far as a text can say. */
export function textOfShape(value: unknown): string {
  // Infinity has no JSON, and a Map would be {}.
  const plain = JSON.stringify(value, (_key, each: unknown) => {
    if (each === Infinity) return 'Infinity';
    return each instanceof Map ? [...each].sort(([a], [b]) => (a < b ? -1 : 1)) : each;
  });
  return canonicalJson(JSON.parse(plain));
}
