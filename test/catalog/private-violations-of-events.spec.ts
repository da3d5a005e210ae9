import fc from 'fast-check';
import { z } from 'zod';
import { defineEvent, NotConfirmedException, TrackingDeadLetters, TrackingViolations } from 'nestjs-event-tracking';
import type { EventSchema, FoundViolations } from 'nestjs-event-tracking/catalog';
import { jsonSchema } from 'nestjs-event-tracking/json-schema';
import { EventCheck } from '../../src/catalog/event-check';
import { RecordingLogger, startTracking } from '../support/start-tracking';
import { MAIL, asUntyped, expectNothingOf, quoting, value } from './private-violation-parts';

describe('IssueReader: the violations of an event', () => {
  it('contain no value of the event in logs, lists, dead letters, exceptions, and for listeners', async () => {
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

  it('are the same for other values in the same places', () => {
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
