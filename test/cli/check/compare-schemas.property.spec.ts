import Ajv2020 from 'ajv/dist/2020';
import * as fc from 'fast-check';
import type { Change, ChangeKind } from '../../../src/cli/check/change';
import { compareSchemas } from '../../../src/cli/check/compare-schemas';
import { isSchema, type JsonSchema } from '../../../src/catalog/json-schema';

/** Two schemas: as it was, and as it is. */
type Pair = readonly [was: JsonSchema, is: JsonSchema];

const RUNS = Number(process.env['RUNS'] ?? 300);

const TEXTS = ['', 'a', 'b', 'ab', 'ba', 'abc', 'abcd', 'bbbb', 'abbad', 'abcdef'];
const NUMBERS = [-1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6, 7];
const SCALARS: readonly unknown[] = [null, false, true, ...NUMBERS, ...TEXTS];
const KEYS = ['a', 'b', 'c'];

/** From where to where, with room between. */
const limits = (least: string, most: string, room: number): fc.Arbitrary<JsonSchema> =>
  fc.record({ from: fc.option(fc.nat(2)), to: fc.option(fc.nat(2)) }).map(({ from, to }) => ({
    ...(from !== null && { [least]: from }),
    ...(to !== null && { [most]: (from ?? 0) + room + to }),
  }));

const number = fc
  .tuple(fc.constantFrom('integer', 'number'), limits('minimum', 'maximum', 2), fc.boolean())
  .map(([type, { minimum, maximum }, isExclusive]) => ({
    type,
    ...(minimum !== undefined && { [isExclusive ? 'exclusiveMinimum' : 'minimum']: minimum }),
    ...(maximum !== undefined && { maximum }),
  }));
const text: fc.Arbitrary<JsonSchema> = limits('minLength', 'maxLength', 1).map((each) => ({ type: 'string', ...each }));
const patterned: fc.Arbitrary<JsonSchema> = fc
  .tuple(text, fc.constantFrom('^a', 'b$', '^a.*d$'))
  .map(([schema, pattern]) => ({ ...schema, pattern }));
const listed: fc.Arbitrary<JsonSchema> = fc
  .uniqueArray(fc.constantFrom<unknown>('a', 'b', 'ab', 1, 2.5, null, true), { minLength: 1, maxLength: 3 })
  .chain((values) => fc.constantFrom(...(values.length === 1 ? [{ const: values[0] }] : [{ enum: values }])));
const plain = fc.constantFrom<JsonSchema>({ type: 'null' }, { type: 'boolean' }, {}, { type: ['string', 'null'] });

interface Options {
  /** Besides what can be judged exactly, also what is taken to break. */
  readonly isWide: boolean;
}

/**
 * Of each kind two that have much in common: schemas that have nothing in common only show that the
 * type changed.
 */
