import { ConstraintTexts } from '../../../src/cli/check/constraint-text';
import type { JsonSchema } from '../../../src/catalog/json-schema';
import { field, object, told } from './told';

const text = { type: 'string' };
const whole = { type: 'integer' };
const list = (more: JsonSchema): JsonSchema => ({ type: 'array', ...more });

describe('compareSchemas, of constraints that it only knows as text', () => {
  it.each<[string, JsonSchema, JsonSchema, string[]]>([
    [
      'not, of a boolean',
      { type: 'boolean', not: { const: true } },
      { type: 'boolean' },
      ['data.it constraint-changed!'],
    ],
    ['not, of null', { type: ['null'], not: { type: 'null' } }, { type: ['null'] }, ['data.it constraint-changed!']],
    [
      'not, of listed values',
      { enum: ['a', 'b'], not: { const: 'a' } },
      { enum: ['a', 'b'], not: { const: 'b' } },
      ['data.it constraint-changed!'],
    ],
    [
      'not, of values that become listed',
      { ...text, not: { const: 'a' } },
      { enum: ['b'] },
      ['data.it constraint-changed!', 'data.it values-listed'],
    ],
    [
      'not, added to listed values',
      { enum: ['a'] },
      { enum: ['a'], not: { minLength: 5 } },
      ['data.it constraint-added'],
    ],
    [
      'listed objects under another rule',
      { enum: [{ a: 1 }, { a: 2 }], properties: { a: { const: 1 } } },
      { enum: [{ a: 1 }, { a: 2 }], properties: { a: { const: 2 } } },
      ['data.it values-added!', 'data.it values-removed'],
    ],
    [
      'dependencies of draft-07',
      object({ card: text }, { dependencies: { card: ['street'] } }),
      object({ card: text }),
      ['data.it constraint-changed!'],
    ],
    [
      'minContains: 0, which lifts contains',
      list({ contains: whole }),
      list({ contains: whole, minContains: 0 }),
      ['data.it constraint-changed!'],
    ],
    ['a keyword of an own Ajv', { ...text, isSku: true }, text, ['data.it constraint-changed!']],
    ['a format of numbers', { ...whole, format: 'int32' }, whole, ['data.it constraint-changed!']],
    ['an if without then', { ...text, if: { const: 'a' } }, text, []],
    ['uniqueItems: false', list({ uniqueItems: false }), list({}), []],
    [
      'an else more',
      { if: { const: 'a' }, then: text },
      { if: { const: 'a' }, then: text, else: whole },
      ['data.it constraint-added'],
    ],
    ['a description within', { not: { const: 'a', description: 'x' } }, { not: { const: 'a' } }, []],
    [
      'a field called title within',
      { not: object({ title: text }) },
      { not: object({ title: whole }) },
      ['data.it constraint-changed!'],
    ],
  ])('judges %s', (_what, was, is, expected) => {
    expect(told(field(was), field(is)).sort()).toEqual(expected);
  });

  it('takes the words of two drafts for dependencies as one', () => {
    const seven = object({}, { dependencies: { card: ['street', 'city'], vat: object({ id: text }) } });
    const later = object(
      {},
      {
        dependentRequired: { card: ['city', 'street'] },
        dependentSchemas: { vat: object({ id: text }) },
      },
    );
    expect(told(seven, later)).toEqual([]);
  });

  it('takes a condition behind a reference for the condition itself, and sees it change', () => {
    const referred = (schema: JsonSchema): JsonSchema => ({ not: { $ref: '#/$defs/it' }, $defs: { it: schema } });
    expect(told(referred(text), { not: text })).toEqual([]);
    expect(told(referred(text), referred(whole))).toContain('data constraint-changed!');
  });

  it('ends soon for conditions that refer to each other', () => {
    const names = Array.from({ length: 9 }, (_, at) => `n${String(at)}`);
    const all = Object.fromEntries(names.map((name) => [name, { $ref: `#/$defs/${name}` }]));
    const knot = (note: JsonSchema): JsonSchema => ({
      not: object(all),
      $defs: Object.fromEntries(names.map((name) => [name, object({ ...all, note })])),
    });
    expect(told(knot(text), knot(text))).toEqual([]);
    expect(told(knot(text), knot(whole))).toContain('data constraint-changed!');
  });

  describe('and that are too large to be followed', () => {
    const count = 400;
    /** As many conditions, each of which leads to so many schemas that it is not followed. */
    const large = (note: JsonSchema): JsonSchema => ({
      allOf: Array.from({ length: count }, (_, at) => ({ not: { $ref: `#/$defs/n${String(at % 9)}` } })),
      $defs: Object.fromEntries(
        Array.from({ length: 9 }, (_, at) => [
          `n${String(at)}`,
          object({
            ...Object.fromEntries(
              Array.from({ length: 9 }, (__, to) => [`to${String(to)}`, { $ref: `#/$defs/n${String(to)}` }]),
            ),
            note,
          }),
        ]),
      ),
    });

    it('takes them for the same where only a title changes', () => {
      expect(told(large({ ...text, title: 'old' }), large({ ...text, title: 'new' }))).toEqual([]);
    });

    it('sees a limit change', () => {
      expect(told(large(text), large({ ...text, maxLength: 3 }))).toContain('data constraint-changed!');
    });

    it('keeps their texts short, whatever the length of the document', () => {
      const texts = new ConstraintTexts(large(text));
      const all = Array.from({ length: 9 }, (_, at) => texts.text({ not: { $ref: `#/$defs/n${String(at)}` } }));
      expect(all.join('').length).toBeLessThan(9 * 200);
    });
  });
});

