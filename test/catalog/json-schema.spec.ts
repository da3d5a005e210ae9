import Ajv from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020';
import fc from 'fast-check';
import { defineEvent, EventDefinitionException } from 'nestjs-event-tracking';
import { jsonSchema, type SchemaCompiler } from 'nestjs-event-tracking/json-schema';
import { EventCheck } from '../../src/catalog/event-check';
import { schemasAt, SchemaPaths } from '../../src/catalog/schemas-at';
import { cpuGrowth, expectLinear } from '../support/growth';

const changing = {
  useDefaults: true,
  coerceTypes: true,
  removeAdditional: 'all',
  allErrors: true,
  strict: false,
} as const;
const form = (properties: object, more: object = {}): object => ({ type: 'object', properties, ...more });

function found(schema: object, data: object, ajv?: SchemaCompiler): string[] {
  const check = new EventCheck(defineEvent('e', { data: jsonSchema(schema as never, { ajv }) }), {
    undeclared: true,
    showsKeys: true,
  });
  return (check.checkData(data)?.violations ?? []).map(({ kind, path }) => `${kind} ${path}`);
}

function foundInContext(schema: object, context: object): number {
  const check = new EventCheck(defineEvent('e', { context: jsonSchema(schema as never) }), {
    undeclared: true,
    showsKeys: true,
  });
  return check.checkContext(context)?.violations.length ?? 0;
}

describe('jsonSchema: a schema with an Ajv of the application', () => {
  const schema = form(
    { n: { type: 'number' }, a: { type: 'string', default: 'z' }, o: form({ x: {} }, { additionalProperties: false }) },
    { additionalProperties: false },
  );

  it('leaves what it validates as it is, and validates that, whatever the options of the Ajv', () => {
    const own = { n: '5', extra: 'x', o: { x: 1, y: 2 } };
    const before = structuredClone(own);
    const violations = found(schema, own, new Ajv(changing));
    expect(own).toEqual(before);
    expect(violations).toEqual([
      'additional-property data.extra',
      'type-mismatch data.n',
      'additional-property data.o.y',
    ]);
  });

  it('knows the formats, keywords and schemas of the Ajv, and what is added to it later', () => {
    const ajv = new Ajv(changing);
    ajv.addFormat('upper', /^[A-Z]+$/);
    ajv.addKeyword({ keyword: 'isEven', validate: (_: unknown, value: number) => value % 2 === 0 });
    ajv.addSchema({ $id: 'https://schemas.example/item', ...form({ sku: { type: 'string' } }) });
    const item = { $ref: 'https://schemas.example/item' };
    const rules = form({ code: { type: 'string', format: 'upper' }, n: { isEven: true }, item });
    expect(found(rules, { code: 'a', n: 3, item: { sku: 1 } }, ajv)).toEqual([
      'value-not-allowed data.code',
      'value-not-allowed data.n',
      'type-mismatch data.item.sku',
    ]);
    ajv.addSchema({ $id: 'https://schemas.example/late', type: 'number' });
    expect(found(form({ late: { $ref: 'https://schemas.example/late' } }), { late: 'x' }, ajv)).toEqual([
      'type-mismatch data.late',
    ]);
  });

  it('is not changed by a keyword of the application that writes', () => {
    const ajv = new Ajv2020({ allErrors: true });
    ajv.addKeyword({
      keyword: 'trimmed',
      modifying: true,
      validate: (_: unknown, value: string, __: unknown, at?: { parentData: Record<string, unknown> }) => {
        if (at !== undefined) at.parentData['a'] = value.trim();
        return true;
      },
    });
    const own = { a: ' x ' };
    found(form({ a: { type: 'string', trimmed: true } }), own, ajv);
    expect(own).toEqual({ a: ' x ' });
  });
});

