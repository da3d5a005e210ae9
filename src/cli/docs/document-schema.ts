import { plainReferences } from '../../catalog/compare/plain-references';
import { withChildren } from '../../catalog/compare/schema-children';
import { isSchema, type JsonSchema } from '../../catalog/json-schema';

/**
 * A schema as it is documented: its references are pointers into it, and it is in the words of 2020-12, whatever draft the
 * application's own Ajv reads.
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

/** Which of the schemas `$dynamicRef` leads to depends on the way there, which a document does not have. */
function withReferences(schema: JsonSchema): JsonSchema {
  const { $dynamicRef: targets, $recursiveAnchor: _, ...rest } = schema;
  if (!Array.isArray(targets)) return rest;
  return { ...rest, allOf: [...(Array.isArray(rest['allOf']) ? (rest['allOf'] as unknown[]) : []), { anyOf: targets }] };
}

/** Before 2019-09: `dependencies`, of names and of schemas. */
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

/** Before 2020-12, a tuple was `items` with a list, and `additionalItems` the schema of the items after it. */
function withTuple(schema: JsonSchema): JsonSchema {
  const { items, additionalItems, ...rest } = schema;
  if (!Array.isArray(items)) return schema;
  return { ...rest, prefixItems: items as unknown[], ...(additionalItems !== undefined && { items: additionalItems }) };
}

/** The word of OpenAPI 3.0, which Ajv reads as well. */
function withNull(schema: JsonSchema): JsonSchema {
  const { nullable, ...rest } = schema;
  if (typeof nullable !== 'boolean') return schema;
  const { type } = rest;
  if (!nullable || type === undefined) return rest;
  return { ...rest, type: [...new Set([...(Array.isArray(type) ? (type as unknown[]) : [type]), 'null'])] };
}

/** In draft-04, `exclusiveMinimum: true` said that `minimum` is exclusive. */
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
