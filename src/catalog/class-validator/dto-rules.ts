import type { JsonSchema } from '../json-schema';
import type { DtoRule } from './dto-class';
import { classValidator as cv } from './peers';

/**
 * JSON Schema of a class-validator decorator. What JSON Schema cannot express exactly is left out,
 * so that the schema rejects nothing that validation accepts. `expected` describes it instead.
 */
interface Written {
  readonly schema: JsonSchema;
  /** Completes the words "must be", for a value of the right type that the check rejects. */
  readonly expected?: string | undefined;
  /** Value that passes the check. */
  readonly example?: string | undefined;
}

export const NOT_NULL: JsonSchema = { not: { type: 'null' } };
export const NOT_EMPTY: JsonSchema = { not: { enum: ['', null] } };
/** Schema for unique items, used where JavaScript also compares the items by value. */
export const UNIQUE: JsonSchema = { type: 'array', uniqueItems: true };

const STRING: JsonSchema = { type: 'string' };
const ARRAY: JsonSchema = { type: 'array' };
const DATE: JsonSchema = { type: 'string', format: 'date-time' };

/**
 * Returns the schema of a rule.
 * @returns undefined for a check that is not part of class-validator
 */
export function writtenRule({ check, metadata }: DtoRule): Written | undefined {
  if (metadata.validateIf !== undefined) return { schema: {} }; // applies to some values only
  const [first, second] = (metadata.constraints as readonly unknown[] | undefined) ?? [];
  return EXACT.get(check)?.(first, second) ?? INEXACT.get(check);
}

/** Returns the values of an enum, without the reverse mapping names of a numeric one. */
export function enumValues(entity: unknown): unknown[] {
  const members = entity as Readonly<Record<string, unknown>>;
  const isReverse = (key: string): boolean => {
    const name = members[key];
    return typeof name === 'string' && String(Number(key)) === key && members[name] === Number(key);
  };
  return [...new Set(Object.keys(members).flatMap((key) => (isReverse(key) ? [] : [members[key]])))];
}

type Writer = (first: unknown, second: unknown) => Written | undefined;

const exactly =
  (schema: JsonSchema): Writer =>
  () => ({ schema });
const matching = (pattern: string): Writer => exactly({ type: 'string', pattern });
const withNumber =
  (type: string, keyword: string): Writer =>
  (first) =>
    typeof first === 'number' ? { schema: { type, [keyword]: first } } : undefined;

