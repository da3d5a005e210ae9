import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { type } from 'arktype';
import { Type } from 'class-transformer';
import { IsArray, IsIn, IsInt, IsOptional, IsString, MinLength, ValidateNested } from 'class-validator';
import fc from 'fast-check';
import * as v from 'valibot';
import { z } from 'zod';
import { defineEvent, EventDefinitionException } from 'nestjs-event-tracking';
import type { EventSchema } from 'nestjs-event-tracking/catalog';
import { dto } from 'nestjs-event-tracking/class-validator';
import { jsonSchema } from 'nestjs-event-tracking/json-schema';
import { EventCheck } from '../../src/catalog/event-check';
import { startTracking } from '../support/start-tracking';

class AnswerDto {
  @IsString()
  text!: string;
}

class CheckDto {
  @IsString()
  problem_id!: string;

  @IsIn(['correct', 'incorrect'])
  success!: string;

  @IsOptional()
  @IsInt()
  attempts?: number;

  @IsString()
  @MinLength(3)
  course!: string;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => AnswerDto)
  answers!: AnswerDto[];
}

/** One event, as five libraries say it. */
const libraries: Readonly<Record<string, EventSchema<object>>> = {
  zod: z.object({
    problem_id: z.string(),
    success: z.enum(['correct', 'incorrect']),
    attempts: z.number().int().optional(),
    course: z.string().min(3),
    answers: z.array(z.object({ text: z.string() })),
  }),
  arktype: type({
    problem_id: 'string',
    success: "'correct' | 'incorrect'",
    'attempts?': 'number.integer',
    course: 'string >= 3',
    answers: type({ text: 'string' }).array(),
  }),
  valibot: toStandardJsonSchema(
    v.object({
      problem_id: v.string(),
      success: v.picklist(['correct', 'incorrect']),
      attempts: v.optional(v.pipe(v.number(), v.integer())),
      course: v.pipe(v.string(), v.minLength(3)),
      answers: v.array(v.object({ text: v.string() })),
    }),
  ),
  'JSON Schema by Ajv': jsonSchema({
    type: 'object',
    properties: {
      problem_id: { type: 'string' },
      success: { enum: ['correct', 'incorrect'] },
      attempts: { type: 'integer' },
      course: { type: 'string', minLength: 3 },
      answers: {
        type: 'array',
        items: {
          type: 'object',
          properties: { text: { type: 'string' } },
          required: ['text'],
          additionalProperties: false,
        },
      },
    },
    required: ['problem_id', 'success', 'course', 'answers'],
    additionalProperties: false,
  }),
  'class-validator': dto(CheckDto),
};

const right = { problem_id: 'p1', success: 'correct', course: 'DemoX', answers: [{ text: 'Tokyo' }] };

const checkOf = (schema: EventSchema<object>, showsKeys = false): EventCheck =>
  new EventCheck(defineEvent('problem_check', { data: schema }), { undeclared: true, showsKeys });

/** With the keys that are not declared. */
const found = (schema: EventSchema<object>, data: unknown): string[] =>
  (checkOf(schema, true).check(data, {})?.violations ?? []).map(({ kind, path }) => `${kind} ${path}`).sort();

