import { typesOf, valuesOf, type JsonSchema } from './json-schema';

const MAX_VALUES = 12;
/** What a library writes for an integer of which nothing else was said. */
const LEAST_SAFE = -9_007_199_254_740_991;
const MOST_SAFE = 9_007_199_254_740_991;

/** What a value has to be, to stand after `must be`: `"audit" or "verified"`, `a text of at least 3 characters`. */
export function expectationOf(schemas: readonly JsonSchema[]): string {
  const texts = [...new Set(schemas.flatMap(oneOf))];
  if (texts.length === 0) return 'what its schema allows';
  if (texts.length > MAX_VALUES) return `one of ${texts.slice(0, MAX_VALUES).join(', ')}, …`;
  return texts.length === 1 ? (texts[0] ?? '') : `${texts.slice(0, -1).join(', ')} or ${texts.at(-1) ?? ''}`;
}

function oneOf(schema: JsonSchema): string[] {
  const values = valuesOf(schema);
  if (values !== undefined) return values.map((value) => JSON.stringify(value));
  const types = typesOf(schema) ?? ('properties' in schema ? ['object'] : []);
  return types.map((type) => describe(type, schema));
}

function describe(type: string, schema: JsonSchema): string {
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
      return `a list${lengths(schema['minItems'], schema['maxItems'], 'item')}`;
    case 'object':
      return 'an object';
    default:
      return type;
  }
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

function range({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): string {
  const bounds = [
    typeof minimum === 'number' && minimum > LEAST_SAFE ? `at least ${String(minimum)}` : '',
    typeof exclusiveMinimum === 'number' ? `more than ${String(exclusiveMinimum)}` : '',
    typeof maximum === 'number' && maximum < MOST_SAFE ? `at most ${String(maximum)}` : '',
    typeof exclusiveMaximum === 'number' ? `less than ${String(exclusiveMaximum)}` : '',
  ].filter((bound) => bound !== '');
  return bounds.length === 0 ? '' : ` of ${bounds.join(' and ')}`;
}
