import Ajv2020 from 'ajv/dist/2020';
import * as fc from 'fast-check';
import { closeObjects, type RootedSchema } from '../../src/cli/check/closed-objects';
import { DeclaredKeys } from '../../src/catalog/declared-keys';
import type { JsonSchema } from '../../src/catalog/json-schema';

const NAMES = ['a', 'b', 'c'];
const DEFINED = ['one', 'two'];

const fields = (inner: fc.Arbitrary<JsonSchema>): fc.Arbitrary<Record<string, JsonSchema>> =>
  fc.dictionary(fc.constantFrom(...NAMES), inner, { maxKeys: 2, noNullPrototype: true });

const { schema } = fc.letrec<{ schema: JsonSchema }>((tie) => {
  const inner = tie('schema');
  return {
    schema: fc.oneof(
      { depthSize: 'small', maxDepth: 4 },
      fc.constantFrom<JsonSchema>({}, { type: 'string' }, { type: 'object' }),
      fc.constantFrom(...DEFINED, '#').map((to) => ({ $ref: to === '#' ? '#' : `#/$defs/${to}` })),
      fields(inner).map((properties) => ({ type: 'object', properties })),
      fc
        .tuple(fields(inner), inner)
        .map(([properties, additionalProperties]) => ({ properties, additionalProperties })),
      fields(inner).map((properties) => ({ type: 'object', properties, unevaluatedProperties: true })),
      fc.tuple(fields(inner), inner).map(([properties, it]) => ({ properties, patternProperties: { '^c': it } })),
      inner.map((items) => ({ type: 'array', items })),
      inner.map((it) => ({ type: 'object', additionalProperties: it })),
      inner.map((it) => ({ anyOf: [it, { type: 'null' }] })),
      fc.tuple(inner, inner).map((anyOf) => ({ anyOf })),
      fc.tuple(inner, inner).map((allOf) => ({ allOf })),
      inner.map((it) => ({ type: 'array', prefixItems: [it] })),
    ),
  };
});
const document = fc.tuple(schema, schema, schema).map(([a, one, two]): JsonSchema => ({
  ...{ type: 'object', properties: { a }, $defs: { one, two } },
}));

const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    fc.constantFrom<unknown>('text', null, {}),
    fc.array(tie('value'), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
}));

function validatorOf({ schema: start, root }: RootedSchema): ((it: unknown) => boolean) | undefined {
  try {
    const ajv = new Ajv2020({ strict: false, logger: false, meta: false, validateSchema: false });
    if (start === root) return ajv.compile(root);
    return ajv.addSchema(root, 'root').compile({ $ref: `root${String(start['$ref'])}` });
  } catch {
    return undefined; // a reference that leads only to itself
  }
}

function isValid(validate: (it: unknown) => boolean, it: unknown): boolean | undefined {
  try {
    return validate(it);
  } catch {
    return undefined; // references without an end
  }
}

describe('tracked-objects, in the tracker and in the comparison of catalogs', () => {
  it('agree on which fields are not declared', () => {
    const seen = { declared: 0, undeclared: 0 };
    fc.assert(
      fc.property(document, fc.array(value, { minLength: 30, maxLength: 40 }), (of, values) => {
        const [asGiven, asClosed] = [validatorOf({ schema: of, root: of }), validatorOf(closeObjects(of))];
        if (asGiven === undefined || asClosed === undefined) return;
        const keys = DeclaredKeys.of(of, false);
        for (const each of values.map((inner) => ({ a: inner }))) {
          if (isValid(asGiven, each) !== true) continue;
          const isDeclared = keys?.hasAll(each) ?? true;
          seen[isDeclared ? 'declared' : 'undeclared']++;
          expect({ of, each, isDeclared: isValid(asClosed, each) }).toEqual({ of, each, isDeclared });
        }
      }),
      { numRuns: Number(process.env['RUNS'] ?? 200) },
    );
    expect(seen.declared).toBeGreaterThan(20);
    expect(seen.undeclared).toBeGreaterThan(20);
  });
});