describe.each(Object.entries(libraries))('A schema of %s', (_library, schema) => {
  it('lets through what keeps to it', () => {
    expect(checkOf(schema).check(right, {})).toBeUndefined();
    expect(checkOf(schema).check({ ...right, attempts: 2 }, {})).toBeUndefined();
  });

  it('names the same violations at the same places as every other', () => {
    const { course: _, ...withoutCourse } = right;
    expect(found(schema, withoutCourse)).toEqual(['required-missing data.course']);
    expect(found(schema, { ...right, problem_id: 5 })).toEqual(['type-mismatch data.problem_id']);
    expect(found(schema, { ...right, attempts: 1.5 })).toEqual(['type-mismatch data.attempts']);
    expect(found(schema, { ...right, success: 'perhaps' })).toEqual(['value-not-allowed data.success']);
    expect(found(schema, { ...right, course: 'X' })).toEqual(['value-not-allowed data.course']);
    expect(found(schema, { ...right, extra: 1 })).toEqual(['additional-property data.extra']);
    expect(found(schema, { ...right, answers: [{ text: 'a' }, { text: 7 }, {}, { text: 'b', more: 1 }] })).toEqual([
      'additional-property data.answers.3.more',
      'required-missing data.answers.2.text',
      'type-mismatch data.answers.1.text',
    ]);
  });

  it('says nothing of the values, which may be personal', () => {
    const secret = 'ada@example.com';
    const violations = checkOf(schema).check(
      { problem_id: 77_123, success: secret, course: 'X9', answers: secret },
      {},
    );
    const told = JSON.stringify(violations);
    expect(violations?.violations.length).toBeGreaterThan(2);
    for (const value of [secret, '77123', 'X9']) expect(told).not.toContain(value);
  });

  it('leaves the event as it was: no default, no coercion, nothing left out', () => {
    const data = { ...right, attempts: '3', extra: { kept: true } };
    const before = structuredClone(data);
    checkOf(schema).check(data, {});
    expect(data).toEqual(before);
  });
});

