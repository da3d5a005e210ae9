import { compareSchemas } from '../../../src/cli/check/compare-schemas';
import type { JsonSchema } from '../../../src/catalog/json-schema';

/** Each change as one line; what breaks has an exclamation mark. */
export function told(was: JsonSchema, is: JsonSchema): string[] {
  return compareSchemas(was, is, 'data').map(({ path, kind, isBreaking }) => `${path} ${kind}${isBreaking ? '!' : ''}`);
}

/** An object with one field, `it`. */
export function field(schema: JsonSchema): JsonSchema {
  return { type: 'object', properties: { it: schema }, required: ['it'] };
}

export function object(properties: Record<string, JsonSchema>, more: JsonSchema = {}): JsonSchema {
  return { type: 'object', properties, ...more };
}
