import { toStandardJsonSchema } from '@valibot/to-json-schema';
import Ajv2020 from 'ajv/dist/2020';
import { type } from 'arktype';
import { IsOptional, IsString, registerDecorator, type ValidationArguments } from 'class-validator';
import fc from 'fast-check';
import * as v from 'valibot';
import { z } from 'zod';
import {
  defineEvent,
  NotConfirmedException,
  TrackerService,
  TrackingDeadLetters,
  TrackingViolations,
} from 'nestjs-event-tracking';
import type { EventSchema, FoundViolations } from 'nestjs-event-tracking/catalog';
import { dto } from 'nestjs-event-tracking/class-validator';
import { jsonSchema } from 'nestjs-event-tracking/json-schema';
import { expectNoViolations, TrackingTestingModule } from 'nestjs-event-tracking/testing';
import { Test } from '@nestjs/testing';
import { EventCheck } from '../../src/catalog/event-check';
import type { Violation } from '../../src/catalog/violation';
import { RecordingLogger, startTracking } from '../support/start-tracking';

const MAIL = 'ann.smith@secret.org';
const asUntyped = (value: unknown): never => value as never;

const violationsIn = (
  data: EventSchema<object>,
  value: unknown,
  context?: EventSchema<object>,
): readonly Violation[] => {
  const definition = defineEvent('e', { data, ...(context && { context }) });
  return new EventCheck(definition, { undeclared: true }).check(value, value)?.violations ?? [];
};

/** Messages of a check that quotes in some way what it has seen. */
const quoting: Readonly<Record<string, (value: { text: string; other: string; amount: number }) => string>> = {
  'the value': ({ text }) => `bad address ${text}`,
  'another field': ({ other }) => `must equal ${other}`,
  'the value in upper case': ({ text }) => `bad address ${text.toUpperCase()}`,
  'a part of the value': ({ text }) => `bad local part ${text.split('@')[0] ?? ''}`,
  'the first letter': ({ text }) => `begins with ${text[0] ?? ''}`,
  'the value backwards': ({ text }) => `bad ${Array.from(text).reverse().join('')}`,
  'a number with separators': ({ amount }) => `bad amount ${amount.toLocaleString('en')}`,
  'a number rounded': ({ amount }) => `about ${String(Math.round(amount / 1000))} thousand`,
  'the whole object': (value) => `bad ${JSON.stringify(value)}`,
  'the length of the value': ({ text }) => `has ${String(text.length)} characters`,
};

const value = { text: MAIL, other: 'bob.jones@secret.org', amount: 123_456_789 };
const PIECES = ['ann', 'smith', 'secret', 'bob', '123', '456', '789', 'trams', '20'];

function expectNothingOf(shown: unknown): void {
  const text = JSON.stringify(shown).toLowerCase();
  for (const piece of PIECES) expect(text).not.toContain(piece);
}

class QuotingDto {
  @IsString()
  text!: string;

  @IsOptional()
  other?: string;

  @IsOptional()
  amount?: number;
}

describe.each(Object.entries(quoting))('A message of the application that quotes %s', (_, message) => {
  it('is not shown, whichever library the check is for', () => {
    const base = z.object({ text: z.string(), other: z.string(), amount: z.number() });
    const checked = base.superRefine((each, check) => {
      check.addIssue({ code: 'custom', message: message(each), path: ['text'] });
    });
    const valibot = toStandardJsonSchema(
      v.object({
        text: v.pipe(
          v.string(),
          v.maxLength(3, ({ input }) => message({ ...value, text: input })),
        ),
      }),
    );
    const arktype = type({ text: 'string', other: 'string', amount: 'number' }).narrow((each, context) =>
      context.reject({ message: message(each), path: ['text'] }),
    );
    const ajv = new Ajv2020({ allErrors: true });
    const validate = (_schema: unknown, each: typeof value) => {
      validate.errors = [
        { keyword: 'quotes', message: message(each), params: {}, instancePath: '/text', schemaPath: '' },
      ];
      return false;
    };
    validate.errors = [] as object[];
    ajv.addKeyword({ keyword: 'quotes', errors: 'full', validate: validate as never });
    const properties = { text: { type: 'string' }, other: { type: 'string' }, amount: { type: 'number' } };
    for (const schema of [
      checked,
      valibot,
      arktype,
      jsonSchema({ type: 'object', properties, quotes: true }, { ajv }),
    ]) {
      const violations = violationsIn(schema, value);
      expect(violations.length).toBeGreaterThan(0);
      expectNothingOf(violations);
    }
  });

  it('is not shown for a class with class-validator', () => {
    class Checked extends QuotingDto {}
    registerDecorator({
      name: 'ownCheck',
      target: Checked,
      propertyName: 'text',
      options: { message: ({ object }: ValidationArguments) => message({ ...value, ...object }) },
      validator: { validate: () => false },
    });
    const violations = violationsIn(dto(Checked), value);
    expect(violations).toEqual([
      { kind: 'value-not-allowed', path: 'data.text', message: 'does not pass the check "ownCheck" of its schema' },
    ]);
  });
});

