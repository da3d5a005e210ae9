import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { type } from 'arktype';
import * as v from 'valibot';
import { z } from 'zod';
import { defineCatalog } from '../../../src/catalog/catalog';
import { defineEvent } from '../../../src/catalog/define-event';
import type { EventSchema } from '../../../src/catalog/event-schema';
import { LogValidation } from '../../../src/cli/validate/log-validation';
import { eventOf } from '../../../src/cli/event-line';
import { logLine } from './command-run';

const AT = '2026-11-01T12:00:00.000Z';

function violations(schema: EventSchema<object>, data: object) {
  const validation = new LogValidation(defineCatalog([defineEvent('e', { data: schema })]), { undeclared: true });
  const text = logLine('e', data);
  validation.take(eventOf(JSON.parse(text))!, { line: 1 }, text);
  return validation.result().violations.map(({ kind, path }) => `${kind} ${path}`);
}

const node: z.ZodType<object> = z.object({
  at: z.date(),
  get next() {
    return node.optional();
  },
});

describe('DateRevival: the dates of a log', () => {
  it.each<[string, EventSchema<object>, object]>([
    ['zod', z.object({ at: z.date() }), { at: AT }],
    ['zod, as the reference writes them', z.object({ at: z.date() }), { at: '2026-11-01T12:00:00.123456+00:00' }],
    ['arktype', type({ at: 'Date' }), { at: AT }],
    ['valibot', toStandardJsonSchema(v.object({ at: v.date() })), { at: AT }],
    ['a list', z.object({ all: z.array(z.date()) }), { all: [AT, AT] }],
    ['a map', z.object({ all: z.record(z.string(), z.date()) }), { all: { x: AT } }],
    [
      'a map of objects',
      z.object({ all: z.record(z.string(), z.object({ at: z.date(), n: z.int() })) }),
      { all: { x: { at: AT, n: 1 } } },
    ],
    [
      'a field that may be null, or missing',
      z.object({ at: z.date().nullable(), to: z.date().optional() }),
      { at: AT, to: AT },
    ],
    ['null itself', z.object({ at: z.date().nullable() }), { at: null }],
    ['two of them', z.object({ from: z.date(), to: z.date() }), { from: AT, to: AT }],
    [
      'alternatives',
      z.object({ when: z.union([z.object({ from: z.date(), to: z.date() }), z.object({ never: z.literal(true) })]) }),
      { when: { from: AT, to: AT } },
    ],
    [
      'the second alternative',
      z.object({ when: z.union([z.object({ never: z.literal(true) }), z.object({ from: z.date() })]) }),
      { when: { from: AT } },
    ],
    [
      'an intersection',
      z.object({ both: z.object({ a: z.int() }).and(z.object({ at: z.date() })) }),
      { both: { a: 1, at: AT } },
    ],
    [
      'a schema that holds itself',
      node as unknown as EventSchema<object>,
      { at: AT, next: { at: AT, next: { at: AT } } },
    ],
    ['texts beside Dates', z.object({ text: z.iso.datetime(), date: z.date() }), { text: AT, date: AT }],
    ['a text or a Date', z.object({ at: z.union([z.iso.datetime(), z.date()]) }), { at: AT }],
    ['only texts', z.object({ at: z.iso.datetime(), other: z.string() }), { at: AT, other: AT }],
    [
      'a Date in one alternative, and a text in another',
      z.object({
        e: z.union([
          z.object({ k: z.literal('a'), at: z.date() }),
          z.object({ k: z.literal('b'), at: z.iso.datetime() }),
        ]),
      }),
      { e: { k: 'b', at: AT } },
    ],
  ])('are no violation: %s', (_, schema, data) => {
    expect(violations(schema, data)).toEqual([]);
  });

  it.each<[string, string]>([
    ['no date', 'soon'],
    ['a day that there is not', '2026-02-30T12:00:00.000Z'],
    ['a day without a time', '2026-11-01'],
  ])('are one where the text is %s', (_, at) => {
    expect(violations(z.object({ at: z.date() }), { at })).toEqual(['type-mismatch data.at']);
  });

  it('hide no other violation', () => {
    expect(violations(z.object({ at: z.date(), n: z.int() }), { at: AT, n: 'x' })).toEqual(['type-mismatch data.n']);
  });
});
