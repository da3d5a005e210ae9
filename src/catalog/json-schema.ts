/** JSON Schema of the dialect 2020-12, as far as the documentation of events uses it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export const JSON_SCHEMA_DIALECT = 'https://json-schema.org/draft/2020-12/schema';

/** JSON types. A Date in an event is a string in JSON. */
export type JsonType = 'string' | 'number' | 'integer' | 'boolean' | 'null' | 'array' | 'object';

export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function propertiesOf(schema: JsonSchema): Readonly<Record<string, unknown>> {
  return isSchema(schema['properties']) ? schema['properties'] : {};
}

export function requiredOf(schema: JsonSchema): readonly string[] {
  const required = schema['required'];
  return Array.isArray(required) ? required.filter((name): name is string => typeof name === 'string') : [];
}

/** Returns the types that a schema allows; undefined if it does not restrict them. */
export function typesOf(schema: JsonSchema): readonly string[] | undefined {
  const { type } = schema;
  if (typeof type === 'string') return schema['nullable'] === true ? [type, 'null'] : [type];
  if (Array.isArray(type)) return type.filter((each): each is string => typeof each === 'string');
  const values = valuesOf(schema);
  return values === undefined ? undefined : [...new Set(values.map(jsonTypeOf))];
}

/** Returns the only values that a schema allows; undefined if it allows others. */
export function valuesOf(schema: JsonSchema): readonly unknown[] | undefined {
  if (Array.isArray(schema['enum'])) return schema['enum'] as unknown[];
  return 'const' in schema ? [schema['const']] : undefined;
}

/** Returns the alternatives of which a value must match one. */
export function alternativesOf(schema: JsonSchema): readonly JsonSchema[] {
  const alternatives = schema['anyOf'] ?? schema['oneOf'];
  return Array.isArray(alternatives) ? alternatives.filter(isSchema) : [];
}

/**
 * Follows a `$ref` inside `root`. Returns the schema if it has none, or if the target is missing.
 */
export function resolveRef(schema: JsonSchema, root: JsonSchema): JsonSchema {
  let found = schema;
  // The limit ends a cycle of references.
  for (let hops = 0; hops < 20; hops++) {
    const reference = found['$ref'];
    if (typeof reference !== 'string' || !reference.startsWith('#')) return found;
    let at: unknown = root;
    for (const step of reference.slice(1).split('/').filter(Boolean)) {
      const key = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
      at = isSchema(at) && Object.hasOwn(at, key) ? at[key] : undefined;
    }
    if (!isSchema(at)) return found;
    found = at;
  }
  return found;
}

/** Returns the JSON type of a value in normal form. A Date counts as a string. */
export function jsonTypeOf(value: unknown): JsonType {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Date) return 'string';
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'number':
      return Number.isInteger(value) ? 'integer' : 'number';
    case 'boolean':
      return 'boolean';
    default:
      return 'object';
  }
}

/** Returns true if the type is one of the named types. An integer is also a number. */
export function isOfType(type: JsonType, named: readonly string[]): boolean {
  return named.includes(type) || (type === 'integer' && named.includes('number'));
}