describe('compareSchemas, of oneOf', () => {
  const small = { type: 'integer', maximum: 5 };

  it('sees a change of what two alternatives share, which oneOf refuses', () => {
    // 6 was refused, as it fits both, and is allowed now.
    const was = { oneOf: [whole, { minimum: 5 }] };
    expect(told(field(was), field({ oneOf: [whole, { minimum: 7 }] }))).toContain('data.it constraint-changed!');
    expect(told(field(was), field({ anyOf: [whole, { minimum: 5 }] }))).toContain('data.it constraint-changed!');
    expect(told(field({ anyOf: [whole, { minimum: 5 }] }), field(was))).not.toContain('data.it constraint-changed!');
  });

  it('takes it for anyOf where no value fits two alternatives', () => {
    const apart = [
      [text, whole],
      [small, { type: 'integer', minimum: 6 }],
      [
        object({ kind: { const: 'a' } }, { required: ['kind'] }),
        object({ kind: { const: 'b' } }, { required: ['kind'] }),
      ],
      [{ const: 1 }, { enum: [2, 3] }],
    ];
    for (const schemas of apart) expect(told(field({ oneOf: schemas }), field({ anyOf: schemas }))).toEqual([]);
  });
});

describe('compareSchemas, of names by pattern', () => {
  const named = (patterns: Record<string, JsonSchema>, additionalProperties: unknown): JsonSchema => ({
    ...{ type: 'object', patternProperties: patterns, additionalProperties },
  });

  it.each<[string, JsonSchema, JsonSchema, string[]]>([
    ['another type', named({ '^a': text }, false), named({ '^a': whole }, false), ['data.* type-changed!']],
    [
      'one more, which lets its names escape the rule for others',
      named({}, whole),
      named({ '^a': text }, whole),
      ['data constraint-added', 'data.* type-changed!'],
    ],
    ['one more, of an object without others', named({}, false), named({ '^a': text }, false), ['data object-opened!']],
    [
      'one more, of an open object',
      named({}, {}),
      named({ '^a': text }, {}),
      ['data constraint-added', 'data.* type-narrowed'],
    ],
    ['one less', named({ '^a': text }, {}), named({}, {}), ['data constraint-changed!']],
  ])('judges %s', (_what, was, is, expected) => {
    expect(told(was, is).sort()).toEqual(expected);
  });

  it('holds a field that gets a name of its own to what its pattern said', () => {
    const was = named({ '^a': text }, false);
    expect(told(was, { ...was, properties: { ab: { maxLength: 3 } } })).toEqual([
      'data.ab field-added',
      'data.ab limit-tightened',
    ]);
  });

  it('judges patterns of one schema next to the additional fields of another', () => {
    const both = (schema: JsonSchema, other: JsonSchema): JsonSchema => ({ allOf: [schema, other] });
    const one = named({ '^a': text }, {});
    const other = (more: JsonSchema): JsonSchema => ({
      type: 'object',
      properties: { ab: {} },
      additionalProperties: more,
    });
    expect(told(both(one, other(whole)), both(one, other(whole)))).toEqual([]);
    expect(told(both(one, other(whole)), both(one, other(text)))).toContain('data constraint-changed!');
  });

  it('takes a record of listed names for an object with these fields', () => {
    const record = {
      type: 'object',
      propertyNames: { enum: ['a', 'b'] },
      additionalProperties: whole,
      required: ['a'],
    };
    expect(told(record, object({ a: whole, b: whole }, { required: ['a'], additionalProperties: false }))).toEqual([]);
    expect(told(record, { ...record, propertyNames: { enum: ['a'] } })).toEqual(['data.b field-removed!']);
  });
});

