/**
 * Describes what a schema allows, independent of its notation. Libraries, and releases of one
 * library, write the same schema differently: `type: [..]` or anyOf, const or enum, a reference or
 * the schema itself. If schemas were compared as text, replacing a library would look like a
 * hundred changes. A schema is therefore read into a shape: for each JSON type, the listed values
 * and the other kinds of value that are allowed.
 */
import { canonicalJson } from '../../catalog/canonical-json';
import { jsonTypeOf, type JsonSchema } from '../../catalog/json-schema';

/** Schemas that all apply to one place. An empty list allows anything. */
export type Conjunction = readonly JsonSchema[];

/** JSON types; an integer is a number with a limit. */
export type Kind = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object';

export const KINDS: readonly Kind[] = ['null', 'boolean', 'number', 'string', 'array', 'object'];

export interface Bound {
  readonly value: number;
  readonly isExclusive: boolean;
}

interface Constrained {
  /**
   * Constraints that can only be compared as text (`not`, `if`, `contains`, ...), as canonical
   * JSON. All of them apply.
   */
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
  /** Schemas of the first items, by position. */
  readonly places: readonly Conjunction[];
  /** Schemas of all later items. */
  readonly items: Conjunction;
}

export interface ObjectShape extends Constrained {
  readonly kind: 'object';
  readonly fields: ReadonlyMap<string, Conjunction>;
  /** Schemas by name pattern. They apply to named fields too. */
  readonly patterns: ReadonlyMap<string, Conjunction>;
  readonly required: readonly string[];
  /** Schemas of fields that neither a name nor a pattern covers. */
  readonly additional: Conjunction;
}

export type Alternative = NumberShape | TextShape | ListShape | ObjectShape;

/** Allowed value, if it meets its constraints. */
export interface ListedValue extends Constrained {
  readonly value: unknown;
  /** Canonical JSON of the value. */
  readonly text: string;
}

/** Allowed values of one JSON type. Null and the booleans are always listed. */
export interface KindShape {
  readonly values: readonly ListedValue[];
  readonly alternatives: readonly Alternative[];
}

/** Allowed values by JSON type. A missing type is not allowed. */
export type Shape = ReadonlyMap<Kind, KindShape>;

/** Schema that allows no value. */
export const NOTHING: JsonSchema = { not: {} };

export function kindOf(value: unknown): Kind {
  const type = jsonTypeOf(value);
  return type === 'integer' ? 'number' : type;
}

export function listedValue(value: unknown, others: readonly string[] = []): ListedValue {
  return { value, text: canonicalJson(value), others };
}

/** Returns the schemas that apply to a field. */
export function fieldOf({ fields, patterns, additional }: ObjectShape, name: string): Conjunction {
  const byPattern = [...patterns].filter(([pattern]) => matches(pattern, name) === true).map(([, schemas]) => schemas);
  const named = fields.get(name);
  if (byPattern.length === 0) return named ?? additional;
  return byPattern.reduce(both, named ?? []);
}

/**
 * Returns true if a string matches a pattern of JSON Schema; undefined if JavaScript cannot read
 * the pattern.
 */
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

/** Returns the same text for equivalent shapes, as far as possible. */
export function textOfShape(value: unknown): string {
  // Infinity has no JSON, and a Map would become {}.
  const plain = JSON.stringify(value, (_key, each: unknown) => {
    if (each === Infinity) return 'Infinity';
    return each instanceof Map ? [...each].sort(([a], [b]) => (a < b ? -1 : 1)) : each;
  });
  return canonicalJson(JSON.parse(plain));
}
