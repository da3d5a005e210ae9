import * as fc from 'fast-check';
import { canonicalJson } from '../../../src/catalog/canonical-json';
import type { JsonSchema } from '../../../src/catalog/json-schema';
import { areDisjoint, constrained, intersection, union, type Reading } from '../../../src/cli/check/combine-shapes';
import { Effort } from '../../../src/cli/check/effort';
import { conditionsOf } from '../../../src/cli/check/judge-value';
import { KINDS, kindOf, listedValue, NOTHING, textOfShape, type Shape } from '../../../src/cli/check/shape';
import { ShapeReader } from '../../../src/cli/check/shape-reader';

const reader = new ShapeReader({});
const reading = (effort = new Effort()): Reading => ({
  read: reader.shapeOf,
  effort,
  textOf: (schemas) => schemas.map(canonicalJson).join(),
});
const shapeOf = (schema: JsonSchema): Shape => reader.shapeOf([schema]);
const both = (a: Shape, b: Shape, effort?: Effort): Shape => intersection(a, b, reading(effort), () => 'second');

/** A text that does not depend on the order of values and alternatives. */
function normalForm(shape: Shape): string {
  return canonicalJson(
    KINDS.map((kind) => {
      const { values = [], alternatives = [] } = shape.get(kind) ?? {};
      return [kind, values.map(({ text }) => text).sort(), alternatives.map(textOfShape).sort()];
    }),
  );
}

function isAllowed(shape: Shape, value: unknown): boolean {
  const ofKind = shape.get(kindOf(value));
  if (ofKind === undefined) return false;
  const { text } = listedValue(value);
  return (
    ofKind.values.some((each) => each.text === text) ||
    ofKind.alternatives.some((each) => conditionsOf(value, each, reader.shapeOf) !== undefined)
  );
}

const VALUES: readonly unknown[] = [
  ...[null, true, false, 0, 1, 2, 2.5, 6, -3, '', 'a', 'ab', 'abc', 'b'],
  ...[[], ['a'], [1], [1, 'a'], ['a', 'b', 'c'], {}, { k: 'a' }, { k: 1 }, { k: 'b', n: 2 }, { n: 1 }, { other: null }],
];

const schemas: fc.Arbitrary<JsonSchema> = fc.oneof(
  fc.constantFrom<JsonSchema>(
    ...[
      {},
      NOTHING,
      { type: 'string' },
      { type: 'integer' },
      { type: 'number' },
      { type: 'boolean' },
      { type: 'null' },
    ],
    ...[{ enum: ['a', 1, null] }, { const: 'a' }, { const: true }, { enum: ['a', 'b', 6] }],
    ...[
      { type: 'string', minLength: 2 },
      { type: 'string', maxLength: 1 },
      { type: 'string', pattern: '^a' },
    ],
    ...[
      { type: 'number', minimum: 2 },
      { type: 'number', maximum: 1 },
      { type: 'number', exclusiveMaximum: 2 },
    ],
    ...[{ type: 'integer', multipleOf: 2 }, { type: 'integer', multipleOf: 3 }, { type: ['string', 'null'] }],
    ...[{ type: 'array' }, { type: 'array', items: { type: 'string' } }, { type: 'array', minItems: 2 }],
    ...[
      { type: 'array', maxItems: 1 },
      { type: 'array', prefixItems: [{ type: 'integer' }] },
    ],
    ...[{ type: 'object' }, { type: 'object', properties: { k: { const: 'a' } }, required: ['k'] }],
    ...[{ type: 'object', properties: { k: { type: 'integer' } }, required: ['k'] }],
    ...[
      { type: 'object', additionalProperties: { type: 'integer' } },
      { type: 'object', additionalProperties: false },
    ],
    ...[{ type: 'object', patternProperties: { '^k': { type: 'string' } } }],
  ),
);
const shapes = schemas.map(shapeOf);