describe('compareSchemas, of unevaluated fields and items', () => {
  const closed = (more: JsonSchema): JsonSchema => ({ type: 'object', unevaluatedProperties: false, ...more });

  it('calls an optional field added harmless, as in any object without others', () => {
    const of = (fields: Record<string, JsonSchema>): JsonSchema => closed({ allOf: [object(fields)] });
    expect(told(of({ a: text }), of({ a: text, b: text }))).toEqual(['data.b field-added']);
  });

  it('sees whatever else lets fields through', () => {
    expect(told(closed({}), closed({ anyOf: [object({ c: text }), {}] }))).toContain('data constraint-changed!');
    expect(told(closed({}), closed({ patternProperties: { '^x': text } }))).toContain('data constraint-changed!');
    const items = (more: JsonSchema): JsonSchema => list({ unevaluatedItems: false, ...more });
    expect(told(items({}), items({ prefixItems: [text] }))).toContain('data constraint-changed!');
  });
});

describe('compareSchemas, of the words of other drafts', () => {
  it.each<[string, JsonSchema, JsonSchema, string[]]>([
    ['a place of a tuple', list({ items: [text, whole] }), list({ items: [text, text] }), ['data.it.1 type-changed!']],
    [
      'the rest of a tuple',
      list({ items: [text], additionalItems: whole }),
      list({ items: [text], additionalItems: text }),
      ['data.it.* type-changed!'],
    ],
    [
      'a tuple without a rest',
      list({ items: [text], additionalItems: false }),
      list({ items: [text] }),
      ['data.it limit-loosened!'],
    ],
    [
      'the same tuple',
      list({ items: [text], additionalItems: whole }),
      list({ prefixItems: [text], items: whole }),
      [],
    ],
    ['additionalItems without a tuple', list({ items: text, additionalItems: whole }), list({ items: text }), []],
    ['nullable', { ...text, nullable: true }, text, ['data.it type-narrowed']],
    ['nullable, added', text, { ...text, nullable: true }, ['data.it type-widened!']],
    ['nullable, as a type', { ...text, nullable: true }, { type: ['string', 'null'] }, []],
    ['nullable, of listed values', { ...text, nullable: true, enum: ['a'] }, { ...text, enum: ['a'] }, []],
    ['an exclusive bound of draft-04', { ...whole, minimum: 1, exclusiveMinimum: true }, { ...whole, minimum: 2 }, []],
    [
      'a bound beyond safe integers',
      { type: 'number', maximum: 1e20 },
      { type: 'number' },
      ['data.it limit-loosened!'],
    ],
    ['the bounds that libraries write for any number', { ...whole, maximum: 9007199254740991 }, whole, []],
  ])('judges %s', (_what, was, is, expected) => {
    expect(told(field(was), field(is)).sort()).toEqual(expected);
  });
});
