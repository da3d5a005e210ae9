/**
 * Collects every schema that may apply to one place of a value. JSON Schema can spread them over
 * references, `allOf` parts, alternatives and conditions. Whether a field is declared, and what it
 * may contain, depends on all of them together.
 */
import { isSchema, propertiesOf, requiredOf, resolveRef, valuesOf, type JsonSchema } from './json-schema';

/** Schemas that may apply to one place. */
export interface Applicable {
  readonly schemas: readonly JsonSchema[];
  /**
   * False if a reference cannot be followed or a schema accepts anything, so that other schemas may
   * apply too.
   */
  readonly isWhole: boolean;
}

const PARTS = ['allOf', 'anyOf', 'oneOf'];
const CONDITIONS = ['if', 'then', 'else'];
/** Keywords with schemas by field name, which apply if the object has the field. */
const DEPENDENT = ['dependentSchemas', 'dependencies'];
const DYNAMIC = ['$dynamicRef', '$recursiveRef'];
const MAX_SCHEMAS = 1000;

export class ApplicableSchemas {
  private readonly known = new Map<JsonSchema, Applicable>();

  constructor(readonly root: JsonSchema) {}

  ofRoot(): Applicable {
    return this.of(this.root);
  }

  /** Returns a schema with all its parts. The result is cached for each schema object. */
  of(schema: JsonSchema): Applicable {
    const known = this.known.get(schema);
    if (known !== undefined) return known;
    const found = new Set<JsonSchema>();
    const isWhole = this.collect(schema, found);
    const applicable = { schemas: [...found], isWhole };
    this.known.set(schema, applicable);
    return applicable;
  }

  ofAll(schemas: readonly unknown[]): Applicable {
    const each = schemas.map((schema) => (isSchema(schema) ? this.of(schema) : ofBoolean(schema)));
    if (each.length === 1) return each[0] as Applicable;
    return {
      schemas: [...new Set(each.flatMap((one) => one.schemas))],
      isWhole: each.every(({ isWhole }) => isWhole),
    };
  }

  private collect(given: JsonSchema, found: Set<JsonSchema>): boolean {
    if (found.has(given)) return true;
    if (found.size >= MAX_SCHEMAS) return false;
    found.add(given);
    const target = resolveRef(given, this.root);
    let isWhole = !('$ref' in target) && !DYNAMIC.some((keyword) => typeof given[keyword] === 'string');
    if (target !== given) isWhole = this.collect(target, found) && isWhole;
    for (const part of partsOf(given)) {
      if (isSchema(part)) isWhole = this.collect(part, found) && isWhole;
    }
    return isWhole;
  }
}

/** Reads a boolean schema: `true` accepts anything, `false` nothing. */
function ofBoolean(schema: unknown): Applicable {
  return { schemas: [], isWhole: schema !== true };
}

function partsOf(schema: JsonSchema): unknown[] {
  const parts = PARTS.flatMap((keyword) => listOf(schema[keyword]));
  const conditions = CONDITIONS.map((keyword) => schema[keyword]);
  // A dynamic reference is stored as the list of its possible targets.
  const dynamic = DYNAMIC.flatMap((keyword) => listOf(schema[keyword]));
  return [...parts, ...dynamic, ...conditions, ...DEPENDENT.flatMap((keyword) => valuesIn(schema[keyword]))];
}

/** Returns the field names that a schema declares. */
export function declaredNames(schema: JsonSchema): string[] {
  const { propertyNames, dependentRequired } = schema;
  const listed = isSchema(propertyNames) ? (valuesOf(propertyNames) ?? []) : [];
  const dependent = isSchema(dependentRequired) ? Object.values(dependentRequired).flatMap(listOf) : [];
  const names = [...Object.keys(propertiesOf(schema)), ...requiredOf(schema), ...listed, ...dependent];
  return names.filter((name): name is string => typeof name === 'string');
}

/** Returns the schemas that one schema gives a field. */
export function schemasOfField(schema: JsonSchema, key: string): unknown[] {
  const properties = propertiesOf(schema);
  if (Object.hasOwn(properties, key)) return [properties[key]];
  return [
    ...valuesIn(schema['patternProperties']),
    schema['additionalProperties'],
    schema['unevaluatedProperties'],
  ].filter(isGiven);
}

/**
 * Returns the schemas that one schema gives the items of a list.
 * @param index index of the item; undefined for any item
 */
export function schemasOfItems(schema: JsonSchema, index?: number): unknown[] {
  const { prefixItems, items, additionalItems, unevaluatedItems } = schema;
  const tuple = [...listOf(prefixItems), ...listOf(items)];
  const others = [Array.isArray(items) ? undefined : items, additionalItems, unevaluatedItems].filter(isGiven);
  if (index === undefined) return [...tuple, ...others];
  return index < tuple.length ? [tuple[index]] : others;
}

export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

export function valuesIn(value: unknown): unknown[] {
  return isSchema(value) ? Object.values(value) : [];
}

/** Returns false for the schema `false`, which allows no value. */
function isGiven(schema: unknown): boolean {
  return schema !== undefined && schema !== false;
}
