import {
  isOfType,
  isSchema,
  jsonTypeOf,
  propertiesOf,
  requiredOf,
  typesOf,
  valuesOf,
  type JsonSchema,
} from './json-schema';

const MAX_VALUES = 12;
/** Limits that libraries write for an integer without declared limits. */
const LEAST_SAFE = -9_007_199_254_740_991;
const MOST_SAFE = 9_007_199_254_740_991;

/**
 * Describes what a value must be, to follow the words `must be`: `"audit" or "verified"`, `a string
 * of at least 3 characters`.
 * @param value the rejected value; requirements that it already meets are left out
 * @returns undefined if the schemas name nothing else
 */
export function expectationOf(schemas: readonly JsonSchema[], value: unknown): string | undefined;
export function expectationOf(schemas: readonly JsonSchema[]): string;
export function expectationOf(schemas: readonly JsonSchema[], ...found: unknown[]): string | undefined {
  const areSeveral = schemas.length > 1;
  const expectations = [...new Set(schemas.flatMap((schema) => oneOf(schema, areSeveral)))];
  if (found.length > 0 && (expectations.length === 0 || schemas.some((schema) => saysOnlyType(schema, found[0]))))
    return areSeveral && expectations.length > 1 && schemas.every(isObjectSchema) ? joined(expectations) : undefined;
  return joined(expectations);
}

function joined(expectations: readonly string[]): string {
  if (expectations.length === 0) return 'a value that its schema allows';
  if (expectations.length > MAX_VALUES) return `one of ${expectations.slice(0, MAX_VALUES).join(', ')}, …`;
  return expectations.length === 1
    ? (expectations[0] ?? '')
    : `${expectations.slice(0, -1).join(', ')} or ${expectations.at(-1) ?? ''}`;
}

function isObjectSchema(schema: JsonSchema): boolean {
  return typesOf(schema)?.includes('object') === true || 'properties' in schema;
}

/** Returns true if the description of a schema names only the type that the value has. */
function saysOnlyType(schema: JsonSchema, value: unknown): boolean {
  if (valuesOf(schema) !== undefined) return false;
  const type = value instanceof Date ? 'string' : jsonTypeOf(value);
  const named = typesOf(schema) ?? [];
  const bare = type === 'integer' && !named.includes('integer') ? 'number' : type;
  const rest = value instanceof Date ? { type: 'string', format: 'date-time' } : { type: bare };
  return isOfType(type, named) && describe(bare, schema, false) === describe(bare, rest, false);
}

function oneOf(schema: JsonSchema, areSeveral: boolean): string[] {
  const values = valuesOf(schema);
  if (values !== undefined) return values.map((value) => JSON.stringify(value));
  const types = typesOf(schema) ?? ('properties' in schema ? ['object'] : []);
  return types.map((type) => describe(type, schema, areSeveral));
}

function describe(type: string, schema: JsonSchema, areSeveral: boolean): string {
  switch (type) {
    case 'string':
      return `${textKind(schema)}${lengths(schema['minLength'], schema['maxLength'], 'character')}`;
    case 'integer':
      return `a whole number${range(schema)}`;
    case 'number':
      return `a number${range(schema)}`;
    case 'boolean':
      return 'true or false';
    case 'array':
      return `a list${lengths(schema['minItems'], schema['maxItems'], 'item')}${schema['uniqueItems'] === true ? ' without repeated items' : ''}`;
    case 'object':
      return `an object${areSeveral ? fields(schema) : ''}${lengths(schema['minProperties'], schema['maxProperties'], 'field')}`;
    default:
      return type;
  }
}

/** Describes what distinguishes an object: its fixed values, or else its required fields. */
function fields(schema: JsonSchema): string {
  const properties = Object.entries(propertiesOf(schema));
  const [fixed] = properties.flatMap(([name, each]) => {
    const values = isSchema(each) ? valuesOf(each) : undefined;
    return values === undefined
      ? []
      : [
          `${name} ${values
            .slice(0, 3)
            .map((value) => JSON.stringify(value))
            .join(' or ')}`,
        ];
  });
  const required = requiredOf(schema);
  const names = (required.length > 0 ? required : properties.map(([name]) => name)).slice(0, 3).join(', ');
  return fixed !== undefined ? ` with ${fixed}` : names === '' ? '' : ` with ${names}`;
}

function textKind({ format, pattern }: JsonSchema): string {
  if (typeof format === 'string')
    return format === 'date-time' ? 'a date with a time' : `a string of the format ${format}`;
  return typeof pattern === 'string' && pattern.length <= 100 ? `a string that matches ${pattern}` : 'a string';
}

function lengths(min: unknown, max: unknown, unit: string): string {
  const counted = (count: number): string => `${String(count)} ${count === 1 ? unit : `${unit}s`}`;
  if (typeof min === 'number' && typeof max === 'number')
    return min === max ? ` of exactly ${counted(min)}` : ` of ${String(min)} to ${counted(max)}`;
  if (typeof min === 'number') return ` of at least ${counted(min)}`;
  return typeof max === 'number' ? ` of at most ${counted(max)}` : '';
}

function range({ minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf }: JsonSchema): string {
  const bounds = [
    typeof minimum === 'number' && minimum > LEAST_SAFE ? `at least ${String(minimum)}` : '',
    typeof exclusiveMinimum === 'number' ? `more than ${String(exclusiveMinimum)}` : '',
    typeof maximum === 'number' && maximum < MOST_SAFE ? `at most ${String(maximum)}` : '',
    typeof exclusiveMaximum === 'number' ? `less than ${String(exclusiveMaximum)}` : '',
    typeof multipleOf === 'number' ? `a multiple of ${String(multipleOf)}` : '',
  ].filter((bound) => bound !== '');
  return bounds.length === 0 ? '' : ` of ${bounds.join(' and ')}`;
}
