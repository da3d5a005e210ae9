import { isSchema, typesOf, valuesOf, type JsonSchema } from '../../catalog/json-schema';
import { formsOf, type Form } from './schema-forms';

const MAX_DEPTH = 4;

/** What may stand in a place, in words: `"audit" | "verified" | null`, `list of integer (0 or more)`. */
export function typeText(forms: readonly Form[], root: JsonSchema, depth = 0): string {
  const texts = new Set(forms.flatMap(({ schema }) => textsOf(schema, root, depth)));
  const isNullable = texts.delete('null');
  // What may be anything says so once, whatever else it may be.
  if (texts.has(ANYTHING)) return ANYTHING;
  return [...texts, ...(isNullable ? ['null'] : [])].join(' | ');
}

export const ANYTHING = 'any value';

/** Of a form: the types that it takes, also where it only lets them be guessed. */
export function formTypes(schema: JsonSchema): readonly string[] {
  const types = typesOf(schema);
  if (types !== undefined) return types;
  if ('properties' in schema || 'additionalProperties' in schema) return ['object'];
  return 'items' in schema || 'prefixItems' in schema ? ['array'] : [];
}

function textsOf(schema: JsonSchema, root: JsonSchema, depth: number): string[] {
  const values = valuesOf(schema);
  if (values !== undefined) return values.map((value) => JSON.stringify(value));
  // A form has no reference but one that leads out of the document.
  if (typeof schema['$ref'] === 'string') return [`as in ${schema['$ref']}`];
  const types = formTypes(schema);
  return types.length === 0 ? [ANYTHING] : types.map((type) => textOf(type, schema, root, depth));
}

function textOf(type: string, schema: JsonSchema, root: JsonSchema, depth: number): string {
  const inner = (each: unknown): string =>
    isSchema(each) && depth < MAX_DEPTH ? grouped(typeText(formsOf(each, root), root, depth + 1)) : ANYTHING;
  switch (type) {
    case 'array':
      return withLimits(listText(schema, inner), [range(schema['minItems'], schema['maxItems'], 'item')]);
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

/** The schema of the values of an object that is only a map; undefined for one with fields. */
function mapOf(schema: JsonSchema): JsonSchema | undefined {
  const { properties, additionalProperties } = schema;
  return properties === undefined && isSchema(additionalProperties) ? additionalProperties : undefined;
}

function withLimits(text: string, limits: readonly (string | undefined)[]): string {
  const told = limits.filter((limit) => limit !== undefined);
  return told.length === 0 ? text : `${text} (${told.join('; ')})`;
}

function textLimits({ format, pattern, minLength, maxLength }: JsonSchema): readonly (string | undefined)[] {
  const hasFormat = typeof format === 'string';
  return [
    hasFormat ? format : undefined,
    range(minLength, maxLength, 'character'),
    // That of a format is long, and says nothing more.
    typeof pattern === 'string' && !hasFormat ? `matches ${pattern}` : undefined,
  ];
}

function numberLimits(schema: JsonSchema): readonly (string | undefined)[] {
  const { exclusiveMinimum: over, exclusiveMaximum: under, multipleOf } = schema;
  return [
    range(schema['minimum'], schema['maximum'], ''),
    typeof over === 'number' ? `over ${over}` : undefined,
    typeof under === 'number' ? `under ${under}` : undefined,
    typeof multipleOf === 'number' ? `multiple of ${multipleOf}` : undefined,
  ];
}

/** A library writes the least and the greatest safe integer where nothing was said. */
function range(from: unknown, to: unknown, unit: string): string | undefined {
  const least = isLimit(from) ? from : undefined;
  const most = isLimit(to) ? to : undefined;
  if (least === undefined) return most === undefined ? undefined : `up to ${counted(most, unit)}`;
  if (most === undefined) return `${least} or more${unit === '' ? '' : ` ${unit}s`}`;
  return least === most ? counted(least, unit) : `${least} to ${counted(most, unit)}`;
}

/** `2 items`; without a unit, the number alone. */
export function counted(number: number, unit: string): string {
  return unit === '' ? String(number) : `${number} ${unit}${number === 1 ? '' : 's'}`;
}

function isLimit(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER;
}
