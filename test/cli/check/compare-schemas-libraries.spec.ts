import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { type } from 'arktype';
import * as v from 'valibot';
import { z } from 'zod';
import { defineEvent } from '../../../src/catalog/define-event';
import type { EventSchema } from '../../../src/catalog/event-schema';
import { compareSchemas } from '../../../src/cli/check/compare-schemas';
import type { JsonSchema } from '../../../src/catalog/json-schema';
import { told } from './told';

/** As a definition holds it. */
const jsonOf = (data: EventSchema<object>): JsonSchema => defineEvent('video.played', { data }).document.data!;

describe('compareSchemas', () => {
  describe('of equal schemas in three libraries', () => {
    const byZod = z.object({
      course_id: z.string().min(1).max(20),
      mode: z.enum(['audit', 'verified']),
      attempt: z.number().int(),
      place: z.number().int().min(1),
      grade: z.number().min(0).max(1).optional(),
      kind: z.literal('exam'),
      note: z.string().nullable(),
      passed: z.boolean().nullable(),
      tags: z.array(z.string()).min(1).max(3),
      mail: z.email(),
      home: z.url(),
      pair: z.tuple([z.string(), z.number()]),
      scores: z.record(z.string(), z.number()),
      code: z.string().regex(/^a+$/),
      either: z.union([z.string(), z.number()]),
      mixed: z.union([z.literal('a'), z.literal(1)]),
      some: z.union([z.literal('a'), z.literal('b'), z.null()]),
      anything: z.unknown(),
      at: z.date(),
      step: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('read'), page: z.number() }),
        z.object({ kind: z.literal('heard'), second: z.number() }),
      ]),
    });
    const byArktype = type({
      course_id: '1<=string<=20',
      mode: "'audit'|'verified'",
      attempt: 'number.integer',
      place: 'number.integer>=1',
      'grade?': '0<=number<=1',
      kind: "'exam'",
      note: 'string|null',
      passed: 'boolean|null',
      tags: '1<=string[]<=3',
      mail: 'string.email',
      home: 'string.url',
      pair: ['string', 'number'],
      scores: { '[string]': 'number' },
      code: /^a+$/,
      either: 'string|number',
      mixed: "'a'|1",
      some: "'a'|'b'|null",
      anything: 'unknown',
      at: 'Date',
      step: type({ kind: "'read'", page: 'number' }).or({ kind: "'heard'", second: 'number' }),
    });
    const byValibot = toStandardJsonSchema(
      v.object({
        course_id: v.pipe(v.string(), v.minLength(1), v.maxLength(20)),
        mode: v.picklist(['audit', 'verified']),
        attempt: v.pipe(v.number(), v.integer()),
        place: v.pipe(v.number(), v.integer(), v.minValue(1)),
        grade: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
        kind: v.literal('exam'),
        note: v.nullable(v.string()),
        passed: v.nullable(v.boolean()),
        tags: v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(3)),
        mail: v.pipe(v.string(), v.email()),
        home: v.pipe(v.string(), v.url()),
        pair: v.strictTuple([v.string(), v.number()]),
        scores: v.record(v.string(), v.number()),
        code: v.pipe(v.string(), v.regex(/^a+$/)),
        either: v.union([v.string(), v.number()]),
        mixed: v.union([v.literal('a'), v.literal(1)]),
        some: v.nullable(v.picklist(['a', 'b'])),
        anything: v.unknown(),
        at: v.date(),
        step: v.variant('kind', [
          v.object({ kind: v.literal('read'), page: v.number() }),
          v.object({ kind: v.literal('heard'), second: v.number() }),
        ]),
      }),
    );
    const schemas = { zod: jsonOf(byZod), arktype: jsonOf(byArktype), valibot: jsonOf(byValibot) };
    const names = Object.keys(schemas) as (keyof typeof schemas)[];

    it.each(names.flatMap((was) => names.map((is) => [was, is] as const)))('finds nothing from %s to %s', (was, is) => {
      expect(compareSchemas(schemas[was], schemas[is], 'data')).toEqual([]);
    });

    it('finds nothing between libraries for a schema that contains itself', () => {
      const zodNode = z.object({
        name: z.string(),
        get children() {
          return z.array(zodNode);
        },
      });
      const { node } = type.module({ node: { name: 'string', children: 'node[]' } });
      type Node = { name: string; children: Node[] };
      const valibotNode: v.GenericSchema<Node> = v.object({
        name: v.string(),
        children: v.array(v.lazy(() => valibotNode)),
      });
      const all = [zodNode, node, toStandardJsonSchema(valibotNode)].map((schema) => jsonOf(schema));
      for (const was of all) for (const is of all) expect(compareSchemas(was, is, 'data')).toEqual([]);
    });

    it('treats the pattern that a library adds to a format as the format, and a stricter pattern as a change', () => {
      const of = (mail: z.ZodType): JsonSchema => jsonOf(z.object({ mail }));
      expect(told(of(z.email()), of(z.email({ pattern: z.regexes.html5Email })))).toEqual([]);
      expect(
        told(of(z.uuid()), jsonOf(toStandardJsonSchema(v.object({ mail: v.pipe(v.string(), v.uuid()) })))),
      ).toEqual([]);
      expect(told(of(z.uuid({ version: 'v4' })), of(z.uuid()))).toEqual(['data.mail pattern-changed!']);
      expect(told(of(z.email().regex(/@example\.org$/)), of(z.email()))).toContain('data.mail pattern-changed!');
    });
  });
});
