import { compareSchemas } from '../../../src/cli/check/compare-schemas';
import { Effort } from '../../../src/cli/check/effort';
import type { JsonSchema } from '../../../src/catalog/json-schema';
import { field, object, told } from './told';

const text = { type: 'string' };
const whole = { type: 'integer' };
const listOf = (items: JsonSchema): JsonSchema => ({ type: 'array', items });

describe('compareSchemas', () => {
  it.each<[string, JsonSchema, JsonSchema, string[]]>([
    ['a type that changed', text, whole, ['data.it type-changed!']],
    ['a type that was widened by null', text, { type: ['string', 'null'] }, ['data.it type-widened!']],
    ['the same, written as alternatives', text, { anyOf: [text, { type: 'null' }] }, ['data.it type-widened!']],
    ['an integer that became any number', whole, { type: 'number' }, ['data.it type-widened!']],
    ['a type that became anything', text, {}, ['data.it type-widened!']],
    ['a number that became an integer', { type: 'number' }, whole, ['data.it type-narrowed']],
    ['null that is no more', { type: ['string', 'null'] }, text, ['data.it type-narrowed']],
    ['a value more', { enum: ['a'] }, { enum: ['a', 'b'] }, ['data.it values-added!']],
    ['a value less', { enum: ['a', 'b'] }, { const: 'a' }, ['data.it values-removed']],
    ['listed values that became any text', { enum: ['a'] }, text, ['data.it values-opened!']],
    ['any text that became listed values', text, { enum: ['a'] }, ['data.it values-listed']],
    ['a value of another type', { enum: ['a'] }, { enum: ['a', 1] }, ['data.it type-widened!']],
    ['a boolean that became only true', { type: 'boolean' }, { const: true }, ['data.it values-removed']],
    ['a maximum raised', { ...whole, maximum: 5 }, { ...whole, maximum: 9 }, ['data.it limit-loosened!']],
    ['a maximum lowered', { ...whole, maximum: 5 }, { ...whole, maximum: 3 }, ['data.it limit-tightened']],
    ['a minimum removed', { ...whole, minimum: 5 }, whole, ['data.it limit-loosened!']],
    [
      'a minimum that is included now',
      { type: 'number', exclusiveMinimum: 0 },
      { type: 'number', minimum: 0 },
      ['data.it limit-loosened!'],
    ],
    ['a step removed', { ...whole, multipleOf: 5 }, whole, ['data.it limit-loosened!']],
    ['a longer text', { ...text, maxLength: 5 }, { ...text, maxLength: 9 }, ['data.it limit-loosened!']],
    ['a pattern removed', { ...text, pattern: '^a' }, text, ['data.it pattern-changed!']],
    ['a pattern changed', { ...text, pattern: '^a' }, { ...text, pattern: '^b' }, ['data.it pattern-changed!']],
    ['a pattern added', text, { ...text, pattern: '^a' }, ['data.it pattern-added']],
    ['a format changed', { ...text, format: 'date' }, { ...text, format: 'date-time' }, ['data.it format-changed!']],
    ['a format removed', { ...text, format: 'date' }, text, ['data.it format-changed!']],
    ['a format added', text, { ...text, format: 'date' }, ['data.it format-added']],
    ['what cannot be judged', { ...text, not: { const: 'a' } }, text, ['data.it constraint-changed!']],
    ['items of another type', listOf(text), listOf(whole), ['data.it.* type-changed!']],
    ['more items', { ...listOf(text), maxItems: 2 }, listOf(text), ['data.it limit-loosened!']],
    [
      'a place of another type',
      { type: 'array', prefixItems: [text, text] },
      { type: 'array', prefixItems: [text, whole] },
      ['data.it.1 type-changed!'],
    ],
    [
      'a nested field removed',
      listOf(object({ a: text, b: text })),
      listOf(object({ a: text })),
      ['data.it.*.b field-removed!'],
    ],
    ['a nested field added', object({ a: text }), object({ a: text, b: text }), ['data.it.b field-added']],
    [
      'a field added to a closed object',
      object({}, { additionalProperties: false }),
      object({ b: text }, { additionalProperties: false }),
      ['data.it.b field-added'],
    ],
    [
      'a required field added',
      object({}),
      object({ b: text }, { required: ['b'] }),
      ['data.it.b required-field-added!'],
    ],
    [
      'a field that became required',
      object({ b: text }),
      object({ b: text }, { required: ['b'] }),
      ['data.it.b became-required!'],
    ],
    [
      'a field that became optional',
      object({ b: text }, { required: ['b'] }),
      object({ b: text }),
      ['data.it.b became-optional!'],
    ],
    ['an object opened', object({}, { additionalProperties: false }), object({}), ['data.it object-opened!']],
    ['an object closed', object({}), object({}, { additionalProperties: false }), ['data.it object-closed']],
    [
      'a record of another type',
      { type: 'object', additionalProperties: whole },
      { type: 'object', additionalProperties: text },
      ['data.it.* type-changed!'],
    ],
    ['a description', { ...text, description: 'a' }, { ...text, description: 'b' }, ['data.it documentation']],
    ['a key with a dot in it', object({ 'a.b': text }), object({ 'a.b': whole }), ['data.it.a\\.b type-changed!']],
  ])('finds %s', (_what, was, is, expected) => {
    expect(told(field(was), field(is))).toEqual(expected);
  });

  describe('of alternatives', () => {
    const played = object({ kind: { const: 'played' }, at: whole }, { required: ['kind', 'at'] });
    const paused = object({ kind: { const: 'paused' }, for: whole }, { required: ['kind', 'for'] });

    it('finds an added one, whatever the keyword', () => {
      expect(told(field({ anyOf: [played] }), field({ oneOf: [paused, played] }))).toEqual([
        'data.it alternative-added!',
      ]);
      expect(told(field(played), field({ anyOf: [played, paused] }))).toEqual(['data.it alternative-added!']);
    });

    it('treats a removed one as harmless', () => {
      expect(told(field({ anyOf: [played, paused] }), field(paused))).toEqual(['data.it alternative-removed']);
    });

    it('finds a change in the alternative that it belongs to', () => {
      const now = object({ kind: { const: 'paused' }, for: text }, { required: ['kind', 'for'] });
      expect(told(field({ anyOf: [played, paused] }), field({ anyOf: [now, played] }))).toEqual([
        'data.it.for type-changed!',
      ]);
    });
  });

  describe('of a schema that contains itself', () => {
    const node = (note: JsonSchema): JsonSchema =>
      object({ note, answers: listOf({ $ref: '#' }) }, { required: ['note'] });
    const named = (note: JsonSchema): JsonSchema => ({
      $ref: '#/$defs/node',
      $defs: { node: object({ note, answers: listOf({ $ref: '#/$defs/node' }) }, { required: ['note'] }) },
    });

    it('finds nothing when nothing changed, whatever its references point to', () => {
      expect(told(node(text), node(text))).toEqual([]);
      expect(told(node(text), named(text))).toEqual([]);
    });

    it('finds a change, and ends', () => {
      expect(told(node(text), named(whole))).toEqual(['data.note type-changed!']);
    });

    it('ends for a reference to itself, and for one without a target', () => {
      const circle = { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/a' } } };
      expect(told(circle, circle)).toEqual([]);
      expect(told(field({ $ref: '#/$defs/none' }), field(text))).toContain('data.it constraint-changed!');
    });

    it('ends at once for the same schema, however many products its unions have', () => {
      const union = { anyOf: Array.from({ length: 4 }, (_, at) => object({ [`f${String(at)}`]: text })) };
      const product = (): JsonSchema => ({ allOf: Array.from({ length: 12 }, () => union) });
      expect(told(product(), product())).toEqual([]);
    });

    it('ends quickly for many that contain each other', () => {
      const names = Array.from({ length: 9 }, (_, at) => `n${String(at)}`);
      const all = Object.fromEntries(names.map((name) => [name, { $ref: `#/$defs/${name}` }]));
      const knot = (note: JsonSchema): JsonSchema => ({
        ...object(all),
        $defs: Object.fromEntries(names.map((name) => [name, object({ ...all, note })])),
      });
      expect(told(knot(text), knot(text))).toEqual([]);
      expect(told(knot(text), knot(whole))).toContain('data.n0.note type-changed!');
      const effort = new Effort();
      compareSchemas(knot(text), knot(whole), 'data', { effort });
      expect(effort.places).toBeLessThan(4 * names.length);
    });

    it('is not misled by a pair of alternatives that were compared and did not match', () => {
      const held = (kid: JsonSchema, one: JsonSchema, other: JsonSchema): JsonSchema => ({
        ...object({
          alt: {
            anyOf: [
              object({ x: text, kid: one }, { required: ['x'] }),
              object({ y: text, kid: other }, { required: ['y'] }),
            ],
          },
          then: { $ref: '#/$defs/link' },
        }),
        $defs: { kid: object({ kid, link: { $ref: '#/$defs/link' } }), link: object({ to: { $ref: '#/$defs/kid' } }) },
      });
      const ofKid = { $ref: '#/$defs/kid' };
      // The kids meet in the first of the one and the second of the other, which do not belong
      // together.
      const changes = told(held(text, ofKid, text), held(whole, text, ofKid));
      expect(changes).toContain('data.then.to.kid type-changed!');
    });
  });
});
