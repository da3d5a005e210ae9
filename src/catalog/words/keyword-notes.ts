/** Describes keywords that neither the type nor the fields of a schema contain. */
import type { JsonSchema } from '../json-schema';

const MAX_JSON = 200;

/** Keywords that do not restrict values. Some have notes nevertheless. */
export const SILENT_WORDS: ReadonlySet<string> = new Set([
  ...['title', 'description', 'default', 'examples', 'example', 'deprecated', 'readOnly', 'writeOnly'],
  ...['$schema', '$id', '$anchor', '$dynamicAnchor', '$recursiveAnchor', '$vocabulary', '$comment', '$defs'],
  ...['definitions', 'id'],
]);

/** Keywords with constraints that other files describe. */
const DESCRIBED: ReadonlySet<string> = new Set([
  ...['$ref', '$dynamicRef', '$recursiveRef', 'allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else'],
  ...['type', 'const', 'enum', 'format', 'pattern', 'minLength', 'maxLength', 'nullable', 'discriminator'],
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  ...['items', 'prefixItems', 'additionalItems', 'unevaluatedItems', 'contains', 'minContains', 'maxContains'],
  ...['minItems', 'maxItems', 'uniqueItems'],
  ...['properties', 'patternProperties', 'additionalProperties', 'unevaluatedProperties', 'propertyNames'],
  ...['minProperties', 'maxProperties', 'required', 'dependentRequired', 'dependentSchemas', 'dependencies'],
  ...['contentEncoding', 'contentMediaType', 'contentSchema'],
]);

/**
 * Returns the notes for annotations, and names the keywords that JSON Schema does not have: they
 * may be constraints of the application's own validator. Extensions (`x-`) are for tools.
 */
export function otherKeywords(schema: JsonSchema): readonly string[] {
  const { contentEncoding: encoding, contentMediaType: media, readOnly, writeOnly } = schema;
  const unknown = Object.entries(schema).filter(([word]) => !SILENT_WORDS.has(word) && !DESCRIBED.has(word));
  return [
    ...(typeof encoding === 'string' ? [`encoded as ${encoding}`] : []),
    ...(typeof media === 'string' ? [`media type ${media}`] : []),
    ...(readOnly === true ? ['read only'] : []),
    ...(writeOnly === true ? ['write only'] : []),
    ...unknown.filter(([word]) => !word.startsWith('x-')).map(([word, value]) => `keyword "${word}": ${json(value)}`),
    ...('default' in schema ? [`default: ${json(schema['default'])}`] : []),
    ...exampleNotes(schema),
  ];
}

function exampleNotes({ examples, example }: JsonSchema): readonly string[] {
  const all: readonly unknown[] = Array.isArray(examples) ? examples : example === undefined ? [] : [example];
  return all.length === 0 ? [] : [`for example ${all.map(json).join(' or ')}`];
}

function json(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) return 'undefined';
  return text.length > MAX_JSON ? `${text.slice(0, MAX_JSON - 1)}…` : text;
}