describe('defineEvent: a definition', () => {
  const errorsOf = (define: () => unknown): string => {
    try {
      define();
    } catch (error) {
      expect(error).toBeInstanceOf(EventDefinitionException);
      return (error as Error).message;
    }
    throw new Error('it was taken');
  };
  const asUntyped = (options: object): never => options as never;

  it('is refused with everything that is wrong in it at once, each with the line that fixes it', () => {
    const wrong = asUntyped({
      pi: ['context.email'],
      version: 0,
      source: 'satellite',
      pii: ['name', 'contxt.a'],
      title: 7,
    });
    expect(errorsOf(() => defineEvent('', wrong))).toMatchInlineSnapshot(`
     "defineEvent("") has 7 errors.
       1. pi: the option is unknown.
          Fix: known are title, description, when, source, owner, since, version, history, data, context, pii, examples, deprecated, validation
       2. name: it is "".
          Fix: defineEvent('video.played', {...})
       3. version: it is 0.
          Fix: use a whole number of at least 1
       4. title: it is 7.
          Fix: use a string, or leave it out
       5. source: it is a string of 9 characters.
          Fix: 'server' or 'browser' or 'mobile'
       6. pii[0]: it is "name": an event keeps its name.
          Fix: a path into data or context; RenameEvent gives another name
       7. pii[1]: it is "contxt.a": it begins in no part of an event: these are data and context.
          Fix: 'data.contxt.a', 'context.contxt.a', or at any depth '**.contxt.a'"
    `);
  });

  it('is refused with a schema that cannot document itself, and says what to wrap it in', () => {
    const wrong = asUntyped({ data: v.object({ a: v.string() }) });
    expect(errorsOf(() => defineEvent('a', wrong))).toMatch(
      /valibot .* provides no JSON Schema[^]*toStandardJsonSchema\(schema\)/,
    );
  });

  it('is refused with a schema that validates asynchronously, whichever library it is of', () => {
    const later = z.object({ a: z.string().refine(() => Promise.resolve(true)) });
    const valibot = v.objectAsync({ a: v.string() });
    expect(errorsOf(() => defineEvent('a', { data: later }))).toContain('validates asynchronously');
    expect(errorsOf(() => defineEvent('a', { data: toStandardJsonSchema(valibot as never) }))).toMatch(
      /asynchronously|no JSON Schema/,
    );
    const ajv = jsonSchema({ $async: true, type: 'object', properties: { a: { type: 'string' } } });
    expect(errorsOf(() => defineEvent('a', { data: ajv }))).toContain('validates asynchronously');
  });

  it('takes a schema with a check that throws for values it does not expect', () => {
    const parsed = z.object({ a: z.string().transform((text) => JSON.parse(text) as unknown) });
    const refined = z.object({ a: z.string().refine((text) => Boolean(JSON.parse(text))) });
    const url = z.object({ a: z.string().transform((text) => new URL(text)) });
    const across = z.object({ a: z.record(z.string(), z.object({ q: z.number() })), k: z.string() });
    const asked = across.refine(({ a, k }) => (a[k] as { q: number }).q > 1);
    for (const data of [parsed, refined, url, asked]) expect(() => defineEvent('a', { data })).not.toThrow();
  });

  it('counts a schema that throws as failed, and says what it threw', async () => {
    const event = defineEvent('a', { data: z.object({ a: z.string().refine((text) => Boolean(JSON.parse(text))) }) });
    const { tracker } = await startTracking({ catalog: [event], validation: 'report' });
    tracker.emit(event, { a: '{' });
    expect(tracker.violations.list()).toEqual([]);
    expect(Object.values(tracker.ledger.tracker().failures)).toEqual([1]);
  });

  it('is refused with a schema that validates asynchronously below a union, a record or a list', () => {
    const later = z.string().refine(() => Promise.resolve(true));
    for (const a of [z.union([z.number(), later]), z.record(z.string(), later), z.array(later), later.nullable()])
      expect(errorsOf(() => defineEvent('a', { data: z.object({ a }) }))).toContain('validates asynchronously');
  });

  it('takes checks of valibot that JSON Schema has no words for', () => {
    const text = v.pipe(
      v.string(),
      v.creditCard(),
      v.brand('Card'),
      v.check((card) => card !== ''),
    );
    const { document } = defineEvent('a', { data: toStandardJsonSchema(v.object({ text })) });
    expect(document.data).toMatchObject({ properties: { text: { type: 'string' } } });
  });

  it('is refused with a literal or a class that no event can hold', () => {
    const zods = [z.literal(1n), z.literal(undefined), z.literal(['a', 2n])].map((a) => z.object({ a }));
    const arks = ['bigint', 'symbol', 'Map', 'Function'].map((a) => type({ a: a as 'bigint' }));
    for (const data of [...zods, ...arks])
      expect(errorsOf(() => defineEvent('a', { data }))).toContain('no JSON Schema');
  });

  it('is refused with an example that has an undeclared field, or is no object', () => {
    const data = z.object({ a: z.string() });
    const more = asUntyped({ data, examples: [{ a: 'b', more: 1 }] });
    expect(errorsOf(() => defineEvent('a', more))).toMatch(/examples\[0\][^]*data\.more is not declared/);
    expect(errorsOf(() => defineEvent('a', asUntyped({ examples: ['x', 5] })))).toMatch(
      /examples\[0\][^]*examples\[1\]/,
    );
  });

  it('is refused with a history that its version contradicts', () => {
    const entry = (version: number, date = '2026-11-01') => ({
      history: [{ version, date, change: 'mode was added' }],
    });
    expect(errorsOf(() => defineEvent('a', { version: 2, ...entry(9) }))).toContain(
      'higher than the version of the event',
    );
    expect(errorsOf(() => defineEvent('a', { version: 2, ...entry(2, '') }))).toContain('its date is');
    expect(() => defineEvent('a', { version: 2, ...entry(2, 'release 12') })).not.toThrow();
  });

  it('is refused with a schema of what no event can hold', () => {
    expect(errorsOf(() => defineEvent('a', { data: z.object({ m: z.map(z.string(), z.string()) }) }))).toContain(
      'a map',
    );
    expect(errorsOf(() => defineEvent('a', { data: toStandardJsonSchema(v.object({ m: v.bigint() })) }))).toContain(
      'bigint',
    );
    expect(errorsOf(() => defineEvent('a', asUntyped({ data: z.string() })))).toContain('data is an object');
  });

  it('is refused with an example that does not keep to its own schema', () => {
    const wrong = asUntyped({
      data: z.object({ mode: z.enum(['audit']) }),
      examples: [{ mode: 'audit' }, { mode: 'gold' }],
    });
    expect(errorsOf(() => defineEvent('a', wrong))).toContain('examples[1]: it does not match data');
  });

  it('documents a Date as the text that it is written as, and takes a Date in the event', () => {
    const dates: EventSchema<object>[] = [
      z.object({ at: z.date() }),
      type({ at: 'Date' }),
      toStandardJsonSchema(v.object({ at: v.date() })),
      jsonSchema({ type: 'object', properties: { at: { type: 'string', format: 'date-time' } }, required: ['at'] }),
    ];
    for (const data of dates) {
      const definition = defineEvent('a', { data });
      expect(definition.document.data).toMatchObject({ properties: { at: { type: 'string', format: 'date-time' } } });
      expect(new EventCheck(definition, { undeclared: true }).check({ at: new Date() }, {})).toBeUndefined();
    }
  });

  it('takes a schema whose validate needs its `this`, as those of a class do', () => {
    class OwnSchema {
      readonly version = 1 as const;
      readonly vendor = 'own';
      private readonly wanted = 'a';
      readonly jsonSchema = { input: () => ({ type: 'object' }), output: () => ({ type: 'object' }) };

      validate(value: unknown) {
        return this.wanted in (value as object)
          ? { value: value as object }
          : { issues: [{ message: 'a', path: ['a'] }] };
      }
    }
    const schema: EventSchema<object> = { '~standard': new OwnSchema() };
    expect(found(schema, { a: 1 })).toEqual([]);
    expect(found(schema, {})).toEqual(['required-missing data.a']);
  });

  it('has the same hash for the same content, whatever the order, and another for any other', () => {
    const hash = (options: object): string => defineEvent('a', options).document.hash;
    expect(hash({ title: 'A', when: 'B' })).toBe(hash({ when: 'B', title: 'A' }));
    expect(hash({ title: 'A' })).toMatch(/^[\da-f]{16}$/);
    const others = [
      {},
      { title: 'A' },
      { version: 2 },
      { pii: ['data.a'] },
      { data: z.object({ a: z.string() }) },
      { data: z.object({ a: z.number() }) },
    ];
    expect(new Set(others.map(hash)).size).toBe(others.length);
  });

  it('finds each undeclared field, at any depth, and none that is declared', () => {
    const schema = z.object({
      a: z.string().optional(),
      b: z.array(z.object({ c: z.number().optional() })),
      d: z.record(z.string(), z.object({ e: z.null().optional() })),
      open: z.looseObject({}),
    });
    const field = fc.constantFrom('a', 'c', 'e', 'x', 'constructor', '__proto__', 'toString');
    fc.assert(
      fc.property(fc.array(field), fc.array(field), fc.array(field), (top, inList, inRecord) => {
        const withKeys = (keys: readonly string[], value: unknown): object =>
          Object.fromEntries(keys.map((key) => [key, value]));
        const data = {
          b: [withKeys(inList, 1)],
          d: { any: withKeys(inRecord, null) },
          open: { x: 1 },
          ...withKeys(top, 'text'),
        };
        const expected = new Set([
          ...top.filter((key) => key !== 'a').map((key) => `data.${key}`),
          ...inList.filter((key) => key !== 'c').map((key) => `data.b.0.${key}`),
          ...inRecord.filter((key) => key !== 'e').map((key) => `data.d.any.${key}`),
        ]);
        const check = new EventCheck(defineEvent('a', { data: schema }), { undeclared: true, showsKeys: true });
        for (let round = 0; round < 2; round++) {
          const undeclared = (check.check(data, {})?.violations ?? []).filter(
            ({ kind }) => kind === 'additional-property',
          );
          expect(new Set(undeclared.map(({ path }) => path))).toEqual(expected);
        }
      }),
    );
  });
});
