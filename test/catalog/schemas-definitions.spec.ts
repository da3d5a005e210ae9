import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { type } from 'arktype';
import fc from 'fast-check';
import * as v from 'valibot';
import { z } from 'zod';
import { defineEvent } from 'nestjs-event-tracking';
import type { EventSchema } from 'nestjs-event-tracking/catalog';
import { jsonSchema } from 'nestjs-event-tracking/json-schema';
import { EventCheck } from '../../src/catalog/event-check';
import { startTracking } from '../support/start-tracking';
import { errorsOf, found } from './schema-parts';

describe('defineEvent: a definition', () => {
  const asUntyped = (options: object): never => options as never;

  it('is refused with all its errors at once, each with the line that fixes it', () => {
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
          Fix: known are title, description, when, source, owner, since, version, history, data, context, pii, examples, deprecated, validation, xapi
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

  it('is refused with a schema that cannot document itself, and with a message that names the wrapper', () => {
    const wrong = asUntyped({ data: v.object({ a: v.string() }) });
    expect(errorsOf(() => defineEvent('a', wrong))).toMatch(
      /valibot .* provides no JSON Schema[^]*toStandardJsonSchema\(schema\)/,
    );
  });

  it('is refused with a schema that validates asynchronously, whichever library it is from', () => {
    const later = z.object({ a: z.string().refine(() => Promise.resolve(true)) });
    const valibot = v.objectAsync({ a: v.string() });
    expect(errorsOf(() => defineEvent('a', { data: later }))).toContain('validates asynchronously');
    expect(errorsOf(() => defineEvent('a', { data: toStandardJsonSchema(valibot as never) }))).toMatch(
      /asynchronously|no JSON Schema/,
    );
    const ajv = jsonSchema({ $async: true, type: 'object', properties: { a: { type: 'string' } } });
    expect(errorsOf(() => defineEvent('a', { data: ajv }))).toContain('validates asynchronously');
  });

  it('accepts a schema with a check that throws for values it does not expect', () => {
    const parsed = z.object({ a: z.string().transform((text) => JSON.parse(text) as unknown) });
    const refined = z.object({ a: z.string().refine((text) => Boolean(JSON.parse(text))) });
    const url = z.object({ a: z.string().transform((text) => new URL(text)) });
    const across = z.object({ a: z.record(z.string(), z.object({ q: z.number() })), k: z.string() });
    const asked = across.refine(({ a, k }) => (a[k] as { q: number }).q > 1);
    for (const data of [parsed, refined, url, asked]) expect(() => defineEvent('a', { data })).not.toThrow();
  });

  it('counts a schema that throws as failed, and reports what it threw', async () => {
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

  it('accepts checks of valibot that JSON Schema cannot express', () => {
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

  it('is refused with an example that has an undeclared field, or is not an object', () => {
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

  it('is refused with a schema of values that no event can hold', () => {
    expect(errorsOf(() => defineEvent('a', { data: z.object({ m: z.map(z.string(), z.string()) }) }))).toContain(
      'a map',
    );
    expect(errorsOf(() => defineEvent('a', { data: toStandardJsonSchema(v.object({ m: v.bigint() })) }))).toContain(
      'bigint',
    );
    expect(errorsOf(() => defineEvent('a', asUntyped({ data: z.string() })))).toContain('data is an object');
  });

  it('is refused with an example that violates its own schema', () => {
    const wrong = asUntyped({
      data: z.object({ mode: z.enum(['audit']) }),
      examples: [{ mode: 'audit' }, { mode: 'gold' }],
    });
    expect(errorsOf(() => defineEvent('a', wrong))).toContain('examples[1]: it does not match data');
  });

  it('documents a Date as the string that is written, and accepts a Date in the event', () => {
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

  it('accepts a schema whose validate needs its `this`, as that of a class', () => {
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

  it('has the same hash for the same content in any order, and a different hash for different content', () => {
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
