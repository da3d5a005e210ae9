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
/** What a library writes for an integer of which nothing else was said. */
const LEAST_SAFE = -9_007_199_254_740_991;
const MOST_SAFE = 9_007_199_254_740_991;

/**
 * What a value has to be, to stand after `must be`: `"audit" or "verified"`, `a text of at least 3 characters`.
 * @param value that does not pass. What it is already says nothing
 * @returns undefined if the schemas name nothing that the value lacks
 */
export function expectationOf(schemas: readonly JsonSchema[], value: unknown): string | undefined;
export function expectationOf(schemas: readonly JsonSchema[]): string;
export function expectationOf(schemas: readonly JsonSchema[], ...found: unknown[]): string | undefined {
  const areSeveral = schemas.length > 1;
  const texts = [...new Set(schemas.flatMap((schema) => oneOf(schema, areSeveral)))];
  if (found.length > 0 && (texts.length === 0 || schemas.some((schema) => saysOnlyType(schema, found[0]))))
    return areSeveral && texts.length > 1 && schemas.every(isObjectSchema) ? joined(texts) : undefined;
  return joined(texts);
}

function joined(texts: readonly string[]): string {
  if (texts.length === 0) return 'what its schema allows';
  if (texts.length > MAX_VALUES) return `one of ${texts.slice(0, MAX_VALUES).join(', ')}, …`;
  return texts.length === 1 ? (texts[0] ?? '') : `${texts.slice(0, -1).join(', ')} or ${texts.at(-1) ?? ''}`;
}

function isObjectSchema(schema: JsonSchema): boolean {
  return typesOf(schema)?.includes('object') === true || 'properties' in schema;
}

/** Whether the words for a schema name nothing but the type that the value has. */
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

/** What tells one object from the other alternatives: its fixed values, or else the fields that it requires. */
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
  if (typeof format === 'string') return format === 'date-time' ? 'a date with a time' : `a text of the form ${format}`;
  return typeof pattern === 'string' && pattern.length <= 100 ? `a text that matches ${pattern}` : 'a text';
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
