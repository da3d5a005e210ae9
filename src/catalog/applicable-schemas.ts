/**
 * Everything that a JSON Schema says of one place of a value may be spread over references, parts that all hold, alternatives
 * and conditions. Whether a field is declared anywhere, and what may be in it, is a question to all of them together.
 */
import { isSchema, propertiesOf, requiredOf, resolveRef, valuesOf, type JsonSchema } from './json-schema';

/** The schemas that may apply to one place. */
export interface Applicable {
  readonly schemas: readonly JsonSchema[];
  /** False where a reference cannot be followed, or a schema takes anything: then there may be more than is known. */
  readonly isWhole: boolean;
}

const PARTS = ['allOf', 'anyOf', 'oneOf'];
const CONDITIONS = ['if', 'then', 'else'];
/** Schemas by name that apply if the object has a field of that name. */
const DEPENDENT = ['dependentSchemas', 'dependencies'];
const DYNAMIC = ['$dynamicRef', '$recursiveRef'];
const MAX_SCHEMAS = 1000;

export class ApplicableSchemas {
  private readonly known = new Map<JsonSchema, Applicable>();

  constructor(readonly root: JsonSchema) {}

  ofRoot(): Applicable {
    return this.of(this.root);
  }

  /** A schema with all that it is made of; the same for the same schema. */
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

/** `true` takes anything, and `false` nothing. */
function ofBoolean(schema: unknown): Applicable {
  return { schemas: [], isWhole: schema !== true };
}

function partsOf(schema: JsonSchema): unknown[] {
  const parts = PARTS.flatMap((keyword) => listOf(schema[keyword]));
  const conditions = CONDITIONS.map((keyword) => schema[keyword]);
  // A dynamic reference is read as the list of all that it may lead to.
  const dynamic = DYNAMIC.flatMap((keyword) => listOf(schema[keyword]));
  return [...parts, ...dynamic, ...conditions, ...DEPENDENT.flatMap((keyword) => valuesIn(schema[keyword]))];
}

/** What a schema declares by name to be in an object. */
export function declaredNames(schema: JsonSchema): string[] {
  const { propertyNames, dependentRequired } = schema;
  const listed = isSchema(propertyNames) ? (valuesOf(propertyNames) ?? []) : [];
  const dependent = isSchema(dependentRequired) ? Object.values(dependentRequired).flatMap(listOf) : [];
  const names = [...Object.keys(propertiesOf(schema)), ...requiredOf(schema), ...listed, ...dependent];
  return names.filter((name): name is string => typeof name === 'string');
}

/** The schemas of a field of that name, in one schema. */
export function schemasOfField(schema: JsonSchema, key: string): unknown[] {
  const properties = propertiesOf(schema);
  if (Object.hasOwn(properties, key)) return [properties[key]];
  return [
    ...valuesIn(schema['patternProperties']),
    schema['additionalProperties'],
    schema['unevaluatedProperties'],
  ].filter(isGiven);
}

/** The schemas of the items of a list, in one schema. @param index of the item, if one is meant */
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

/** `false` says that there is nothing. */
function isGiven(schema: unknown): boolean {
  return schema !== undefined && schema !== false;
}
