/**
 * Which objects of an event take no fields that they do not declare. The schema libraries leave such fields out of what they
 * give back, so their JSON Schemas do not say it. The tracker and the comparison of catalogs both go by these functions.
 */
import { isSchema, resolveRef, type JsonSchema } from './json-schema';

/** References and single alternatives may lead back to themselves. */
const MAX_STEPS = 20;

/** Keywords by which an object says itself which other fields it takes. */
const SAYS_ITSELF = ['additionalProperties', 'patternProperties', 'unevaluatedProperties'];

/**
 * The one schema that describes a place, behind references and beside null.
 * @returns undefined where several do: each part of an `allOf` declares some of the fields, and which alternative of a union a
 * value is meant for cannot be told. There, and below, every object is open.
 */
export function soleSchemaOf(given: JsonSchema, root: JsonSchema): JsonSchema | undefined {
  let schema = given;
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    schema = resolveRef(schema, root);
    if ('allOf' in schema || '$ref' in schema) return undefined;
    const only = soleAlternativeOf(schema);
    if (only === undefined) return alternativesIn(schema) === undefined ? schema : undefined;
    schema = only;
  }
  return undefined;
}

/** The only alternative of a schema beside null; undefined if it has none or several, or declares fields next to them. */
export function soleAlternativeOf(schema: JsonSchema): JsonSchema | undefined {
  const alternatives = alternativesIn(schema)?.filter((each) => !isSchema(each) || each['type'] !== 'null');
  const [only] = alternatives ?? [];
  return alternatives?.length === 1 && isSchema(only) && !('properties' in schema) ? only : undefined;
}

function alternativesIn({ anyOf, oneOf }: JsonSchema): readonly unknown[] | undefined {
  if (anyOf !== undefined && oneOf !== undefined) return [];
  const alternatives = anyOf ?? oneOf;
  return Array.isArray(alternatives) ? alternatives : undefined;
}

/** True for an object that declares fields and does not say itself whether it takes others. */
export function isClosedObject(schema: JsonSchema): boolean {
  return 'properties' in schema && !SAYS_ITSELF.some((word) => word in schema);
}

/** Keywords below which objects are looked for: `properties` is a map of schemas, the others are one each. */
export const TRACKED_BELOW = ['properties', 'items', 'additionalProperties'] as const;
