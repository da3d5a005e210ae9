import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { type } from 'arktype';
import * as v from 'valibot';
import { defineEvent } from 'nestjs-event-tracking';
import type { EventSchema } from 'nestjs-event-tracking/catalog';
import { jsonSchema } from 'nestjs-event-tracking/json-schema';
import { z } from 'zod';
import { EventCheck } from '../../src/catalog/event-check';

const text = { type: 'string' };
const number = { type: 'number' };
const form = (properties: Record<string, object>): Record<string, unknown> => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
});

interface Case {
  readonly schemas: Readonly<Record<string, EventSchema<object>>>;
  readonly value: object;
  readonly expected: readonly string[];
}

/** One fault each, in the same words by every library. */
const cases: Readonly<Record<string, Case>> = {
  'a field of the alternative that a fixed value selects': {
    schemas: {
      zod: z.object({
        by: z.discriminatedUnion('k', [
          z.object({ k: z.literal('a'), x: z.number() }),
          z.object({ k: z.literal('b'), y: z.number() }),
        ]),
      }),
      'zod without a discriminator': z.object({
        by: z.union([z.object({ k: z.literal('a'), x: z.number() }), z.object({ k: z.literal('b'), y: z.number() })]),
      }),
      valibot: toStandardJsonSchema(
        v.object({
          by: v.variant('k', [
            v.object({ k: v.literal('a'), x: v.number() }),
            v.object({ k: v.literal('b'), y: v.number() }),
          ]),
        }),
      ),
      arktype: type({ by: type({ k: "'a'", x: 'number' }).or({ k: "'b'", y: 'number' }) }),
      'anyOf of JSON Schema': jsonSchema(
        form({ by: { anyOf: [form({ k: { const: 'a' }, x: number }), form({ k: { const: 'b' }, y: number })] } }),
      ),
      'oneOf of JSON Schema, by references': jsonSchema({
        ...form({ by: { oneOf: [{ $ref: '#/$defs/a' }, { $ref: '#/$defs/b' }] } }),
        $defs: { a: form({ k: { const: 'a' }, x: number }), b: form({ k: { const: 'b' }, y: number }) },
      }),
    },
    value: { by: { k: 'a', x: 'one' } },
    expected: ['type-mismatch data.by.x must be a number, but was a string'],
  },
  'a value of none of several types': {
    schemas: {
      zod: z.object({ by: z.union([z.string(), z.number()]) }),
      valibot: toStandardJsonSchema(v.object({ by: v.union([v.string(), v.number()]) })),
      'JSON Schema': jsonSchema(form({ by: { anyOf: [text, number] } })),
    },
    value: { by: true },
    expected: ['type-mismatch data.by must be a string or a number, but was a boolean'],
  },
  'an object of none of several forms': {
    schemas: {
      zod: z.object({ by: z.union([z.object({ isbn: z.string() }), z.object({ title: z.string() })]) }),
      valibot: toStandardJsonSchema(
        v.object({ by: v.union([v.object({ isbn: v.string() }), v.object({ title: v.string() })]) }),
      ),
      'JSON Schema': jsonSchema(form({ by: { oneOf: [form({ isbn: text }), form({ title: text })] } })),
    },
    value: { by: {} },
    expected: ['value-not-allowed data.by must be an object with isbn or an object with title'],
  },
  'an object that may be null': {
    schemas: {
      zod: z.object({ by: z.object({ x: z.number() }).nullable() }),
      valibot: toStandardJsonSchema(v.object({ by: v.nullable(v.object({ x: v.number() })) })),
      arktype: type({ by: type({ x: 'number' }).or('null') }),
      'JSON Schema': jsonSchema(form({ by: { anyOf: [form({ x: number }), { type: 'null' }] } })),
    },
    value: { by: { x: 'one' } },
    expected: ['type-mismatch data.by.x must be a number, but was a string'],
  },
  'a number that is refused in two ways': {
    schemas: {
      'JSON Schema': jsonSchema(form({ by: { type: 'number', multipleOf: 5, maximum: 3 } })),
    },
    value: { by: 7 },
    expected: ['value-not-allowed data.by must be a number of at most 3 and a multiple of 5'],
  },
  'a key of a record': {
    schemas: {
      zod: z.object({ by: z.record(z.string().regex(/^[a-z]+$/), z.number()) }),
      'JSON Schema': jsonSchema(
        form({
          by: { type: 'object', propertyNames: { pattern: '^[a-z]+$', minLength: 2 }, additionalProperties: number },
        }),
      ),
    },
    value: { by: { '1': 1 } },
    expected: ['value-not-allowed data.by.* has a key that its schema does not allow'],
  },
  'a list that holds nothing of what it has to': {
    schemas: { 'JSON Schema': jsonSchema(form({ by: { type: 'array', contains: number } })) },
    value: { by: ['a', 'b'] },
    expected: ['value-not-allowed data.by does not pass a check of its schema'],
  },
  'a branch of a condition': {
    schemas: { 'JSON Schema': jsonSchema({ type: 'object', if: { required: ['k'] }, then: form({ by: number }) }) },
    value: { k: 1, by: 'x' },
    expected: ['type-mismatch data.by must be a number, but was a string'],
  },
};

const table = Object.entries(cases).flatMap(([title, { schemas, value, expected }]) =>
  Object.entries(schemas).map(([library, schema]) => ({ title, library, schema, value, expected })),
);

describe('IssueReader: one failure is one violation, with the same words for every library:', () => {
  it.each(table)('$title, by $library', ({ schema, value, expected }) => {
    const check = new EventCheck(defineEvent('e', { data: schema }), { undeclared: true });
    const found = check.checkData(value)?.violations.map(({ kind, path, message }) => `${kind} ${path} ${message}`);
    expect(found).toEqual(expected);
  });
});