describe('staticMessages: a message of the application that quotes nothing', () => {
  it('is shown, since it is the same for made-up values', () => {
    const schema = z
      .object({
        course: z.string().refine((key) => key.startsWith('course-v1:'), 'must be the key of a course'),
        from: z.number(),
        to: z.number(),
        tags: z.array(z.string().refine((tag) => tag === 'a', 'must be a tag')).optional(),
      })
      .refine(({ from, to }) => from <= to, { message: 'must not come before its beginning', path: ['to'] });
    expect(violationsIn(schema, { course: MAIL, from: 2, to: 1, tags: ['a', 'x'] })).toEqual([
      { kind: 'value-not-allowed', path: 'data.course', message: 'must be the key of a course' },
      { kind: 'value-not-allowed', path: 'data.tags.1', message: 'must be a tag' },
      { kind: 'value-not-allowed', path: 'data.to', message: 'must not come before its beginning' },
    ]);
  });

  it('is named by its check where it was never seen for a made-up value', () => {
    const ajv = new Ajv2020({ allErrors: true });
    ajv.addKeyword({ keyword: 'isCourseKey', validate: (_: unknown, key: unknown) => key !== MAIL });
    const schema = jsonSchema({ type: 'object', properties: { key: { type: 'string', isCourseKey: true } } }, { ajv });
    expect(violationsIn(schema, { key: MAIL })).toEqual([
      { kind: 'value-not-allowed', path: 'data.key', message: 'does not pass the check "isCourseKey" of its schema' },
    ]);
    const rare = z.object({ key: z.string().refine((key) => key !== MAIL, { error: () => `not ${MAIL}` }) });
    expect(violationsIn(rare, { key: MAIL })).toEqual([
      { kind: 'value-not-allowed', path: 'data.key', message: 'does not pass a check of its schema' },
    ]);
  });

  it('is looked for a few times only, and not found in a schema that throws at made-up values', () => {
    let asked = 0;
    const throwing: EventSchema<{ a: string }> = {
      '~standard': {
        ...z.object({ a: z.string() })['~standard'],
        validate: (given) => {
          asked++;
          if ((given as { a: string }).a !== MAIL) throw new Error('unexpected');
          return { issues: [{ message: 'a message' }] };
        },
      },
    };
    defineEvent('e', { data: throwing });
    expect(asked).toBeLessThan(20);
    expect(violationsIn(throwing, { a: MAIL })[0]?.message).toBe('does not pass a check of its schema');
  });
});

