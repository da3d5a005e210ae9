import Ajv from 'ajv';
import Ajv2020 from 'ajv/dist/2020';
import * as fc from 'fast-check';
import { compareSchemas } from '../../../src/cli/check/compare-schemas';
import { canonicalJson } from '../../../src/catalog/canonical-json';
import type { JsonSchema } from '../../../src/catalog/json-schema';

/** A schema, with and without the words that differ between its drafts. */
type Pair = readonly [was: JsonSchema, is: JsonSchema];
type Draft = '07' | '2020-12';

const RUNS = Number(process.env['RUNS'] ?? 400);

/**
 * Something to put into the places of a construct; several leave it the same, so that the
 * difference is in one place.
 */
const leaf: fc.Arbitrary<JsonSchema> = fc.oneof(
  fc.constantFrom<JsonSchema>(
    ...[{}, { type: 'string' }, { type: 'integer' }, { type: 'number', minimum: 1 }, { type: 'boolean' }],
    ...[{ type: 'string', nullable: true }, { enum: ['a', 1, null] }, { const: 'a' }, { const: true }, { not: {} }],
    ...[{ minLength: 2 }, { minimum: 2 }, { type: ['string', 'null'] }, { type: 'object' }, { type: 'array' }],
    ...[{ type: 'string', pattern: '^a' }, { enum: [{ a: 1 }, { a: 'a' }, ['a']] }, { multipleOf: 2 }],
    ...[
      { type: 'boolean', not: { const: true } },
      { enum: ['a', 'b'], not: { const: 'a' } },
    ],
  ),
);
const leafPair: fc.Arbitrary<Pair> = fc.oneof(
  fc.tuple(leaf, leaf),
  leaf.map((each): Pair => [each, each]),
);

/** Puts one schema into one place of a larger one. */
type Construct = (inner: JsonSchema, other: JsonSchema) => JsonSchema;

const COMMON: readonly Construct[] = [
  (a) => ({ type: 'object', properties: { a } }),
  (a) => ({ properties: { a }, required: ['a'] }),
  (a, b) => ({ properties: { a }, additionalProperties: b }),
  (a, b) => ({ properties: { b }, patternProperties: { '^a': a } }),
  (a, b) => ({ patternProperties: { '^a': b }, additionalProperties: a }),
  (a, b) => ({ allOf: [{ patternProperties: { '^a': a } }, { properties: { b }, additionalProperties: b }] }),
  (a) => ({ propertyNames: a }),
  (a, b) => ({ propertyNames: { enum: ['a', 'b'] }, additionalProperties: a, properties: { a: b } }),
  (a, b) => ({ dependencies: { a: { properties: { b: a } }, b: ['ab'] }, properties: { a: b } }),
  (a) => ({ type: 'array', items: a }),
  (a) => ({ contains: a }),
  (a) => ({ type: 'array', items: a, uniqueItems: true, minItems: 1 }),
  (a) => ({ not: a }),
  (a, b) => ({ if: a, then: b }),
  (a, b) => ({ if: b, then: a, else: { type: 'string' } }),
  (a, b) => ({ anyOf: [a, b] }),
  (a, b) => ({ oneOf: [a, b] }),
  (a, b) => ({ allOf: [a, b] }),
  (a, b) => ({ ...b, allOf: [a] }),
  (a, b) => ({
    oneOf: [{ properties: { k: { const: 'a' }, a }, required: ['k'] }, { properties: { k: { const: 1 }, b } }],
  }),
  (a) => ({ properties: { a: { $ref: '#/definitions/it' } }, definitions: { it: a } }),
  (a, b) => ({
    enum: ['a', 1, null, true, { a: 1 }, ['a']],
    ...(b['type'] === 'string' && { type: ['string', 'object'] }),
    not: a,
  }),
  (a) => ({ enum: [{ a: 1 }, { a: 'a' }, { a: { a: 1 } }], properties: { a } }),
];

