/**
 * Decides which objects of an event reject undeclared fields. The schema libraries remove such
 * fields from their output, so their JSON Schemas do not mention it. The tracker and the comparison
 * of catalogs use the same functions.
 */
import { isSchema, resolveRef, type JsonSchema } from './json-schema';

/** Maximum number of steps, because references and single alternatives may form cycles. */
const MAX_STEPS = 20;

/** Keywords with which an object itself defines which other fields it accepts. */
const SAYS_ITSELF = ['additionalProperties', 'patternProperties', 'unevaluatedProperties'];

/**
 * Returns the one schema that describes a place, after following references and ignoring null.
 * @returns undefined if several schemas do: each part of an `allOf` declares some of the fields,
 * and the alternative of a union is unknown. There, and below, every object is open.
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

/**
 * Returns the only alternative other than null. Returns undefined if there are none or several, or
 * if the schema also declares fields.
 */
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

/** True for an object that declares fields and does not define whether it accepts others. */
export function isClosedObject(schema: JsonSchema): boolean {
  return 'properties' in schema && !SAYS_ITSELF.some((word) => word in schema);
}

/** Keywords below which objects are searched. `properties` is a map, the others are one schema. */
export const TRACKED_BELOW = ['properties', 'items', 'additionalProperties'] as const;
