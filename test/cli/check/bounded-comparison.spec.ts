import { compareSchemas } from '../../../src/cli/check/compare-schemas';
import { Effort } from '../../../src/cli/check/effort';
import type { JsonSchema } from '../../../src/catalog/json-schema';
import { field, object } from './told';

interface Outcome {
  readonly kinds: readonly string[];
  readonly effort: Effort;
}

function compared(was: JsonSchema, is: JsonSchema): Outcome {
  const effort = new Effort();
  const changes = compareSchemas(was, is, 'data', { effort });
  return {
    kinds: changes.map(({ path, kind, isBreaking }) => `${path} ${kind}${isBreaking ? '!' : ''}`),
    effort,
  };
}

const text = { type: 'string' };
const whole = { type: 'integer' };
const many = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

/** An object that meets one of two forms for each of many unions: 2 ** count forms in all. */
function unions(count: number, last: JsonSchema = text): JsonSchema {
  return {
    type: 'object',
    allOf: many(count).map((at) => ({
      anyOf: [object({ [`a${String(at)}`]: at === count - 1 ? last : text }), object({ [`b${String(at)}`]: whole })],
    })),
  };
}

/** A value listed under one of two conditions for each of many unions. */
function conditions(count: number, least: number): JsonSchema {
  return {
    allOf: many(count).map((at) => ({
      anyOf: [
        { const: 'x', not: { minLength: 100 + at + (at === 0 ? least : 0) } },
        { const: 'x', not: { pattern: `^${String(at)}` } },
      ],
    })),
  };
}

function expectBounded({ effort }: Outcome): void {
  expect(effort.combined).toBeLessThanOrEqual(20_000);
  expect(effort.compared).toBeLessThanOrEqual(40_000);
  expect(effort.disjointChecks).toBeLessThanOrEqual(1_000_000);
}

describe('compareSchemas, of schemas whose forms multiply', () => {
  it.each<[string, JsonSchema, JsonSchema]>([
    ['a field of one form changes its type', field(unions(40)), field(unions(40, whole))],
    ['one of the unions is gone', field(unions(40)), field(unions(39))],
    ['a condition of a listed value changes', field(conditions(24, 0)), field(conditions(24, 1))],
    [
      'unions of unions',
      field({ allOf: [unions(30), { anyOf: [unions(30), { anyOf: [unions(20), unions(21)] }] }] }),
      field({ allOf: [unions(30), { anyOf: [unions(30), { anyOf: [unions(20), unions(22)] }] }] }),
    ],
    ['the schemas below the alternatives multiply as well', nested(3, text), nested(3, whole)],
  ])('calls it breaking, after a bounded number of steps, if %s', (_what, was, is) => {
    const outcome = compared(was, is);
    expect(outcome.kinds.filter((kind) => kind.endsWith('!'))).not.toEqual([]);
    expectBounded(outcome);
  });

  it('says that they could not be compared, and why that is breaking', () => {
    const [change] = compareSchemas(field(unions(40)), field(unions(40, whole)), 'data').filter(
      ({ kind }) => kind === 'not-compared',
    );
    expect(change).toMatchObject({ path: 'data.it', isBreaking: true, what: 'could not be compared' });
    expect(change?.why).toMatch(/too many/);
  });

  it('finds no change in them where only another field changes', () => {
    const was = object({ it: unions(40), note: text });
    const outcome = compared(was, object({ it: unions(40), note: whole }));
    expect(outcome.kinds).toEqual(['data.note type-changed!']);
    expectBounded(outcome);
  });

  it('does not call a changed description breaking', () => {
    const described = (description: string): JsonSchema => field(unions(40, { ...text, description }));
    expect(compared(described('old'), described('new')).kinds).toEqual([]);
  });

  it('still compares what stays within the limits form by form', () => {
    expect(compared(field(unions(5)), field(unions(5, whole))).kinds).toContain('data.it.a4 type-changed!');
  });
});

/**
 * Each level is an allOf of three unions, whose forms share one field that leads to the next level.
 */
function nested(depth: number, leaf: JsonSchema): JsonSchema {
  const level = (at: number): JsonSchema => {
    const next = { $ref: `#/$defs/level${String(at + 1)}` };
    const anyOf = [
      object({ next, [`a${String(at)}`]: text }),
      object({ next: { ...next, minProperties: at }, [`b${String(at)}`]: text }),
    ];
    return {
      type: 'object',
      allOf: many(3).map((part) => ({ anyOf: [...anyOf, object({ [`c${String(part)}`]: text })] })),
    };
  };
  const levels = many(depth).map((at) => [`level${String(at)}`, level(at)] as const);
  return { ...level(-1), $defs: { ...Object.fromEntries(levels), [`level${String(depth)}`]: leaf } };
}

describe('compareSchemas, of long unions', () => {
  const form = (at: number, more: JsonSchema = text): JsonSchema =>
    object({ [`f${String(at)}`]: text, note: more }, { required: [`f${String(at)}`] });
  const union = (forms: readonly JsonSchema[]): JsonSchema => field({ anyOf: forms });

  it('compares only what differs, if most of the alternatives are the same', () => {
    const was = many(1000).map((at) => form(at));
    const outcome = compared(union(was), union(was.map((each, at) => (at === 500 ? form(at, whole) : each))));
    expect(outcome.kinds).toEqual(['data.it.note type-changed!']);
    expect(outcome.effort.compared).toBeLessThan(3000);
  });

  it('calls one more alternative breaking, and one less harmless, however many there are', () => {
    const forms = many(1000).map((at) => form(at));
    expect(compared(union(forms.slice(1)), union(forms)).kinds).toEqual(['data.it alternative-added!']);
    expect(compared(union(forms), union(forms.slice(1))).kinds).toEqual(['data.it alternative-removed']);
  });

  it('gives up on those that all differ', () => {
    const was = many(300).map((at) => form(at));
    const outcome = compared(union(was), union(many(300).map((at) => form(at, whole))));
    expect(outcome.kinds).toEqual(['data.it not-compared!']);
    expectBounded(outcome);
  });
});
