import { isSchema, typesOf, valuesOf, type JsonSchema } from '../json-schema';
import { listLimits, numberLimits, textLimits } from './limits';
import { formsOf, type Form } from './schema-forms';

const MAX_DEPTH = 4;

/**
 * Describes the allowed values in words: `"audit" | "verified" | null`, `list of integer (0 or
 * more)`.
 */
export function typeText(forms: readonly Form[], root: JsonSchema, depth = 0): string {
  const texts = new Set(forms.flatMap(({ schema }) => textsOf(schema, root, depth)));
  const isNullable = texts.delete('null');
  // "Any value" includes all other types, so it is shown alone.
  if (texts.has(ANYTHING)) return ANYTHING;
  return [...texts, ...(isNullable ? ['null'] : [])].join(' | ');
}

export const ANYTHING = 'any value';

/** Returns the types that a form accepts, even if the form only implies them. */
export function formTypes(schema: JsonSchema): readonly string[] {
  const types = typesOf(schema);
  if (types !== undefined) return types;
  if ('properties' in schema || 'additionalProperties' in schema) return ['object'];
  return 'items' in schema || 'prefixItems' in schema ? ['array'] : [];
}

function textsOf(schema: JsonSchema, root: JsonSchema, depth: number): string[] {
  const values = valuesOf(schema);
  if (values !== undefined) return values.map((value) => JSON.stringify(value));
  // The only references in a form are those to other documents.
  if (typeof schema['$ref'] === 'string') return [`as in ${schema['$ref']}`];
  const types = formTypes(schema);
  return types.length === 0 ? [ANYTHING] : types.map((type) => textOf(type, schema, root, depth));
}

function textOf(type: string, schema: JsonSchema, root: JsonSchema, depth: number): string {
  const inner = (each: unknown): string =>
    isSchema(each) && depth < MAX_DEPTH ? grouped(typeText(formsOf(each, root), root, depth + 1)) : ANYTHING;
  switch (type) {
    case 'array':
      return withLimits(listText(schema, inner), listLimits(schema));
    case 'object':
      return mapOf(schema) === undefined ? 'object' : `map of ${inner(mapOf(schema))}`;
    case 'string':
      return withLimits('string', textLimits(schema));
    case 'integer':
    case 'number':
      return withLimits(type, numberLimits(schema));
    default:
      return type;
  }
}

function grouped(text: string): string {
  return text.includes(' | ') ? `(${text})` : text;
}

function listText(schema: JsonSchema, inner: (each: unknown) => string): string {
  const tuple = schema['prefixItems'];
  if (Array.isArray(tuple)) return `list [${tuple.map(inner).join(', ')}${isSchema(schema['items']) ? ', …' : ''}]`;
  return `list of ${inner(schema['items'])}`;
}

/** Returns the schema of the values of a map; undefined for an object with fields. */
function mapOf(schema: JsonSchema): JsonSchema | undefined {
  const { properties, additionalProperties } = schema;
  return properties === undefined && isSchema(additionalProperties) ? additionalProperties : undefined;
}

function withLimits(text: string, limits: readonly string[]): string {
  return limits.length === 0 ? text : `${text} (${limits.join('; ')})`;
}
