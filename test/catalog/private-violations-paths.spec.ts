import { z } from 'zod';
import { defineEvent, TrackerService, TrackingViolations } from 'nestjs-event-tracking';
import type { EventSchema } from 'nestjs-event-tracking/catalog';
import { jsonSchema } from 'nestjs-event-tracking/json-schema';
import { expectNoViolations, TrackingTestingModule } from 'nestjs-event-tracking/testing';
import { Test } from '@nestjs/testing';
import { RecordingLogger, startTracking } from '../support/start-tracking';
import { asUntyped, expectNothingOf, violationsIn } from './private-violation-parts';

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

  it('is distinguished from a declared key, wherever the declaration is', () => {
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

  it('causes only one violation in the list, and one warning, for a map with an entry for each of 5,000 users', async () => {
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

  it('is shown in tests, and if validation is configured to show it', async () => {
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