const EXACT: ReadonlyMap<string, Writer> = new Map<string, Writer>([
  [cv.IS_DEFINED, exactly(NOT_NULL)],
  [cv.IS_NOT_EMPTY, exactly(NOT_EMPTY)],
  [cv.IS_EMPTY, exactly({ enum: ['', null] })],
  [cv.EQUALS, (first) => (isScalar(first) ? { schema: { const: first } } : undefined)],
  [cv.NOT_EQUALS, (first) => (isScalar(first) ? { schema: { not: { const: first } } } : { schema: {} })],
  [cv.IS_IN, (first) => (Array.isArray(first) ? { schema: { enum: first.filter(isScalar) } } : undefined)],
  [cv.IS_NOT_IN, (first) => ({ schema: Array.isArray(first) ? { not: { enum: first.filter(isScalar) } } : {} })],
  [cv.IS_ENUM, (first) => ({ schema: { enum: enumValues(first).filter(isScalar) } })],
  [cv.IS_STRING, exactly(STRING)],
  [cv.IS_BOOLEAN, exactly({ type: 'boolean' })],
  [cv.IS_INT, exactly({ type: 'integer' })],
  [cv.IS_NUMBER, (first) => ({ schema: { type: 'number' }, expected: decimalPlaces(first) })],
  [cv.IS_POSITIVE, exactly({ type: 'number', exclusiveMinimum: 0 })],
  [cv.IS_NEGATIVE, exactly({ type: 'number', exclusiveMaximum: 0 })],
  [cv.MIN, withNumber('number', 'minimum')],
  [cv.MAX, withNumber('number', 'maximum')],
  [cv.IS_DIVISIBLE_BY, (by) => ({ schema: { type: 'number', ...(isWhole(by) && { multipleOf: by }) } })],
  [cv.IS_OBJECT, exactly({ type: 'object' })],
  [cv.IS_NOT_EMPTY_OBJECT, exactly({ type: 'object', minProperties: 1 })],
  [cv.IS_ARRAY, exactly(ARRAY)],
  [cv.ARRAY_NOT_EMPTY, exactly({ ...ARRAY, minItems: 1 })],
  [cv.ARRAY_MIN_SIZE, withNumber('array', 'minItems')],
  [cv.ARRAY_MAX_SIZE, withNumber('array', 'maxItems')],
  [
    cv.ARRAY_UNIQUE,
    (identifier) => ({ schema: identifier === undefined ? UNIQUE : ARRAY, expected: 'a list without duplicates' }),
  ],
  [cv.ARRAY_CONTAINS, (first) => arrayWith(first, (each) => ({ contains: { const: each } }))],
  [cv.ARRAY_NOT_CONTAINS, (first) => arrayWith(first, (each) => ({ items: { not: { const: each } } }))],
  [cv.MIN_LENGTH, withNumber('string', 'minLength')],
  [cv.MAX_LENGTH, withNumber('string', 'maxLength')],
  [cv.IS_LENGTH, (min, max) => ({ schema: { ...STRING, ...numbers({ minLength: min, maxLength: max }) } })],
  [cv.CONTAINS, (seed) => ({ schema: { ...STRING, ...containing(seed) } })],
  [cv.NOT_CONTAINS, (seed) => ({ schema: { ...STRING, not: containing(seed) ?? {} } })],
  [cv.MATCHES, (first) => matchingPattern(first)],
  [cv.IS_ALPHA, (locale) => inEnglish(locale, '^[A-Za-z]+$')],
  [cv.IS_ALPHANUMERIC, (locale) => inEnglish(locale, '^[0-9A-Za-z]+$')],
  [cv.IS_ASCII, matching('^[\\x00-\\x7F]+$')],
  [cv.IS_HEXADECIMAL, matching('^(0[xXhH])?[0-9A-Fa-f]+$')],
  [cv.IS_HEX_COLOR, matching('^#?([0-9A-Fa-f]{3}|[0-9A-Fa-f]{4}|[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8})$')],
  [cv.IS_MONGO_ID, matching('^[0-9a-fA-F]{24}$')],
  [cv.IS_MILITARY_TIME, matching('^([01]\\d|2[0-3]):?([0-5]\\d)$')],
  [cv.IS_BOOLEAN_STRING, exactly({ enum: ['true', 'false', '1', '0'] })],
]);

const text = (expected: string, example?: string, schema = STRING): Written => ({ schema, expected, example });

