import { isSchema, jsonTypeOf, requiredOf, typesOf, valuesOf, type JsonSchema } from '../catalog/json-schema';
import { schemasAt } from '../catalog/schemas-at';
import type { Violation } from '../catalog/violation';
import type { ViolationRow } from './api';

/** Text in place of values that nobody may see: nothing is known about such a value. */
const REDACTED = '[redacted]';
const MAX_DEPTH = 6;

/**
 * The change of a definition that would accept a value, in words and as JSON Schema of the place.
 * @param schema JSON Schema of the data of the event; undefined if the event is not defined
 * @param example redacted value that violated it; undefined if it is not known
 * @returns undefined if no change of a schema would help
 */
export function schemaSuggestion(
  { kind, path }: Pick<Violation, 'kind' | 'path'>,
  schema: JsonSchema | undefined,
  example: unknown,
): ViolationRow['suggestion'] {
  const known = example === REDACTED ? undefined : example;
  switch (kind) {
    case 'unplanned-event':
      return { text: 'Define the event with data such as this.', schema: schemaOf(isSchema(known) ? known : {}) };
    case 'required-missing': {
      const name = path.split('.').at(-1) ?? '';
      const required = requiredOf(schemaAt(schema, parentOf(path), undefined)).filter((each) => each !== name);
      return { text: `Make ${path} optional.`, schema: { required } };
    }
    case 'additional-property':
      return { text: `Declare the field at ${path}, or allow other fields.`, schema: { additionalProperties: true } };
    case 'type-mismatch':
      return typeSuggestion(path, schemaAt(schema, path, known), known);
    case 'value-not-allowed':
      return valueSuggestion(path, schemaAt(schema, path, known), known);
    default:
      return undefined;
  }
}

function typeSuggestion(path: string, schema: JsonSchema, example: unknown): ViolationRow['suggestion'] {
  if (example === undefined) return { text: `Allow another type at ${path}.`, schema: {} };
  const type = jsonTypeOf(example);
  const types = [...new Set([...(typesOf(schema) ?? []), type])];
  return { text: `Allow ${withArticle(type)} at ${path}.`, schema: { type: types.length === 1 ? type : types } };
}

function valueSuggestion(path: string, schema: JsonSchema, example: unknown): ViolationRow['suggestion'] {
  const values = valuesOf(schema);
  if (values !== undefined && example !== undefined)
    return { text: `Add ${JSON.stringify(example)} to the values of ${path}.`, schema: { enum: [...values, example] } };
  if (values !== undefined) return { text: `Add the value to those of ${path}.`, schema: { enum: [...values] } };
  const { type } = schema;
  const kind = typeof type === 'string' ? withArticle(type) : 'any value';
  return { text: `Allow ${kind} at ${path}, without its limits.`, schema: type === undefined ? {} : { type } };
}

/** The schema of a place in the event; an empty one if it is not described, or in several ways. */
function schemaAt(schema: JsonSchema | undefined, path: string, example: unknown): JsonSchema {
  const [root, ...steps] = path.split('.');
  if (schema === undefined || root !== 'data') return {};
  // Only the indices of lists decide which schemas describe a place, so the rest is made up.
  const value = steps.reduceRight<unknown>((below, step) => (step === '*' ? [below] : { [step]: below }), example);
  const found = schemasAt(
    schema,
    steps.map((step) => (step === '*' ? 0 : step)),
    value,
  );
  return found.length === 1 ? (found[0] ?? {}) : {};
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('.'), 0));
}

/** A schema that accepts a value and others like it. */
function schemaOf(value: unknown, depth = 0): JsonSchema {
  if (value === REDACTED || depth > MAX_DEPTH) return {};
  const type = jsonTypeOf(value);
  if (Array.isArray(value)) return value.length === 0 ? { type } : { type, items: schemaOf(value[0], depth + 1) };
  if (!isSchema(value)) return { type };
  const properties = Object.fromEntries(Object.entries(value).map(([key, each]) => [key, schemaOf(each, depth + 1)]));
  return { type, properties, required: Object.keys(value) };
}

function withArticle(type: string): string {
  return type === 'null' ? 'null' : /^[aio]/.test(type) ? `an ${type}` : `a ${type}`;
}
