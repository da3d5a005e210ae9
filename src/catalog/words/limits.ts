/** Describes the limits of strings, numbers and lists in words. */
import { typesOf, valuesOf, type JsonSchema } from '../json-schema';

/** Keywords that apply to one type only, by the name of the type for a reader. */
const LIMITS: readonly (readonly [what: string, words: readonly string[]])[] = [
  ['string', ['format', 'pattern', 'minLength', 'maxLength']],
  ['number', ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf']],
  ['list', ['minItems', 'maxItems']],
];

export function textLimits(schema: JsonSchema): readonly string[] {
  const { format, pattern, minLength, maxLength } = schema;
  const hasPattern = typeof pattern === 'string' && !(typeof format === 'string' && saysFormat(pattern, format));
  return known(
    typeof format === 'string' ? format : undefined,
    range(minLength, maxLength, 'character'),
    hasPattern ? `matches ${pattern}` : undefined,
  );
}

export function numberLimits(schema: JsonSchema): readonly string[] {
  const { format, exclusiveMinimum: over, exclusiveMaximum: under, multipleOf } = schema;
  return known(
    typeof format === 'string' ? format : undefined,
    range(schema['minimum'], schema['maximum'], ''),
    typeof over === 'number' ? `over ${over}` : undefined,
    typeof under === 'number' ? `under ${under}` : undefined,
    typeof multipleOf === 'number' ? `multiple of ${multipleOf}` : undefined,
  );
}

export function listLimits({ minItems, maxItems }: JsonSchema): readonly string[] {
  return known(range(minItems, maxItems, 'item'));
}

/**
 * Describes the limits that the text of a type leaves out: those of a schema without a type, and
 * those next to a list of values.
 */
export function looseLimits(schema: JsonSchema): readonly string[] {
  if (valuesOf(schema) === undefined && typesOf(schema) !== undefined) return [];
  const values = Array.isArray(schema['enum']) && 'const' in schema ? [`only ${JSON.stringify(schema['const'])}`] : [];
  return [...values, ...limitsByType(schema).map(([what, text]) => `for a ${what}: ${text}`)];
}

/**
 * Describes the limits of one part of a schema that another part replaces in the whole.
 * @param whole all parts together
 */
export function replacedLimits(part: JsonSchema, whole: JsonSchema): readonly string[] {
  const differs = (word: string): boolean => word in part && JSON.stringify(part[word]) !== JSON.stringify(whole[word]);
  const words = LIMITS.flatMap(([, each]) => each).filter(differs);
  const values = differs('enum') || differs('const') ? (valuesOf(part) ?? []) : [];
  return [
    ...(values.length > 0 ? [`only ${values.map((value) => JSON.stringify(value)).join(' | ')}`] : []),
    ...limitsByType(Object.fromEntries(words.map((word) => [word, part[word]]))).map(([, text]) => `also ${text}`),
  ];
}

function limitsByType(schema: JsonSchema): readonly (readonly [what: string, text: string])[] {
  return LIMITS.flatMap(([what, words]) => {
    const own = Object.fromEntries(words.filter((word) => word in schema).map((word) => [word, schema[word]]));
    const limits = what === 'string' ? textLimits(own) : what === 'number' ? numberLimits(own) : listLimits(own);
    return limits.length === 0 ? [] : [[what, limits.join('; ')] as const];
  });
}

function known(...limits: readonly (string | undefined)[]): readonly string[] {
  return limits.filter((limit) => limit !== undefined);
}

/**
 * Describes a range. A library writes the smallest and the largest safe integer for missing limits.
 */
function range(from: unknown, to: unknown, unit: string): string | undefined {
  const least = isLimit(from) ? from : undefined;
  const most = isLimit(to) ? to : undefined;
  if (least === undefined) return most === undefined ? undefined : `up to ${counted(most, unit)}`;
  if (most === undefined) return `${least} or more${unit === '' ? '' : ` ${unit}s`}`;
  return least === most ? counted(least, unit) : `${least} to ${counted(most, unit)}`;
}

/** Formats a number with its unit: `2 items`. Without a unit, the number alone. */
export function counted(number: number, unit: string): string {
  return unit === '' ? String(number) : `${number} ${unit}${number === 1 ? '' : 's'}`;
}

function isLimit(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER;
}

/** Strings of a format that differ in what a stricter pattern would ask for. */
const SAMPLES: Readonly<Record<string, readonly string[]>> = {
  'date-time': ['2026-11-01T12:00:00.000Z', '1975-03-31T01:59:59Z'],
  date: ['2026-11-01', '1975-03-31'],
  time: ['12:00:00', '01:59:59'],
  duration: ['PT1H', 'P3Y'],
  email: ['learner@example.com', 'a.b@mail.test.org'],
  uuid: ['01a20c71-ff32-71f7-89be-298454b6bebd', '6fa459ea-ee8a-4ca4-894e-db77e160355e'],
  ipv4: ['192.0.2.1', '10.200.30.4'],
  ipv6: ['2001:db8:0:0:0:0:0:1', 'fe80:0:0:0:1:2:3:4'],
};

/**
 * Returns true if a pattern only repeats its format: libraries write long ones. A pattern that
 * refuses a string of the format adds a constraint.
 */
function saysFormat(pattern: string, format: string): boolean {
  const samples = SAMPLES[format];
  // One limit on the length keeps the time of a slow pattern short.
  if (samples === undefined || pattern.length < MIN_LIBRARY_PATTERN) return false;
  try {
    const expression = new RegExp(pattern, 'u');
    return samples.every((sample) => expression.test(sample));
  } catch {
    return false;
  }
}

/** Length above which a pattern may be one of a library. Shorter ones take no space to show. */
const MIN_LIBRARY_PATTERN = 24;