/** Checks that JSON Schema cannot express exactly. */
const INEXACT: ReadonlyMap<string, Written> = new Map<string, Written>([
  [cv.IS_DATE, { schema: DATE }],
  [cv.MIN_DATE, text('a date that is not too early', undefined, DATE)],
  [cv.MAX_DATE, text('a date that is not too late', undefined, DATE)],
  [cv.IS_DATE_STRING, text('an ISO 8601 date', '2026-11-01T12:00:00.000Z')],
  [cv.IS_ISO8601, text('an ISO 8601 date', '2026-11-01T12:00:00.000Z')],
  [cv.IS_RFC_3339, text('an RFC 3339 date', '2026-11-01T12:00:00Z')],
  [cv.IS_EMAIL, text('an e-mail address', 'learner@example.com')],
  [cv.IS_URL, text('a URL', 'https://example.com/')],
  [cv.IS_FQDN, text('a domain name', 'example.com')],
  [cv.IS_UUID, text('a UUID', undefined, { type: 'string', format: 'uuid' })],
  [cv.IS_IP, text('an IP address', '192.0.2.1')],
  [cv.IS_JSON, text('JSON', '{}')],
  [cv.IS_NUMBER_STRING, text('a number as a string', '1')],
  [cv.IS_BASE64, text('Base64', 'dGV4dA==')],
  [cv.IS_LATITUDE, { schema: {}, expected: 'a latitude' }],
  [cv.IS_LONGITUDE, { schema: {}, expected: 'a longitude' }],
  [cv.IS_INSTANCE, { schema: {} }],
  ...[cv.EQUALS, cv.IS_IN].map((check): [string, Written] => [check, { schema: {} }]),
  ...[cv.MIN, cv.MAX].map((check): [string, Written] => [check, { schema: { type: 'number' } }]),
  ...[cv.ARRAY_MIN_SIZE, cv.ARRAY_MAX_SIZE].map((check): [string, Written] => [check, { schema: ARRAY }]),
  ...[
    ...[cv.IS_BYTE_LENGTH, cv.IS_CREDIT_CARD, cv.IS_CURRENCY, cv.IS_FULL_WIDTH, cv.IS_HALF_WIDTH],
    ...[cv.IS_VARIABLE_WIDTH, cv.IS_ISBN, cv.IS_ISIN, cv.IS_LOWERCASE, cv.IS_UPPERCASE, cv.IS_MOBILE_PHONE],
    ...[cv.IS_PHONE_NUMBER, cv.IS_MULTIBYTE, cv.IS_SURROGATE_PAIR, cv.IS_PORT, cv.IS_MAC_ADDRESS, cv.IS_ISSN],
    ...[cv.IS_JWT, cv.IS_SEM_VER, cv.IS_STRONG_PASSWORD, cv.IS_LOCALE, cv.IS_MIME_TYPE, cv.IS_LATLONG],
    ...[cv.MIN_LENGTH, cv.MAX_LENGTH, cv.MATCHES, cv.IS_ALPHA, cv.IS_ALPHANUMERIC],
  ].map((check): [string, Written] => [check, text(`a value that the check ${JSON.stringify(check)} accepts`)]),
]);

function isScalar(value: unknown): boolean {
  return value === null || ['string', 'boolean'].includes(typeof value) || Number.isFinite(value);
}

function isWhole(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function numbers(given: Readonly<Record<string, unknown>>): JsonSchema {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => typeof value === 'number'));
}

function decimalPlaces(options: unknown): string | undefined {
  const most = (options as { maxDecimalPlaces?: unknown } | undefined)?.maxDecimalPlaces;
  return typeof most === 'number' ? `a number of at most ${String(most)} decimal places` : undefined;
}

function arrayWith(values: unknown, part: (value: unknown) => JsonSchema): Written {
  const parts = Array.isArray(values) ? values.filter(isScalar).map(part) : [];
  return {
    schema: { ...ARRAY, ...(parts.length > 0 && { allOf: parts }) },
    expected: 'a list with the required items',
  };
}

function containing(seed: unknown): JsonSchema | undefined {
  const isUsable = typeof seed === 'string' && seed !== '';
  return isUsable ? { pattern: seed.replace(/[$()*+./?[\\\]^{|}]/g, '\\$&') } : undefined;
}

/** Returns the pattern if JSON Schema reads it the same way, which is with the flag `u` only. */
function matchingPattern(given: unknown): Written | undefined {
  if (!(given instanceof RegExp) || !/^[dgu]*$/.test(given.flags)) return undefined;
  try {
    new RegExp(given.source, 'u');
    return { schema: { type: 'string', pattern: given.source } };
  } catch {
    return undefined;
  }
}

function inEnglish(locale: unknown, pattern: string): Written | undefined {
  return locale === undefined || locale === 'en-US' ? { schema: { type: 'string', pattern } } : undefined;
}