describe('ShownPaths: a key that the definition does not declare', () => {
  const map = { 'ann@secret.org': 'x', 'bob@secret.org': 'y' };

  it.each<[string, EventSchema<object>, object, string]>([
    ['of a zod record', z.object({ scores: z.record(z.string(), z.number()) }), { scores: map }, 'data.scores.*'],
    [
      'of a record that refuses it',
      z.object({ scores: z.record(z.email(), z.string()) }),
      { scores: { ann: 'x' } },
      'data.scores.*',
    ],
    [
      'of a record of objects',
      z.object({ of: z.record(z.string(), z.object({ a: z.number() })) }),
      { of: { ann: { a: 'x' } } },
      'data.of.*.a',
    ],
    [
      'of a number in a record',
      z.object({ scores: z.record(z.string(), z.number()) }),
      { scores: { '123456': 'x' } },
      'data.scores.*',
    ],
    ['that is not declared', z.object({ a: z.number().optional() }), { 'ann@secret.org': 1 }, 'data.*'],
    [
      'that is not declared in an item',
      z.object({ l: z.array(z.object({ a: z.number().optional() })) }),
      { l: [{ ann: 1 }] },
      'data.l.0.*',
    ],
    ['that a strict object refuses', z.strictObject({ a: z.number().optional() }), { 'ann@secret.org': 1 }, 'data.*'],
    [
      'of an open object',
      z.looseObject({ a: z.number() }).and(z.record(z.string(), z.number())),
      { a: 1, ann: 'x' },
      'data.*',
    ],
    ['of a catchall', z.object({ a: z.number() }).catchall(z.number()), { a: 1, ann: 'x' }, 'data.*'],
    [
      'of additionalProperties',
      jsonSchema({ type: 'object', additionalProperties: { type: 'number' } }),
      { ann: 'x' },
      'data.*',
    ],
    [
      'of patternProperties',
      jsonSchema({ type: 'object', patternProperties: { '^a': { type: 'number' } } }),
      { ann: 'x' },
      'data.*',
    ],
    ['that JSON Schema refuses', jsonSchema({ type: 'object', additionalProperties: false }), { ann: 'x' }, 'data.*'],
    [
      'that propertyNames refuses',
      jsonSchema({ type: 'object', propertyNames: { maxLength: 2 } }),
      { ann: 'x' },
      'data.*',
    ],
  ])('%s is shown as a star', (_, schema, data, path) => {
    const violations = violationsIn(schema, data);
    expect(violations.length).toBeGreaterThan(0);
    for (const each of violations) expect(each.path).toBe(path);
    expectNothingOf(violations);
  });

  it('is told from one that is declared, wherever the declaration stands', () => {
    const schema = jsonSchema({
      type: 'object',
      $defs: { user: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] } },
      properties: { user: { $ref: '#/$defs/user' } },
      allOf: [{ properties: { inAll: { type: 'number' } } }],
      anyOf: [{ properties: { inAny: { type: 'number' } } }],
      then: { properties: { inThen: { type: 'number' } } },
      if: { required: ['inIf'] },
      dependentRequired: { inAll: ['needed'] },
      additionalProperties: { type: 'number' },
    });
    const data = { user: {}, inAll: 'x', inIf: 'x', inThen: 'x', ann: 'x' };
    const paths = new Set(violationsIn(schema, data).map(({ path }) => path));
    const declared = ['data.inAll', 'data.inIf', 'data.inThen', 'data.needed', 'data.user.name'];
    expect(paths).toEqual(new Set(['data.*', ...declared]));
  });

  it('makes a map with an entry for each of 5,000 users one violation in the list, and one warning', async () => {
    const Scored = defineEvent('scored', { data: z.object({ scores: z.record(z.string(), z.number()) }) });
    const logger = new RecordingLogger();
    const run = await startTracking({ catalog: [Scored], logger });
    const emit = (user: string): void => {
      run.tracker.emit(Scored, asUntyped({ scores: { [user]: 'none' } }));
    };
    for (let user = 0; user < 5000; user++) emit(`user${String(user)}@secret.org`);
    const list = run.app.get(TrackingViolations).list();
    // The line is looked up for the first 1,000 of them.
    expect(list.map(({ path, count }) => [path, count])).toEqual([
      ['data.scores.*', 1000],
      ['data.scores.*', 4000],
    ]);
    expect(logger.warnings).toHaveLength(2);
    expectNothingOf(logger.warnings.map((line) => line.replace(/\S+\.ts:\d+/, '')));
  });

  it('is shown in a test, and wherever validation says so', async () => {
    const Played = defineEvent('played', { data: z.object({ at: z.number() }) });
    const module = await Test.createTestingModule({
      imports: [TrackingTestingModule.forRoot({ catalog: [Played], logger: new RecordingLogger() })],
    }).compile();
    module.get(TrackerService).emit(Played, asUntyped({ at: 1, by: 'me', 'key\u001b[2K': 1 }));
    expect(() => expectNoViolations(module)).toThrow(/played: data\.by is not declared[^]*data\.key\\u001b\[2K is not/);
    await module.close();
    const logger = new RecordingLogger();
    const run = await startTracking({ catalog: [Played], validation: { showKeys: true }, logger });
    run.tracker.emit(Played, asUntyped({ at: 1, by: 'me' }));
    expect(logger.warnings.join()).toContain('data.by is not declared');
  });
});