function pairs({ isWide }: Options, depth = 2): fc.Arbitrary<Pair> {
  const scalar = isWide ? fc.oneof(number, text, listed, plain, patterned) : fc.oneof(number, text, listed, plain);
  const twice = (one: fc.Arbitrary<JsonSchema>): fc.Arbitrary<Pair> => fc.tuple(one, one);
  const scalars = fc.oneof(
    scalar.map((one): Pair => [one, one]),
    ...[number, text, listed, ...(isWide ? [patterned] : [])].map(twice),
    twice(scalar),
  );
  if (depth === 0) return scalars;
  const inner = pairs({ isWide }, depth - 1);
  const objects = fc
    .tuple(
      fc.dictionary(fc.constantFrom(...KEYS), fc.record({ pair: inner, was: PRESENCE, is: PRESENCE })),
      fc.option(inner),
      fc.boolean(),
    )
    .map(([fields, others, isClosed]): Pair => {
      const side = (at: 0 | 1): JsonSchema => {
        const there = Object.entries(fields).filter(([, field]) => (at === 0 ? field.was : field.is) !== 'absent');
        return {
          type: 'object',
          properties: Object.fromEntries(there.map(([key, { pair }]) => [key, pair[at]])),
          required: there.filter(([, field]) => (at === 0 ? field.was : field.is) === 'required').map(([key]) => key),
          ...(others === null ? isClosed && { additionalProperties: false } : { additionalProperties: others[at] }),
        };
      };
      return [side(0), side(1)];
    });
  const lists = fc
    .tuple(inner, fc.array(inner, { maxLength: 2 }), twice(limits('minItems', 'maxItems', 1)))
    .map(([items, places, [before, after]]): Pair => {
      const side = (at: 0 | 1, counts: JsonSchema): JsonSchema => ({
        type: 'array',
        ...(places.length > 0 && { prefixItems: places.map((place) => place[at]) }),
        items: items[at],
        ...counts,
      });
      return [side(0, before), side(1, after)];
    });
  const both = fc.tuple(inner, inner);
  const unions = both.map(([[was, is], [alsoWas, alsoIs]]): Pair => [
    { anyOf: [was, alsoWas] },
    { anyOf: [is, alsoIs] },
  ]);
  const joined = both.map(([[was, is], [alsoWas, alsoIs]]): Pair => [
    { ...was, allOf: [alsoWas] },
    { ...is, allOf: [alsoIs] },
  ]);
  const referring = inner.map(([was, is]): Pair => [
    { $ref: '#/$defs/it', $defs: { it: was } },
    is, // the same, referred to or not
  ]);
  const wide = isWide
    ? [unions, joined, both.map(([one, other]): Pair => [one[0], { anyOf: [one[1], other[1]] }])]
    : [];
  return fc.oneof(scalars, objects, objects, lists, ...(depth === 2 ? [referring] : []), ...wide);
}

const PRESENCE = fc.constantFrom('absent', 'optional', 'required', 'required');

/** The field `a` allows no value, so that it only closes the object for this name. */
const NEVER_THERE: Pair = [
  { type: 'object', properties: {}, additionalProperties: { type: 'string', pattern: 'b$' } },
  {
    type: 'object',
    properties: { a: { type: 'integer', allOf: [{ const: 'a' }] } },
    additionalProperties: { type: 'string', pattern: 'b$' },
  },
];

const ajv = new Ajv2020({ strict: false });

/** A field without a fitting value is left out: JSON has no undefined. */
function filled(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/**
 * Values at the borders of a schema: each place in turn takes what could stand there, the others
 * what fits.
 */
function candidates(schema: JsonSchema, depth = 0): unknown[] {
  const alternatives = [schema['anyOf'], schema['allOf']].filter(Array.isArray).flat().filter(isSchema);
  const found: unknown[] = [...SCALARS, ...alternatives.flatMap((each) => candidates(each, depth))];
  const def = isSchema(schema['$defs']) ? schema['$defs']['it'] : undefined;
  if (isSchema(def)) found.push(...candidates(def, depth));
  if (isSchema(schema['properties'])) {
    const fields = Object.entries(schema['properties']).filter((entry): entry is [string, JsonSchema] =>
      isSchema(entry[1]),
    );
    const additional = schema['additionalProperties'];
    const named = isSchema(additional) ? [...fields, ['zz', additional] as [string, JsonSchema]] : fields;
    const full = filled(Object.fromEntries(fields.map(([key, field]) => [key, fitting(field, depth + 1)])));
    const required = Array.isArray(schema['required']) ? (schema['required'] as string[]) : [];
    found.push(full, { ...full, zz: 1 }, filled(Object.fromEntries(required.map((key) => [key, full[key]]))));
    for (const [key, field] of named) {
      found.push(Object.fromEntries(Object.entries(full).filter(([other]) => other !== key)));
      for (const value of candidates(field, depth + 1)) found.push({ ...full, [key]: value });
    }
  }
  if (schema['type'] === 'array') {
    const places = Array.isArray(schema['prefixItems']) ? (schema['prefixItems'] as JsonSchema[]) : [];
    const items = isSchema(schema['items']) ? schema['items'] : {};
    const at = (place: number): JsonSchema => places[place] ?? items;
    for (let length = 0; length <= 6; length++) {
      const full = Array.from({ length }, (_, place) => fitting(at(place), depth + 1));
      found.push(full);
      if (length > 0 && length < 4)
        for (let place = 0; place < length; place++)
          for (const value of candidates(at(place), depth + 1)) found.push(full.with(place, value));
    }
  }
  return found;
}

function fitting(schema: JsonSchema, depth: number): unknown {
  const fits = ajv.compile(schema);
  return candidates(schema, depth).find((value) => fits(value));
}

/**
 * Adding a field to an object that takes no others, in whatever words, widens it, and breaks
 * nobody: so the one before is asked as if it were open.
 */
function opened(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(opened);
  if (!isSchema(schema)) return schema;
  const isClosed = (value: unknown): boolean => value === false || (isSchema(value) && fitting(value, 1) === undefined);
  const kept = Object.entries(schema).filter(([key, value]) => !(key === 'additionalProperties' && isClosed(value)));
  return Object.fromEntries(
    kept.map(([key, value]) => [
      key,
      key === 'properties' && isSchema(value)
        ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, isClosed(each) ? {} : opened(each)]))
        : opened(value),
    ]),
  );
}

