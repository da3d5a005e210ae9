import { Ajv } from 'ajv';
import { z } from 'zod';
import { jsonSchema } from '../../../src/catalog/ajv/ajv-schema';
import { defineCatalog } from '../../../src/catalog/catalog';
import { defineEvent } from '../../../src/catalog/define-event';
import type { JsonSchema } from '../../../src/catalog/json-schema';

const text = { type: 'string' };
const whole = { type: 'integer' };

/** All that a schema says besides types and fields. */
export const RULES: JsonSchema = {
  type: 'object',
  required: ['kind'],
  additionalProperties: false,
  properties: {
    kind: { enum: ['card', 'invoice'] },
    street: text,
    city: text,
    card: text,
    tags: { type: 'array', items: text, uniqueItems: true, contains: { const: 'new' } },
    tenths: { type: 'array', contains: { type: 'integer', minimum: 10 }, minContains: 2, maxContains: 3 },
    headers: {
      type: 'object',
      patternProperties: { '^x-': text },
      additionalProperties: whole,
      propertyNames: { pattern: '^[a-z-]+$' },
      minProperties: 1,
      maxProperties: 2,
    },
    code: { type: 'string', not: { enum: ['', 'none'] } },
    item: { $ref: '#item' },
    open: { type: 'object', properties: { a: text }, additionalProperties: true },
  },
  if: { properties: { kind: { const: 'invoice' } } },
  then: { required: ['street', 'city'] },
  else: { properties: { street: false } },
  dependentRequired: { card: ['city'] },
  $defs: { item: { $anchor: 'item', type: 'object', properties: { sku: text }, required: ['sku'] } },
};

const seven = new Ajv({ strict: false });

export const catalog = defineCatalog([
  defineEvent('paid', { data: jsonSchema(RULES) }),
  defineEvent('sent', {
    data: z.object({
      by: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('staff'), staff_id: z.int(), reason: z.string() }),
        z.object({ kind: z.literal('learner'), reason: z.enum(['moved', 'other']).optional() }),
        z.object({ kind: z.literal('system'), job: z.string() }),
      ]),
      where: z.union([z.object({ url: z.url() }), z.object({ room: z.string(), seat: z.int().optional() })]),
    }),
  }),
  defineEvent('old', { deprecated: { since: 'the release of the autumn term, for all platforms_and_their_sites' } }),
  defineEvent('draft-07', {
    data: jsonSchema(
      {
        type: 'object',
        properties: {
          seat: { type: 'array', items: [text, whole], additionalItems: false },
          note: { type: 'string', nullable: true },
        },
        dependencies: { seat: ['note'] },
      },
      { ajv: seven },
    ),
  }),
]);
