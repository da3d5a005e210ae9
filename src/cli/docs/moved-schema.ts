import { isSchema, type JsonSchema } from '../../catalog/json-schema';

/** Keywords whose value is data: a `$ref` in it is not a reference. */
const DATA = new Set(['const', 'enum', 'default', 'examples', 'example']);
/** Keywords whose value is a map of schemas, with names that are not keywords. */
const MAPS = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']);

/** Transforms each schema in a schema, starting with the innermost. */
type Change = (schema: JsonSchema) => JsonSchema;

/**
 * Moves a schema into a larger document. Its references start at its own root, and are changed to
 * its new place.
 * @param place JSON pointer to the schema: `#/properties/data`
 */
export function movedSchema(schema: JsonSchema, place: string, change: Change = (each) => each): JsonSchema {
  const { $schema: _, ...own } = schema;
  return moved(own, place, change);
}

function moved(schema: JsonSchema, place: string, change: Change): JsonSchema {
  const child = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(child);
    return isSchema(value) ? moved(value, place, change) : value;
  };
  const entries = Object.entries(schema).map(([keyword, value]): [string, unknown] => {
    if (keyword === '$ref' && typeof value === 'string' && value.startsWith('#'))
      return [keyword, place + value.slice(1)];
    if (DATA.has(keyword)) return [keyword, value];
    if (MAPS.has(keyword) && isSchema(value)) return [keyword, mapped(value, child)];
    return [keyword, child(value)];
  });
  return change(Object.fromEntries(entries));
}

function mapped(map: JsonSchema, child: (value: unknown) => unknown): JsonSchema {
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, child(value)]));
}

const DEFINITIONS_REF = /(^#|\/)\$defs\//g;

/**
 * Keywords without constraints, which may stay next to a reference: draft-07 ignores all others
 * there.
 */
const BESIDE = new Set(['title', 'description', 'default', 'examples', 'deprecated', 'definitions', '$comment']);

/** Converts a schema from draft 2020-12 to draft-07, on which the schemas of AsyncAPI are based. */
export function asDraft07(schema: JsonSchema): JsonSchema {
  const { $defs, prefixItems, items, $ref, dependentRequired, dependentSchemas, ...rest } = schema;
  const dependencies = {
    ...(rest['dependencies'] as object),
    ...(dependentSchemas as object),
    ...(dependentRequired as object),
  };
  return {
    ...rest,
    ...(isSchema($defs) && { definitions: { ...(rest['definitions'] as object), ...$defs } }),
    ...(prefixItems === undefined
      ? items !== undefined && { items }
      : { items: prefixItems, additionalItems: items ?? true }),
    ...(Object.keys(dependencies).length > 0 && { dependencies }),
    ...(typeof $ref === 'string' && draft07Reference($ref, rest)),
  };
}

function draft07Reference($ref: string, rest: JsonSchema): JsonSchema {
  // With an external reference, the document would be invalid for tools that cannot follow it.
  if (!$ref.startsWith('#')) return { $comment: `described in ${$ref}, which is not in this document` };
  const reference = { $ref: $ref.replace(DEFINITIONS_REF, '$1definitions/') };
  if (Object.keys(rest).every((word) => BESIDE.has(word))) return reference;
  return { allOf: [...(Array.isArray(rest['allOf']) ? (rest['allOf'] as unknown[]) : []), reference] };
}