describe('combine-shapes', () => {
  describe('union', () => {
    it('allows what one of the shapes allows', () => {
      fc.assert(
        fc.property(shapes, shapes, (a, b) => {
          const joined = union([a, b], reading());
          for (const value of VALUES) expect(isAllowed(joined, value)).toBe(isAllowed(a, value) || isAllowed(b, value));
        }),
      );
    });

    it('is idempotent, commutative and associative', () => {
      fc.assert(
        fc.property(shapes, shapes, shapes, (a, b, c) => {
          const join = (...all: Shape[]): Shape => union(all, reading());
          expect(normalForm(join(a, a))).toBe(normalForm(a));
          expect(normalForm(join(a, b))).toBe(normalForm(join(b, a)));
          expect(normalForm(join(a, join(b, c)))).toBe(normalForm(join(join(a, b), c)));
        }),
      );
    });

    it('lists no value that an alternative allows anyway', () => {
      const joined = union([shapeOf({ enum: ['a', 'abc'] }), shapeOf({ type: 'string', minLength: 2 })], reading());
      expect(joined.get('string')?.values.map(({ value }) => value)).toEqual(['a']);
    });

    it('keeps a value that is allowed under different conditions once for each', () => {
      const [one, other] = ['x', 'y'].map((each) => constrained(shapeOf({ const: 'a' }), [each])) as [Shape, Shape];
      const { values = [] } = union([one, other, one], reading()).get('string') ?? {};
      expect(values.map(({ others }) => others)).toEqual([['x'], ['y']]);
    });
  });

  describe('intersection', () => {
    it('allows what both shapes allow', () => {
      fc.assert(
        fc.property(shapes, shapes, (a, b) => {
          const shared = both(a, b);
          for (const value of VALUES) expect(isAllowed(shared, value)).toBe(isAllowed(a, value) && isAllowed(b, value));
        }),
      );
    });

    it('is idempotent, and anything and nothing are its neutral and its zero element', () => {
      fc.assert(
        fc.property(shapes, (a) => {
          expect(normalForm(both(a, a))).toBe(normalForm(a));
          expect(normalForm(both(a, shapeOf({})))).toBe(normalForm(a));
          expect(both(a, shapeOf(NOTHING)).size).toBe(0);
        }),
      );
    });

    it('allows the same in either order', () => {
      fc.assert(
        fc.property(shapes, shapes, (a, b) => {
          const [one, other] = [both(a, b), both(b, a)];
          for (const value of VALUES) expect(isAllowed(one, value)).toBe(isAllowed(other, value));
        }),
      );
    });

    it('takes the stricter limit of each keyword', () => {
      const numbers = both(
        shapeOf({ type: 'number', minimum: 1, maximum: 9 }),
        shapeOf({ type: 'integer', minimum: 3 }),
      );
      expect(numbers.get('number')?.alternatives).toMatchObject([
        { isInteger: true, lower: { value: 3 }, upper: { value: 9 } },
      ]);
      const lists = both(
        shapeOf({ type: 'array', minItems: 1, maxItems: 9 }),
        shapeOf({ type: 'array', minItems: 3, maxItems: 20, prefixItems: [{ type: 'string' }] }),
      );
      expect(lists.get('array')?.alternatives).toMatchObject([
        { minItems: 3, maxItems: 9, places: [[{ type: 'string' }]] },
      ]);
    });

    it('compares fields as text if a pattern may cover fields that the other object does not name', () => {
      const pattern = shapeOf({ type: 'object', patternProperties: { '^k': { type: 'string' } } });
      const closed = shapeOf({ type: 'object', properties: { k: {} }, additionalProperties: { type: 'integer' } });
      const [merged] = both(pattern, closed).get('object')?.alternatives ?? [];
      expect(merged).toMatchObject({
        kind: 'object',
        additional: [],
        others: [expect.any(String), expect.any(String)],
      });
      expect(merged?.kind === 'object' && merged.patterns.size).toBe(0);
    });

    it('keeps the first shape with one constraint if there are too many combinations', () => {
      const effort = new Effort();
      while (effort.canCombine(2)) effort.combined++;
      const manyOf = (least: number): Shape =>
        union([shapeOf({ type: 'string', minLength: least }), shapeOf({ type: 'string', pattern: 'x' })], reading());
      const { alternatives = [] } = both(manyOf(1), manyOf(2), effort).get('string') ?? {};
      expect(alternatives).toHaveLength(2);
      expect(new Set(alternatives.map(({ others }) => others.join())).size).toBe(1);
      expect(alternatives[0]?.others).toHaveLength(1);
    });
  });

  describe('areDisjoint', () => {
    it('is true only if no value is allowed by both', () => {
      fc.assert(
        fc.property(shapes, shapes, (a, b) => {
          if (!areDisjoint(a, b, reading())) return;
          expect(VALUES.filter((value) => isAllowed(a, value) && isAllowed(b, value))).toEqual([]);
        }),
      );
    });

    it.each<[string, JsonSchema, JsonSchema, boolean]>([
      ['different types', { type: 'string' }, { type: 'number' }, true],
      ['ranges without overlap', { type: 'number', maximum: 1 }, { type: 'number', minimum: 2 }, true],
      ['ranges that touch', { type: 'number', maximum: 2 }, { type: 'number', minimum: 2 }, false],
      ['lengths without overlap', { type: 'string', maxLength: 1 }, { type: 'string', minLength: 2 }, true],
      ['sizes without overlap', { type: 'array', maxItems: 1 }, { type: 'array', minItems: 2 }, true],
      ['different listed values', { enum: ['a'] }, { enum: ['b'] }, true],
      ['a common listed value', { enum: ['a', 'b'] }, { enum: ['b'] }, false],
      ['a listed value within a type', { enum: ['a'] }, { type: 'string' }, false],
      [
        'different tags',
        { type: 'object', properties: { k: { const: 'a' } }, required: ['k'] },
        { type: 'object', properties: { k: { const: 'b' } }, required: ['k'] },
        true,
      ],
      [
        'different optional fields',
        { type: 'object', properties: { k: { const: 'a' } } },
        { type: 'object', properties: { k: { const: 'b' } } },
        false,
      ],
    ])('judges %s', (_of, a, b, expected) => {
      expect(areDisjoint(shapeOf(a), shapeOf(b), reading())).toBe(expected);
      expect(areDisjoint(shapeOf(b), shapeOf(a), reading())).toBe(expected);
    });
  });

  it('adds constraints to every value and alternative', () => {
    const shape = union([shapeOf({ const: 'a' }), shapeOf({ type: 'integer' })], reading());
    const all = [...constrained(shape, ['x']).values()].flatMap(({ values, alternatives }) => [
      ...values,
      ...alternatives,
    ]);
    expect(all.map(({ others }) => others)).toEqual([['x'], ['x']]);
    expect(constrained(shape, [])).toBe(shape);
  });
});