describe('jsonSchema: a schema is followed through', () => {
  const number = { type: 'number' };
  it.each<[string, object]>([
    ['allOf', { allOf: [form({ a: number }), form({ b: {} })] }],
    ['patternProperties', { type: 'object', patternProperties: { '^a': number } }],
    ['$anchor', form({ a: { $ref: '#n' } }, { $defs: { n: { $anchor: 'n', ...number } } })],
    ['$id', { $id: 'https://a.example/s', ...form({ a: { $ref: 'n' } }, { $defs: { n: { $id: 'n', ...number } } }) }],
    ['$dynamicRef', form({ a: { $dynamicRef: '#n' } }, { $defs: { n: { $dynamicAnchor: 'n', ...number } } })],
    ['dependentSchemas', { type: 'object', dependentSchemas: { a: form({ a: number }) } }],
    ['then', { type: 'object', if: { required: ['a'] }, then: form({ a: number }) }],
    ['what stands beside anyOf', form({ a: number }, { anyOf: [{ required: ['a'] }, { required: ['b'] }] })],
    ['unevaluatedProperties', { allOf: [form({ b: {} })], unevaluatedProperties: number }],
  ])('%s', (_, schema) => {
    expect(found(schema, { a: 'x' })).toEqual(['type-mismatch data.a']);
    expect(foundInContext(schema, { a: 'x' })).toBe(1);
  });

  it('tuples and dependencies of draft-07, without an Ajv of the application', () => {
    const $schema = 'http://json-schema.org/draft-07/schema#';
    const seat = { type: 'array', items: [{ type: 'string' }, number] };
    expect(found({ $schema, ...form({ seat }) }, { seat: ['A', 'x'] })).toEqual(['type-mismatch data.seat.1']);
    expect(found({ $schema, type: 'object', dependencies: { a: ['b'] } }, { a: 1 })).toEqual([
      'required-missing data.b',
    ]);
  });

  it.each(['draft-06/schema#', 'draft-07/schema', 'draft/2019-09/schema', 'draft/2020-12/schema'])('%s', (draft) => {
    expect(
      found(
        { $schema: `http${draft.includes('/20') ? 's' : ''}://json-schema.org/${draft}`, ...form({ a: number }) },
        { a: 'x' },
      ),
    ).toHaveLength(1);
  });
});

describe('jsonSchema: an invalid schema', () => {
  it.each<[string, object, RegExp]>([
    [
      'a draft that Ajv does not know',
      { $schema: 'http://json-schema.org/draft-04/schema#' },
      /draft-04.*\n.*Fix: .*draft-07/,
    ],
    ['a keyword with a wrong value', form({ a: { type: 'strin' } }), /Ajv rejects it.*\n.*Fix: correct the schema/],
    [
      'a reference to a schema of which nothing is known',
      form({ a: { $ref: 'https://x.example/s' } }),
      /can't resolve.*\n.*addSchema/,
    ],
  ])('%s is refused with what fixes it', (_, schema, message) => {
    const define = (): unknown => defineEvent('course.enrolled', { data: jsonSchema(schema as never) });
    expect(define).toThrow(EventDefinitionException);
    expect(define).toThrow('defineEvent("course.enrolled")');
    expect(define).toThrow(message);
  });
});