function witness([was, is]: Pair): unknown {
  const fitsNow = ajv.compile(is);
  const fitBefore = ajv.compile(opened(was) as JsonSchema);
  const isWitness = (value: unknown): boolean => value !== undefined && fitsNow(value) && !fitBefore(value);
  return candidates(is).find(isWitness);
}

const breakingOf = (changes: readonly Change[]): Change[] => changes.filter(({ isBreaking }) => isBreaking);

/** Breaking for what readers rely on or have stored, though the new schema may let through less. */
const BY_RULE: ReadonlySet<ChangeKind> = new Set<ChangeKind>([
  'field-removed',
  'required-field-added',
  'became-required',
  'object-opened',
]);

/** The keys of every object the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (!isSchema(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, each]) => [key, reversed(each)] as const)
      .reverse(),
  );
}

describe('compareSchemas, for any schemas', () => {
  it('finds nothing between a schema and itself, in whatever order its keys stand', () => {
    fc.assert(
      fc.property(pairs({ isWide: true }), ([schema]) => {
        expect(compareSchemas(schema, schema, 'data')).toEqual([]);
        expect(compareSchemas(schema, reversed(schema) as JsonSchema, 'data')).toEqual([]);
        expect(compareSchemas(reversed(schema) as JsonSchema, schema, 'data')).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });

  it('finds the same in whatever order the keys stand', () => {
    fc.assert(
      fc.property(pairs({ isWide: true }), ([was, is]) => {
        const told = (changes: readonly Change[]): unknown[] =>
          changes.map(({ kind, path, isBreaking }) => `${path} ${kind} ${String(isBreaking)}`).sort();
        const turned = compareSchemas(reversed(was) as JsonSchema, reversed(is) as JsonSchema, 'data');
        expect(told(turned)).toEqual(told(compareSchemas(was, is, 'data')));
      }),
      { numRuns: RUNS },
    );
  });

  it('calls it breaking whenever a value is let through that was not', () => {
    let found = 0;
    fc.assert(
      fc.property(pairs({ isWide: true }), (pair) => {
        const value = witness(pair);
        if (value === undefined) return;
        found++;
        expect(breakingOf(compareSchemas(...pair, 'data'))).not.toEqual([]);
      }),
      { numRuns: RUNS, examples: [[NEVER_THERE]] },
    );
    expect(found).toBeGreaterThan(RUNS / 4);
  });

  it('calls it breaking only when a value is let through that was not, but for the rules about stored events and removed fields', () => {
    let found = 0;
    fc.assert(
      fc.property(pairs({ isWide: false }), (pair) => {
        const exact = breakingOf(compareSchemas(...pair, 'data')).filter(({ kind }) => !BY_RULE.has(kind));
        if (exact.length === 0) return;
        found++;
        expect({ exact, value: witness(pair) }).not.toEqual({ exact, value: undefined });
      }),
      { numRuns: RUNS },
    );
    expect(found).toBeGreaterThan(RUNS / 4);
  });
});
