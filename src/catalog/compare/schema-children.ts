import { isSchema, type JsonSchema } from '../json-schema';

/** Keywords whose value is data: what looks like a keyword in it is none. */
const DATA = new Set(['const', 'enum', 'default', 'examples', 'example', 'required', 'dependentRequired']);
/** Keywords whose value is a map of schemas, by names that are no keywords. */
const MAPS = new Set([
  ...['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas', 'dependencies'],
]);

/**
 * The schemas in a schema, each with the steps that lead to it. Keywords that are not known are looked into as well: references
 * may lead there.
 */
export function* childrenOf(schema: JsonSchema): Generator<readonly [steps: readonly string[], child: JsonSchema]> {
  for (const [word, value] of Object.entries(schema)) {
    if (DATA.has(word)) continue;
    if (isSchema(value) && !MAPS.has(word)) yield [[word], value];
    else if (typeof value === 'object' && value !== null)
      for (const [step, each] of Object.entries(value)) if (isSchema(each)) yield [[word, step], each];
  }
}

/** The value of a keyword, with another schema in place of each schema in it. */
export function withChildren(word: string, value: unknown, change: (child: JsonSchema) => unknown): unknown {
  if (DATA.has(word)) return value;
  const child = (each: unknown): unknown => (isSchema(each) ? change(each) : each);
  if (Array.isArray(value)) return value.map(child);
  if (!isSchema(value) || !MAPS.has(word)) return child(value);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, child(each)]));
}