describe('IssueReader: the violations of an event', () => {
  it('holds nothing of it in logs, lists, dead letters, exceptions, and for listeners', async () => {
    const data = z
      .object({ text: z.string(), other: z.string(), amount: z.number(), of: z.record(z.string(), z.number()) })
      .superRefine((each, check) => {
        for (const quote of Object.values(quoting))
          check.addIssue({ code: 'custom', message: quote(each), path: [each.text] });
      });
    const context = z.object({
      user: z.string().refine(() => false, { error: ({ input }) => `no user ${String(input)}` }),
    });
    const Wrong = defineEvent('wrong', { data, context });
    const throwing: EventSchema<{ text: string }> = {
      '~standard': {
        ...z.object({ text: z.string() })['~standard'],
        validate: (given) => ({ value: JSON.parse((given as { text: string }).text) as never }),
      },
    };
    const Throwing = defineEvent('throwing', { data: throwing });
    const logger = new RecordingLogger();
    const run = await startTracking({ catalog: [Wrong, Throwing], validation: 'reject', logger });
    const heard: FoundViolations[] = [];
    run.tracker.violations.onViolation((found) => heard.push(found));
    const failures: unknown[] = [];
    await run.tracker.context({ user: MAIL }, async () => {
      const wrong = { ...value, of: { 'ann@secret.org': 'x', 'bob@secret.org': MAIL }, 'smith@secret.org': 1 };
      for (const [event, given] of [
        [Wrong, wrong],
        [Throwing, { text: MAIL }],
      ] as const)
        failures.push(await run.tracker.emitConfirmed(event, asUntyped(given)).catch((error: unknown) => error));
    });
    for (const failure of failures) expect(failure).toBeInstanceOf(NotConfirmedException);
    const confirmations = failures.map((failure) => [
      (failure as NotConfirmedException).message.replace(/\([\da-f-]{36}\)/, ''),
      (failure as NotConfirmedException).violations,
    ]);
    const reasons = run.app
      .get(TrackingDeadLetters)
      .list()
      .map(({ reason }) => reason);
    expect(reasons).toHaveLength(2);
    expect(heard).toHaveLength(2);
    const withoutPlaces = (text: string): string => text.replace(/\S+\.ts:\d+/g, '');
    expectNothingOf([confirmations, reasons, heard.map(({ violations }) => violations)]);
    expectNothingOf(logger.warnings.map(withoutPlaces));
    const list = run.app.get(TrackingViolations).list();
    expectNothingOf(list.map(({ path, message }) => [path, message]));
    expect(logger.warnings.join('\n')).toContain('the schema of "throwing" failed: SyntaxError');
  });

  it('is the same for other values in the same places', () => {
    const schema = z
      .object({
        name: z.string(),
        list: z.array(z.object({ id: z.number(), note: z.string().optional() })),
        map: z.record(z.string(), z.number()),
        choice: z.enum(['audit', 'verified']),
      })
      .superRefine((each, check) => {
        check.addIssue({ code: 'custom', message: `bad ${JSON.stringify(each)}`, path: ['name'] });
      });
    const ajv = jsonSchema({
      type: 'object',
      properties: {
        name: { type: 'string', maxLength: 3 },
        list: {
          type: 'array',
          items: { type: 'object', properties: { id: { type: 'number' } }, additionalProperties: false },
        },
        map: { type: 'object', additionalProperties: { type: 'number' } },
        choice: { enum: ['audit', 'verified'] },
      },
      additionalProperties: false,
    });
    const checks = [schema, ajv].map((data) => new EventCheck(defineEvent('e', { data }), { undeclared: true }));
    const secret = fc.stringMatching(/^[bdfg]{5,12}$/);
    const event = fc.record({
      name: secret,
      list: fc.array(fc.dictionary(fc.oneof(secret, fc.constant('id')), fc.oneof(secret, fc.nat())), { maxLength: 3 }),
      map: fc.dictionary(secret, fc.oneof(secret, fc.nat())),
      choice: secret,
    });
    const changed = (given: unknown): unknown => {
      if (typeof given === 'string')
        return Array.from(given)
          .map((letter) => 'wxyz'['bdfg'.indexOf(letter)] ?? letter)
          .join('');
      if (Array.isArray(given)) return given.map(changed);
      if (typeof given !== 'object' || given === null) return given;
      const isField = (key: string): boolean => ['name', 'list', 'map', 'choice', 'id'].includes(key);
      return Object.fromEntries(
        Object.entries(given).map(([key, each]) => [isField(key) ? key : changed(key), changed(each)]),
      );
    };
    fc.assert(
      fc.property(event, fc.dictionary(secret, fc.nat(), { maxKeys: 3 }), (given, more) => {
        for (const check of checks) {
          const found = (data: unknown): unknown => check.check(data, {});
          expect(found(changed({ ...given, ...more }))).toEqual(found({ ...given, ...more }));
        }
      }),
    );
  });
});
