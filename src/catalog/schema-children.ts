import { isSchema, type JsonSchema } from './json-schema';

/** Keywords whose value is data, in which names have no meaning as keywords. */
const DATA = new Set(['const', 'enum', 'default', 'examples', 'example', 'required', 'dependentRequired']);
/** Keywords whose value is a map of schemas by name. */
const MAPS = new Set([
  ...['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas', 'dependencies'],
]);

/**
 * Returns the direct subschemas of a schema with the steps that lead to them. Includes unknown
 * keywords, because references may lead into them.
 */
export function* childrenOf(schema: JsonSchema): Generator<readonly [steps: readonly string[], child: JsonSchema]> {
  for (const [word, value] of Object.entries(schema)) {
    if (DATA.has(word)) continue;
    if (isSchema(value) && !MAPS.has(word)) yield [[word], value];
    else if (typeof value === 'object' && value !== null)
      for (const [step, each] of Object.entries(value)) if (isSchema(each)) yield [[word, step], each];
  }
}

/** Returns the value of a keyword with each schema in it replaced. */
export function withChildren(word: string, value: unknown, change: (child: JsonSchema) => unknown): unknown {
  if (DATA.has(word)) return value;
  const child = (each: unknown): unknown => (isSchema(each) ? change(each) : each);
  if (Array.isArray(value)) return value.map(child);
  if (!isSchema(value) || !MAPS.has(word)) return child(value);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, child(each)]));
}
