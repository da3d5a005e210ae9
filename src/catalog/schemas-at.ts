/**
 * Finds the schemas of one place of a value. A JSON Schema describes a place in several schemas:
 * references, `allOf` parts, alternatives and conditions. They are merged into one schema for each
 * alternative, so that messages are worded by what applies at that place.
 */
import { alternativesOf, isOfType, isSchema, jsonTypeOf, propertiesOf, resolveRef, typesOf } from './json-schema';
import { listOf, schemasOfItems } from './applicable-schemas';
import type { JsonSchema } from './json-schema';

/** Schemas that all apply to one place. */
type Parts = readonly JsonSchema[];

/** Maximum number of alternatives. Their product grows fast, and longer messages are unreadable. */
const MAX_ALTERNATIVES = 64;
const MAX_DEPTH = 12;

/**
 * Returns the schemas that a value at a path may have to match. There are several if the path leads
 * through alternatives, and none if the place is not described.
 * @param root schema that the reference pointers start from
 * @param value the whole value, which decides between list items and fields, and selects conditions
 */
export function schemasAt(root: JsonSchema, path: readonly PropertyKey[], value: unknown): readonly JsonSchema[] {
  return new SchemaPaths(root, value).at(path);
}

/** Schemas of one place of a value. */
interface PlaceSchemas {
  readonly value: unknown;
  readonly alternatives: readonly Parts[];
  readonly below: Map<PropertyKey, PlaceSchemas>;
  merged: readonly JsonSchema[] | undefined;
}

/** Finds the schemas of several places of one value. Results on the way to a place are reused. */
export class SchemaPaths {
  private readonly top: PlaceSchemas;

  /** Takes the same parameters as `schemasAt`. */
  constructor(
    private readonly root: JsonSchema,
    value: unknown,
  ) {
    this.top = place(value, spread(root, root, value));
  }

  at(path: readonly PropertyKey[]): readonly JsonSchema[] {
    let found = this.top;
    for (const key of path) {
      let next = found.below.get(key);
      if (next === undefined) found.below.set(key, (next = this.childOf(found, key)));
      found = next;
    }
    return (found.merged ??= found.alternatives.map(merged));
  }

  private childOf({ value, alternatives }: PlaceSchemas, key: PropertyKey): PlaceSchemas {
    const below = ownValue(value, key);
    const children: Parts[] = [];
    for (const parts of alternatives) {
      const schemas = parts.flatMap((part) => childrenOf(part, key, value));
      if (schemas.length > 0) children.push(...product(schemas.map((schema) => spread(schema, this.root, below))));
      if (children.length >= MAX_ALTERNATIVES) break;
    }
    return place(below, children.slice(0, MAX_ALTERNATIVES));
  }
}

function place(value: unknown, alternatives: readonly Parts[]): PlaceSchemas {
  return { value, alternatives, below: new Map(), merged: undefined };
}

/** Returns the own property of a key; undefined if there is none. */
export function ownValue(holder: unknown, key: PropertyKey): unknown {
  if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, key)) return undefined;
  return (holder as Readonly<Record<PropertyKey, unknown>>)[key];
}

/** Returns the alternatives of a schema, each with all schemas that apply in it. */
function spread(schema: JsonSchema, root: JsonSchema, value: unknown, depth = 0): Parts[] {
  if (depth > MAX_DEPTH) return [[schema]];
  const inner = (each: JsonSchema): Parts[] => spread(each, root, value, depth + 1);
  const target = resolveRef(schema, root);
  const together = [...listOf(schema['allOf']), ...dynamicTargets(schema), ...conditional(schema, value)];
  const factors = together.filter(isSchema).map(inner);
  if (target !== schema) factors.push(inner(target));
  const unions = [schema['anyOf'], schema['oneOf']].filter(Array.isArray).map((each) => each.filter(isSchema));
  for (const union of unions) if (union.length > 0) factors.push(union.flatMap(inner));
  return product([[[schema]], ...factors]);
}

/** Returns the possible targets of `$dynamicRef`, which are stored in its place. */
function dynamicTargets({ $dynamicRef, $recursiveRef }: JsonSchema): unknown[] {
  return [...listOf($dynamicRef), ...listOf($recursiveRef)];
}

/** Returns the schemas that depend on the value: `then`, `else`, and those of present fields. */
function conditional(schema: JsonSchema, value: unknown): unknown[] {
  const dependent = [schema['dependentSchemas'], schema['dependencies']].filter(isSchema);
  const brought = dependent.flatMap((map) =>
    Object.entries(map).filter(([name]) => ownValue(value, name) !== undefined),
  );
  const branches = 'if' in schema ? [schema['then'], schema['else']].filter(isSchema) : [];
  // Only the validator knows which branch applies, and both may declare fields.
  return [...brought.map(([, each]) => each), ...(branches.length > 0 ? [{ anyOf: [...branches, {}] }] : [])];
}