const OF_DRAFT: Readonly<Record<Draft, readonly Construct[]>> = {
  '07': [
    (a, b) => ({ items: [a, b] }),
    (a, b) => ({ items: [b], additionalItems: a }),
    (a) => ({ items: [a], additionalItems: false }),
    (a) => ({ properties: { a: { $ref: '#it' } }, definitions: { it: { $id: '#it', ...a } } }),
  ],
  '2020-12': [
    (a, b) => ({ prefixItems: [a], items: b }),
    (a) => ({ prefixItems: [a], items: false }),
    (a, b) => ({ contains: a, ...(b['type'] === 'string' ? { minContains: 0 } : { maxContains: 1 }) }),
    (a, b) => ({ dependentSchemas: { a }, dependentRequired: { b: ['a'] }, properties: { b } }),
    (a, b) => ({ allOf: [{ properties: { b } }, { patternProperties: { '^a': a } }], unevaluatedProperties: false }),
    (a, b) => ({ anyOf: [{ properties: { a } }, { required: ['b'] }], unevaluatedProperties: b }),
    // Next to unevaluatedItems, Ajv takes `contains: {}` for true of an empty list; minItems says
    // what it means.
    (a, b) => ({ prefixItems: [b], contains: a, minItems: 1, unevaluatedItems: false }),
    (a) => ({ properties: { a: { $ref: '#it' } }, $defs: { it: { $anchor: 'it', ...a } } }),
    (a) => ({ properties: { a: { $ref: 'it' } }, $id: 'https://x.example/root', $defs: { it: { $id: 'it', ...a } } }),
    // Ajv follows $dynamicRef only to an anchor around it.
    (a) => ({ $dynamicAnchor: 'it', properties: { a, b: { $dynamicRef: '#it' } } }),
  ],
};

/**
 * One construct around another around a pair; references lead from the root, so only the outermost
 * may hold them.
 */
function pairs(draft: Draft): fc.Arbitrary<Pair> {
  const inner = COMMON.filter((construct) => !JSON.stringify(construct({}, {})).includes('$ref'));
  const around = (pair: fc.Arbitrary<Pair>, constructs: readonly Construct[]): fc.Arbitrary<Pair> =>
    fc
      .tuple(pair, leafPair, fc.constantFrom(...constructs), fc.option(fc.constantFrom(...constructs), { freq: 8 }))
      .map(([[was, is], [otherWas, otherIs], construct, another]) => [
        construct(was, otherWas),
        (another ?? construct)(is, otherIs),
      ]);
  const once = fc.oneof(leafPair, around(leafPair, inner));
  return around(once, [...COMMON, ...OF_DRAFT[draft]]);
}

const scalar = fc.constantFrom<unknown>(null, true, false, 'a', 'ab', 'b', '', 0, 1, 2, 1.5);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 3 },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'ab', 'k', 'zz'), tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));
/** The same for every pair, so that a counterexample is a pair of schemas alone. */
const VALUES = [
  ...new Map(fc.sample(value, { seed: 7, numRuns: 800 }).map((each) => [canonicalJson(each), each])).values(),
];

function validatorOf(schema: JsonSchema, draft: Draft): (value: unknown) => boolean {
  const Validator = draft === '07' ? Ajv : Ajv2020;
  const options = { strict: false, validateFormats: false, validateSchema: false, meta: false, logger: false } as const;
  return new Validator(options).compile(schema);
}

describe('compareSchemas, for schemas of all constructs', () => {
  it.each<Draft>(['07', '2020-12'])('reports a change whenever a value is judged differently, draft %s', (draft) => {
    let found = 0;
    fc.assert(
      fc.property(pairs(draft), ([was, is]) => {
        if (canonicalJson(was) === canonicalJson(is)) return;
        const [before, now] = [validatorOf(was, draft), validatorOf(is, draft)];
        const differing = VALUES.filter((each) => before(each) !== now(each));
        if (differing.length === 0) return;
        found++;
        const changes = compareSchemas(was, is, 'data');
        expect({ differing, changes }).not.toEqual({ differing, changes: [] });
        // By rule, a field that is added breaks no reader, also where there were no other fields.
        const isAllowedNow = differing.some((each) => now(each));
        const isBreaking = changes.some((each) => each.isBreaking || each.kind === 'field-added');
        if (isAllowedNow) expect({ differing, changes, isBreaking }).toEqual({ differing, changes, isBreaking: true });
      }),
      { numRuns: RUNS },
    );
    expect(found).toBeGreaterThan(RUNS / 5);
  });
});