describe('jsonSchema, for any schema of these keywords and any value', () => {
  const key = fc.constantFrom('a', 'b', 'ab');
  const { schema } = fc.letrec<{ schema: object }>((tie) => ({
    schema: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom<object>(
        { type: 'number' },
        { type: 'string' },
        { enum: ['x', 1] },
        { $ref: '#/$defs/leaf' },
        { $ref: '#leaf' },
      ),
      fc.dictionary(key, tie('schema'), { maxKeys: 2 }).map((properties) => form(properties)),
      fc
        .tuple(key, tie('schema'))
        .map(([name, each]) => ({ type: 'object', patternProperties: { [`^${name}`]: each } })),
      fc.tuple(tie('schema'), tie('schema')).map((allOf) => ({ allOf })),
      fc.tuple(tie('schema'), tie('schema')).map((anyOf) => ({ anyOf })),
      fc.tuple(tie('schema'), tie('schema')).map((oneOf) => ({ oneOf })),
      fc
        .tuple(tie('schema'), tie('schema'), tie('schema'))
        .map(([one, then, other]) => ({ if: one, then, else: other })),
      tie('schema').map((contains) => ({ contains })),
      tie('schema').map((items) => ({ type: 'array', items })),
      fc.tuple(tie('schema'), tie('schema')).map((prefixItems) => ({ type: 'array', prefixItems })),
      tie('schema').map((not) => ({ not })),
      fc.tuple(key, tie('schema')).map(([name, each]) => ({ dependentSchemas: { [name]: each } })),
    ),
  }));
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom<unknown>('x', 'y', 1, 2.5, null, true),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
    ),
  }));
  const event = fc.dictionary(key, value, { maxKeys: 3, noNullPrototype: true });
  const $defs = { leaf: { $anchor: 'leaf', type: ['string', 'null'] } };

  it('data and context have a violation exactly if Ajv refuses them, one for each place, and are not changed', () => {
    fc.assert(
      fc.property(schema, event, (part, data) => {
        const whole = { ...part, $defs, ...('type' in part ? {} : { type: 'object' }) } as Record<string, unknown>;
        fc.pre(whole['type'] === 'object');
        const isRight = new Ajv2020({ allErrors: true, strict: false }).compile(whole)(data);
        const before = structuredClone(data);
        const violations = found(whole, data, new Ajv2020(changing));
        expect(data).toEqual(before);
        expect(violations.length === 0).toBe(isRight);
        expect(foundInContext(whole, data) === 0).toBe(isRight);
        expect(new Set(violations.map((each) => each.split(' ')[1])).size).toBe(violations.length);
        expect(violations.filter((each) => each.startsWith('additional-property'))).toEqual([]); // no schema is closed
      }),
      { numRuns: 300 },
    );
  });
});

describe('jsonSchema: a value with very many failures', () => {
  const all = (schema: object, data: object): readonly [number, number] => {
    const check = new EventCheck(defineEvent('e', { data: jsonSchema(schema as never) }), { undeclared: true });
    const { violations = [], more = 0 } = check.checkData(data) ?? {};
    return [violations.length, more];
  };

  it('is refused, not unchecked, where an alternative fails more often than a call takes arguments', () => {
    const names = Array.from({ length: 10 }, (_, at) => `n${String(at)}`);
    const list = { type: 'array', items: { type: 'object', required: names } };
    const items = Array.from({ length: 19_000 }, () => ({}));
    const [shown, more] = all(form({ items: { anyOf: [list, { type: 'null' }] } }), { items });
    expect(shown).toBe(100);
    expect(more).toBeGreaterThan(100_000);
  });

  it('takes time linear in the number of keys that are refused', () => {
    const schema = { type: 'object', propertyNames: { pattern: '^k' }, additionalProperties: { type: 'number' } };
    const check = new EventCheck(defineEvent('e', { data: jsonSchema(schema as never) }), { undeclared: true });
    expectLinear(
      cpuGrowth(2000, (count) => {
        const data = Object.fromEntries(Array.from({ length: count }, (_, at) => [`x${String(at)}`, 1]));
        return () => void check.checkData(data);
      }),
    );
  });

  it('is described by schemas that are found once for each place on the way', () => {
    const root = form({
      list: { type: 'array', items: { anyOf: [{ type: 'number' }, form({ a: { type: 'string' } })] } },
    });
    const value = { list: [{ a: 1 }] };
    const paths = new SchemaPaths(root as never, value);
    expect(paths.at(['list', 0, 'a'])).toEqual([{ type: 'string' }]);
    expect(paths.at(['list', 0, 'a'])).toBe(paths.at(['list', 0, 'a']));
    for (const path of [[], ['list'], ['list', 0], ['list', 0, 'b'], ['other']])
      expect(paths.at(path)).toEqual(schemasAt(root as never, path, value));
  });
});
