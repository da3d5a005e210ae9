import type { JsonSchema } from '../../catalog/json-schema';

/** Formats of JSON Schema and of ajv-formats. */
const FORMATS = new Set([
  ...['date-time', 'date', 'time', 'duration', 'email', 'idn-email', 'hostname', 'idn-hostname', 'ipv4', 'ipv6', 'uri'],
  ...[
    'uri-reference',
    'iri',
    'iri-reference',
    'uuid',
    'uri-template',
    'json-pointer',
    'relative-json-pointer',
    'regex',
  ],
  ...['url', 'iso-time', 'iso-date-time', 'json-pointer-uri-fragment', 'byte', 'int32', 'int64', 'float', 'double'],
  ...['password', 'binary'],
]);

/**
 * Converts a schema for any validator. Removes extensions, and turns non-standard formats into
 * comments. Keeps unknown keywords, which may be constraints of the application's own validator.
 */
export function portable(schema: JsonSchema): JsonSchema {
  const { format, $comment } = schema;
  const isOwnFormat = typeof format === 'string' && !FORMATS.has(format);
  const kept = Object.entries(schema).filter(
    ([word, value]) => !isDropped(word, value) && !(isOwnFormat && word === 'format'),
  );
  const comment = isOwnFormat && $comment === undefined && !('pattern' in schema);
  return { ...Object.fromEntries(kept), ...(comment && { $comment: `format: ${format}` }) };
}

/**
 * Returns true for keywords to remove. `id` was the keyword for `$id` before draft-06, and
 * validators refuse it; zod writes the name of a definition there.
 */
function isDropped(word: string, value: unknown): boolean {
  return word.startsWith('x-') || (word === 'id' && typeof value === 'string');
}