function product(factors: readonly (readonly Parts[])[]): Parts[] {
  let all: Parts[] = [[]];
  for (const factor of factors)
    all = all.flatMap((parts) => factor.map((more) => [...parts, ...more])).slice(0, MAX_ALTERNATIVES);
  return all;
}

function childrenOf(schema: JsonSchema, key: PropertyKey, holder: unknown): readonly JsonSchema[] {
  if (Array.isArray(holder)) return schemasOfItems(schema, Number(key)).filter(isSchema);
  const name = String(key);
  const properties = propertiesOf(schema);
  const declared = Object.hasOwn(properties, name) ? [properties[name]] : [];
  const patterns = isSchema(schema['patternProperties']) ? Object.entries(schema['patternProperties']) : [];
  const all = [...declared, ...patterns.filter(([pattern]) => isMatch(pattern, name)).map(([, each]) => each)];
  const others = [schema['additionalProperties'], schema['unevaluatedProperties']];
  return (all.length > 0 ? all : others).flatMap((each) => (each === true ? [{}] : isSchema(each) ? [each] : []));
}

const patterns = new Map<string, RegExp | undefined>();

/** Tests a pattern. Patterns come from definitions, so their number is limited. */
function isMatch(pattern: string, name: string): boolean {
  if (!patterns.has(pattern)) patterns.set(pattern, expression(pattern));
  return patterns.get(pattern)?.test(name.slice(0, 200)) ?? true;
}

function expression(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern, 'u');
  } catch {
    return undefined;
  }
}

/** Keywords that lead to other schemas, which are separate parts. */
const STRUCTURE = new Set(['$ref', '$dynamicRef', '$recursiveRef', 'allOf', 'anyOf', 'oneOf', 'if', 'then', 'else']);

/** Merges schemas into one, as far as messages need it. */
function merged(parts: Parts): JsonSchema {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const schema: Record<string, unknown> = {};
  for (const part of parts) {
    const [known, more] = [typesOf(schema), typesOf(part)];
    const required = [...listOf(schema['required']), ...listOf(part['required'])];
    const properties = { ...propertiesOf(schema), ...propertiesOf(part) };
    for (const [word, value] of Object.entries(part)) if (!STRUCTURE.has(word)) schema[word] = value;
    if (required.length > 0) schema['required'] = [...new Set(required)];
    if (Object.keys(properties).length > 0) schema['properties'] = properties;
    if (known !== undefined && more !== undefined) schema['type'] = narrower(known, more);
    if ('nullable' in part && part['nullable'] === true && more !== undefined) schema['type'] = [...more, 'null'];
  }
  return schema;
}

function narrower(known: readonly string[], more: readonly string[]): readonly string[] {
  const both = more.filter((type) => isOfType(type as 'integer', known));
  const other = known.filter((type) => isOfType(type as 'integer', more));
  const all = [...new Set([...both, ...other])];
  return all.length > 0 ? all : more;
}

/** Returns true if the type of a value matches an alternative. */
function takesType(schema: JsonSchema, value: unknown): boolean {
  const types = typesOf(schema);
  return types === undefined || isOfType(jsonTypeOf(value), types);
}

/**
 * Returns the index of the alternative that a value is meant for: the only one of its type, or the
 * only one whose fixed value of a field the value has.
 * @returns undefined if it is ambiguous
 */
export function selectedAlternative(
  alternatives: readonly unknown[],
  value: unknown,
  root: JsonSchema,
): number | undefined {
  const all = alternatives.map((each) => (isSchema(each) ? mergedOf(each, root, value) : {}));
  const fitting = all.flatMap((schema, at) => (takesType(schema, value) ? [at] : []));
  if (fitting.length < 2) return fitting[0];
  if (typeof value !== 'object' || value === null) return undefined;
  for (const name of Object.keys(propertiesOf(all[fitting[0] ?? 0] ?? {}))) {
    const fixed = fitting.map((at) => fixedValues(all[at] ?? {}, name, root));
    if (fixed.some((values) => values === undefined)) continue;
    const chosen = fitting.filter((_, at) => fixed[at]?.includes(ownValue(value, name)));
    if (chosen.length === 1) return chosen[0];
  }
  return undefined;
}

function mergedOf(schema: JsonSchema, root: JsonSchema, value: unknown): JsonSchema {
  const alternatives = spread(schema, root, value);
  return alternatives.length === 1 ? merged(alternatives[0] ?? []) : alternativesOf(schema).length > 0 ? {} : schema;
}

function fixedValues(schema: JsonSchema, name: string, root: JsonSchema): readonly unknown[] | undefined {
  const properties = propertiesOf(schema);
  const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
  if (!isSchema(property)) return undefined;
  const own = resolveRef(property, root);
  return Array.isArray(own['enum']) ? (own['enum'] as unknown[]) : 'const' in own ? [own['const']] : undefined;
}
