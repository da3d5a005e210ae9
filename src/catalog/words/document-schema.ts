import { plainReferences } from '../plain-references';
import { withChildren } from '../schema-children';
import { isSchema, type JsonSchema } from '../json-schema';

/**
 * Converts a schema for documentation. References become pointers into the schema, and keywords
 * follow draft 2020-12, regardless of the draft of the application's own Ajv.
 */
export function documentSchema(schema: JsonSchema): JsonSchema {
  return inNewWords(plainReferences(schema).schema);
}

function inNewWords(schema: JsonSchema): JsonSchema {
  const inside = Object.fromEntries(
    Object.entries(schema).map(([word, value]) => [word, withChildren(word, value, inNewWords)]),
  );
  return withReferences(withDependents(withTuple(withNull(withBounds(inside)))));
}

/**
 * Replaces `$dynamicRef` with all its possible targets. The target depends on the path of
 * evaluation, which a document does not have.
 */
function withReferences(schema: JsonSchema): JsonSchema {
  const { $dynamicRef: targets, $recursiveAnchor: _, ...rest } = schema;
  if (!Array.isArray(targets)) return rest;
  return {
    ...rest,
    allOf: [...(Array.isArray(rest['allOf']) ? (rest['allOf'] as unknown[]) : []), { anyOf: targets }],
  };
}

/** Converts `dependencies` of names and of schemas, used before 2019-09. */
function withDependents(schema: JsonSchema): JsonSchema {
  const { dependencies, ...rest } = schema;
  if (!isSchema(dependencies)) return schema;
  const entries = Object.entries(dependencies);
  const names = entries.filter(([, value]) => Array.isArray(value));
  const schemas = entries.filter(([, value]) => !Array.isArray(value));
  return {
    ...rest,
    ...(names.length > 0 && { dependentRequired: mapOf(rest['dependentRequired'], names) }),
    ...(schemas.length > 0 && { dependentSchemas: mapOf(rest['dependentSchemas'], schemas) }),
  };
}

function mapOf(given: unknown, entries: readonly (readonly [string, unknown])[]): JsonSchema {
  return { ...(isSchema(given) && given), ...Object.fromEntries(entries) };
}

/**
 * Converts tuples. Before 2020-12, a tuple was `items` with a list, and `additionalItems` the
 * schema of the items after it.
 */
function withTuple(schema: JsonSchema): JsonSchema {
  const { items, additionalItems, ...rest } = schema;
  if (!Array.isArray(items)) return schema;
  return { ...rest, prefixItems: items as unknown[], ...(additionalItems !== undefined && { items: additionalItems }) };
}

/** Converts `nullable` of OpenAPI 3.0, which Ajv also reads. */
function withNull(schema: JsonSchema): JsonSchema {
  const { nullable, ...rest } = schema;
  if (typeof nullable !== 'boolean') return schema;
  const { type } = rest;
  if (!nullable || type === undefined) return rest;
  return { ...rest, type: [...new Set([...(Array.isArray(type) ? (type as unknown[]) : [type]), 'null'])] };
}

/** Converts exclusive bounds. In draft-04, `exclusiveMinimum: true` makes `minimum` exclusive. */
function withBounds(schema: JsonSchema): JsonSchema {
  return [
    ['minimum', 'exclusiveMinimum'],
    ['maximum', 'exclusiveMaximum'],
  ].reduce<JsonSchema>((found, [bound = '', exclusive = '']) => {
    if (typeof found[exclusive] !== 'boolean') return found;
    const { [bound]: value, [exclusive]: isExclusive, ...rest } = found;
    if (value === undefined) return rest;
    return { ...rest, [isExclusive === true ? exclusive : bound]: value };
  }, schema);
}
