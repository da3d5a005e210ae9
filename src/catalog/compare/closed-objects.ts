import { isSchema, resolveRef, type JsonSchema } from '../json-schema';
import { isStandard } from './constraint-text';
import { childrenOf, withChildren } from './schema-children';

const PARTS = ['allOf', 'anyOf', 'oneOf'];
const SAID = ['additionalProperties', 'patternProperties', 'unevaluatedProperties'];
/** Keywords whose schemas are conditions and describe no place of an event. */
const CONDITIONS = new Set([
  ...['not', 'if', 'then', 'else', 'contains', 'propertyNames', 'dependentSchemas', 'dependencies'],
]);

/**
 * A schema of zod, arktype, valibot or a class that says what the tracker goes by: an object takes no field that it does not
 * declare, though its JSON Schema leaves that out. The parts of an `allOf` are left as they are: each declares some of the fields.
 * Keywords that are no standard are left out: they are metadata of the definition (`.meta({ unit: 'ms' })`), and limit nothing.
 * @param root whose references are pointers into it
 */
export function closeObjects(root: JsonSchema): JsonSchema {
  const open = new Set<JsonSchema>();
  findParts(root, root, open);
  return closed(root, open);
}

/** Collects the schemas that are only a part of what describes a place. */
function findParts(schema: JsonSchema, root: JsonSchema, open: Set<JsonSchema>): void {
  if (Array.isArray(schema['allOf'])) keepOpen(schema, root, open);
  for (const [, child] of childrenOf(schema)) findParts(child, root, open);
}

function keepOpen(schema: JsonSchema, root: JsonSchema, open: Set<JsonSchema>): void {
  if (open.has(schema)) return;
  open.add(schema);
  const parts = PARTS.flatMap((word) => (Array.isArray(schema[word]) ? (schema[word] as unknown[]) : []));
  for (const part of [resolveRef(schema, root), ...parts]) if (isSchema(part)) keepOpen(part, root, open);
}

function closed(schema: JsonSchema, open: ReadonlySet<JsonSchema>): JsonSchema {
  const entries = Object.entries(schema).flatMap(([word, value]) =>
    isStandard(word)
      ? [[word, CONDITIONS.has(word) ? value : withChildren(word, value, (child) => closed(child, open))] as const]
      : [],
  );
  const isClosed = 'properties' in schema && !SAID.some((word) => word in schema) && !open.has(schema);
  return { ...Object.fromEntries(entries), ...(isClosed && { additionalProperties: false }) };
}
