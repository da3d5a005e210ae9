import { Controller, Get, Injectable } from '@nestjs/common';
import { z } from 'zod';
import {
  backend,
  defineCatalog,
  defineContext,
  defineEvent,
  MemoryBackend,
  NotConfirmedException,
  processor,
  Redact,
  TrackEvent,
  TrackerService,
  TrackingCatalog,
  TrackingConfigException,
  TrackingDeadLetters,
  TrackingModule,
  TrackingViolations,
  type ValidationOptions,
} from 'nestjs-event-tracking';
import type { FoundViolations } from 'nestjs-event-tracking/catalog';
import type { ValidationMode } from 'nestjs-event-tracking/types';
import { expectNoViolations, TrackingTestingModule, ViolationsFoundException } from 'nestjs-event-tracking/testing';
import { Test } from '@nestjs/testing';
import { expectBalance, RecordingLogger, startTracking, type BuiltTracking } from '../support/start-tracking';
import { TestCase } from '../support/test-case';

const Enrolled = defineEvent('course.enrolled', {
  data: z.object({ course_id: z.string(), mode: z.enum(['audit', 'verified']).default('audit') }),
  context: z.object({ user_id: z.number() }),
  pii: ['context.email'],
});
const Played = defineEvent('video.played', { data: z.object({ at: z.number() }) });
const Old = defineEvent('video.started', { deprecated: { since: '2026-10', replacedBy: 'video.played' } });
const catalog = defineCatalog([Enrolled, Played, Old, defineContext('user', { pii: ['username'] })]);

interface Run extends BuiltTracking {
  readonly logger: RecordingLogger;
  readonly kinds: () => unknown;
  readonly deadLetters: TrackingDeadLetters;
}

async function start(validation?: ValidationMode | ValidationOptions, more: object = {}): Promise<Run> {
  const logger = new RecordingLogger();
  const run = await startTracking({ catalog, validation, logger, ...more });
  const violations = run.app.get(TrackingViolations);
  return Object.assign(run, {
    logger,
    kinds: () => violations.list().map(({ kind, event, path }) => `${kind} ${event} ${path}`.trim()),
    deadLetters: run.app.get(TrackingDeadLetters),
  });
}

const asUntyped = (value: unknown): never => value as never;

describe('EventInspector: an event that matches its definition', () => {
  it.each(['off', 'report', 'reject'] as const)('goes out as it was given, with validation %s', async (mode) => {
    const run = await start(mode);
    run.tracker.context({ user_id: 7 }, () => {
      run.tracker.emit(Enrolled, { course_id: 'DemoX' });
    });
    expect(run.last()).toMatchObject({
      name: 'course.enrolled',
      data: { course_id: 'DemoX' },
      context: { user_id: 7 },
    });
    expect(run.last().data).toEqual({ course_id: 'DemoX' }); // the default of the schema is not put in
    expect(run.kinds()).toEqual([]);
    expectBalance(run.ledger);
  });

  it('is emitted under its name by string too', async () => {
    const run = await start();
    run.tracker.emit('video.played', { at: 3 });
    expect(run.names()).toEqual(['video.played']);
    expect(run.kinds()).toEqual([]);
  });
});

describe('EventInspector: an event that does not match its definition', () => {
  it('goes out all the same with validation report, counted, and told once for each place', async () => {
    const run = await start('report');
    for (let round = 0; round < 3; round++) run.tracker.emit(Played, asUntyped({ at: 'noon', by: 'me' }));
    expect(run.names()).toHaveLength(3);
    expect(run.last().data).toEqual({ at: 'noon', by: 'me' });
    expect(run.kinds()).toEqual(['type-mismatch video.played data.at', 'additional-property video.played data.*']);
    expect(run.ledger.tracker().violations).toEqual({ 'type-mismatch': 3, 'additional-property': 3 });
    expect(run.logger.warnings).toHaveLength(2);
    expect(run.logger.warnings[0]).toMatch(
      /"video\.played", emitted at test\/catalog\/validation\.spec\.ts:\d+, does not match the catalog: data\.at must be a number, but was a string \(type-mismatch\)\. It was sent anyway\. Fix: /,
    );
    expectBalance(run.ledger);
  });

  it('is told of again where it is emitted by another line', async () => {
    const run = await start('report');
    run.tracker.emit(Played, asUntyped({}));
    run.tracker.emit(Played, asUntyped({}));
    const places = run.tracker.violations.list().map(({ location, count }) => [location.replace(/:\d+$/, ''), count]);
    expect(places).toEqual([
      ['test/catalog/validation.spec.ts', 1],
      ['test/catalog/validation.spec.ts', 1],
    ]);
  });

  it('is looked up a bounded number of times where it is emitted, and counted all the same', async () => {
    const run = await start('report');
    for (let at = 0; at < 1100; at++) run.tracker.emit(Played, asUntyped({}));
    const places = run.tracker.violations.list().map(({ location, count }) => [location !== '', count]);
    expect(places).toEqual([
      [true, 1000],
      [false, 100],
    ]);
    expect(run.ledger.tracker().violations).toEqual({ 'required-missing': 1100 });
  });

  it('goes into the dead letters with validation reject, with its violations, and is in the books', async () => {
    const run = await start('reject');
    run.tracker.emit(Played, asUntyped({ at: 'noon' }));
    expect(run.names()).toEqual([]);
    const [letter] = run.deadLetters.list({ path: 'catalog:rejected' });
    expect(letter).toMatchObject({
      event: { name: 'video.played', data: { at: 'noon' } },
      reason: 'invalid: data.at must be a number, but was a string (type-mismatch)',
    });
    expect(run.ledger.tracker().dropped).toEqual({ invalid: 1 });
    expectBalance(run.ledger);
  });

  it('can be redriven once it keeps to the catalog, under its id; until then it stays', async () => {
    let isStrict = true;
    const Moody = defineEvent('moody', { data: z.object({ at: z.unknown().refine(() => !isStrict) }) });
    const run = await startTracking({ catalog: [Moody], validation: 'reject', logger: new RecordingLogger() });
    run.tracker.emit(Moody, { at: 1 });
    const deadLetters = run.app.get(TrackingDeadLetters);
    const [letter] = deadLetters.list();
    expect(await deadLetters.redrive({})).toBe(0);
    isStrict = false;
    expect(await deadLetters.redrive({})).toBe(1);
    expect(run.last()).toMatchObject({ name: 'moody', id: letter?.event.id, data: { at: 1 } });
    expect(deadLetters.count()).toEqual({});
    expectBalance(run.ledger);
  });

  it('makes emitConfirmed reject with its violations', async () => {
    const run = await start('reject');
    const failure = await run.tracker.emitConfirmed(Played, asUntyped({})).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(NotConfirmedException);
    expect(failure).toMatchObject({
      destinations: { 'catalog:rejected': 'dead-lettered' },
      violations: [{ kind: 'required-missing', path: 'data.at' }],
    });
    expect((failure as Error).message).toContain('data.at is missing; it must be a number');
    await expect(run.tracker.emitConfirmed(Played, { at: 1 })).resolves.toMatchObject({
      destinations: { sink: 'delivered' },
    });
  });

  it('is found in a context once for each scope and schema, whatever the names of its events', async () => {
    let asked = 0;
    const shared = z.object({ user_id: z.number() }).refine(() => ++asked > 0);
    const other = z.object({ course_id: z.string() });
    const run = await start('report', {
      catalog: defineCatalog([
        defineEvent('one', { context: shared }),
        defineEvent('two', { context: shared }),
        defineEvent('three', { context: other }),
      ]),
    });
    asked = 0;
    for (let scope = 0; scope < 2; scope++) {
      run.tracker.context({ user_id: 7 }, () => {
        for (const name of ['one', 'two', 'three', 'two', 'three']) run.tracker.emit(name, {});
      });
    }
    expect(asked).toBe(2);
    expect(run.app.get(TrackingViolations).list()).toEqual([
      expect.objectContaining({ event: 'three', path: 'context.course_id', kind: 'required-missing', count: 4 }),
    ]);
    await run.app.close();
  });

  it('is missed in what the context must carry, once looked up for each scope', async () => {
    const run = await start();
    run.tracker.emit(Enrolled, { course_id: 'DemoX' });
    run.tracker.context({ user_id: 'seven', more: 1 }, () => {
      run.tracker.emit(Enrolled, { course_id: 'DemoX' });
      run.tracker.emit(Enrolled, { course_id: 'DemoX' });
    });
    expect(run.kinds()).toEqual([
      'required-missing course.enrolled context.user_id',
      'type-mismatch course.enrolled context.user_id',
      'type-mismatch course.enrolled context.user_id',
    ]);
  });

  it('is one whose name the catalog does not have', async () => {
    const run = await start();
    run.tracker.emit('vidoe.played', { at: 1 });
    expect(run.kinds()).toEqual(['unplanned-event vidoe.played']);
    expect(run.names()).toEqual(['vidoe.played']);
  });

  it('is one that is deprecated, which goes out even where others are rejected', async () => {
    const run = await start('reject');
    run.tracker.emit(Old);
    expect(run.names()).toEqual(['video.started']);
    expect(run.tracker.violations.list()).toEqual([
      expect.objectContaining({
        kind: 'deprecated',
        message: 'is deprecated since 2026-10; use "video.played" instead',
      }),
    ]);
  });

  it('never makes emit throw: hostile values, a schema that throws, one that turns out to be asynchronous', async () => {
    const Throwing = defineEvent('throwing', {
      data: z.object({
        a: z.unknown().refine((value) => {
          if (value === 'boom') throw new Error('boom');
          return true;
        }),
      }),
    });
    const Later = defineEvent('later', {
      data: z.object({ a: z.unknown().refine((value) => (value === 'boom' ? Promise.resolve(true) : true)) }),
    });
    for (const validation of ['report', 'reject'] as const) {
      const logger = new RecordingLogger();
      const run = await startTracking({ catalog: [Throwing, Later, Played], validation, logger });
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      for (const data of [
        proxy,
        { at: proxy },
        {
          get at(): never {
            throw new Error('no');
          },
        },
        null,
        [],
        'text',
        { at: 1n },
      ])
        run.tracker.emit(Played, asUntyped(data));
      for (const event of [Throwing, Later]) run.tracker.emit(event, { a: 'boom' });
      expect(run.names()).toHaveLength(validation === 'report' ? 9 : 0);
      expect(run.ledger.tracker().failures).toEqual({ 'the schema of "throwing"': 1, 'the schema of "later"': 1 });
      expect(run.app.get(TrackingDeadLetters).list()).toHaveLength(validation === 'report' ? 0 : 9);
      expectBalance(run.ledger);
    }
  });

  it('is judged when it is emitted before the start, and told of when the application has started', async () => {
    @Injectable()
    class Early {
      constructor(tracker: TrackerService) {
        tracker.emit(Played, asUntyped({}));
        tracker.emit(Played, { at: 1 });
      }
    }
    const run = await startTracking(
      { catalog, validation: 'reject', logger: new RecordingLogger() },
      { providers: [Early] },
    );
    expect(run.events().map(({ data }) => data)).toEqual([{ at: 1 }]);
    expect(run.app.get(TrackingDeadLetters).count()).toEqual({
      'invalid: data.at is missing; it must be a number (required-missing)': 1,
    });
    expectBalance(run.ledger);
  });

  it('is named with the method where a decorator emits it', async () => {
    @Controller()
    class VideoController {
      @Get('play')
      @TrackEvent(Played, () => asUntyped({ at: 'noon' }))
      async play(): Promise<string> {
        await Promise.resolve();
        return 'ok';
      }
    }
    const logger = new RecordingLogger();
    const run = await TestCase.of({ controllers: [VideoController] })
      .tracking({ catalog, logger, backends: { sink: backend(MemoryBackend) } })
      .get('/play');
    expect(run.events('sink')).toHaveLength(1);
    expect(logger.warnings.join()).toContain('"video.played", emitted at VideoController.play, does not match');
  });
});

describe('ValidationModes: the mode', () => {
  it.each<[string, ValidationMode | ValidationOptions, number]>([
    ['of an event wins over that of the module', { mode: 'off', events: { 'video.played': 'report' } }, 1],
    ['of this environment wins over the one for all', { mode: 'off', environments: { test: 'report' } }, 1],
    ['of another environment is none of ours', { mode: 'report', environments: { production: 'off' } }, 1],
    ['off does nothing', 'off', 0],
  ])('%s', async (_title, validation, violations) => {
    const run = await start(validation);
    run.tracker.emit(Played, asUntyped({ at: 'noon' }));
    expect(run.kinds()).toHaveLength(violations);
    expect(run.names()).toHaveLength(1);
  });

  it('of a definition wins over that of the module', async () => {
    const Strict = defineEvent('strict', { data: z.object({ a: z.string() }), validation: 'reject' });
    const run = await startTracking({ catalog: [Strict], logger: new RecordingLogger() });
    run.tracker.emit(Strict, asUntyped({}));
    expect(run.names()).toEqual([]);
  });

  it('may leave unplanned events and undeclared fields alone', async () => {
    const run = await start({ unplanned: 'off', undeclared: false });
    run.tracker.emit('another', {});
    run.tracker.emit(Played, asUntyped({ at: 1, by: 'me' }));
    expect(run.kinds()).toEqual([]);
  });

  it('is refused at start where it is wrong, with all else that is', async () => {
    const validation = asUntyped({ mode: 'warn', events: { 'vidoe.played': 'off' }, environment: {} });
    const failure = await startTracking({ catalog, validation }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TrackingConfigException);
    expect((failure as TrackingConfigException).errors.map(({ path }) => path).sort()).toEqual([
      'validation.environment',
      'validation.events.vidoe.played',
      'validation.mode',
    ]);
    const twice = await startTracking({ catalog: [Played, Played] }).catch((error: unknown) => error);
    expect((twice as Error).message).toContain('catalog[1]: another definition has the name "video.played"');
    const without = await startTracking({ validation: 'reject' }).catch((error: unknown) => error);
    expect((without as Error).message).toContain('validation: there is no catalog');
  });
});

describe('TrackingModule without a catalog', () => {
  it('a definition is emitted as its name is', async () => {
    const run = await startTracking();
    run.tracker.emit(Played, { at: 1 });
    expect(run.last()).toMatchObject({ name: 'video.played', data: { at: 1 } });
    expect(run.app.get(TrackingCatalog).coverage()).toEqual({ seen: [], undocumented: [], unseen: [], others: 0 });
    expect(run.app.get(TrackingViolations).list()).toEqual([]);
  });
});

describe('TrackingViolations: a listener', () => {
  it('hears of each event that does not keep to the catalog, and cannot break emit', async () => {
    const run = await start();
    const heard: FoundViolations[] = [];
    run.tracker.violations.onViolation(() => {
      throw new Error('mine');
    });
    const stop = run.tracker.violations.onViolation((found) => heard.push(found));
    run.tracker.emit(Played, asUntyped({}));
    stop();
    run.tracker.emit(Played, asUntyped({}));
    expect(heard).toEqual([
      expect.objectContaining({ event: 'video.played', id: run.events()[0]?.id, isRejected: false }),
    ]);
  });
});

describe('TrackingCatalog: the emitted names', () => {
  it('are told apart: documented and seen, seen and in no document, documented and never seen', async () => {
    const run = await start('off');
    run.tracker.emit(Played, { at: 1 });
    run.tracker.emit(Played, { at: 2 });
    run.tracker.emit('another');
    const coverage = run.app.get(TrackingCatalog).coverage();
    expect(coverage).toEqual({
      seen: [
        { name: 'video.played', count: 2, firstAt: run.events()[0]?.timestamp, lastAt: run.events()[1]?.timestamp },
      ],
      undocumented: [expect.objectContaining({ name: 'another', count: 1 })],
      unseen: ['course.enrolled', 'video.started'],
      others: 0,
    });
  });

  it('are kept within a bound, however many there are', async () => {
    const run = await start({ unplanned: 'off' });
    for (let at = 0; at < 12_000; at++) run.tracker.emit(`name ${String(at)}`);
    const { undocumented, others } = run.app.get(TrackingCatalog).coverage();
    expect(undocumented.length + others).toBe(12_000);
    expect(undocumented.length).toBeLessThanOrEqual(10_000);
  });
});

describe('catalog.pii: fields marked as personal', () => {
  it('is masked by Redact with the marks of the catalog, in events that it does not have too', async () => {
    const run = await startTracking({
      catalog,
      validation: 'off',
      processors: [processor(Redact, { marks: catalog.pii })],
      backends: { sink: backend(MemoryBackend) },
    });
    run.tracker.context({ user_id: 7, email: 'ada@example.com', username: 'ada' }, () => {
      run.tracker.emit(Enrolled, { course_id: 'DemoX' });
      run.tracker.emit('another');
    });
    expect(run.events().map(({ context }) => context)).toEqual([
      { user_id: 7, email: '[redacted]', username: '[redacted]' },
      { user_id: 7, email: 'ada@example.com', username: '[redacted]' },
    ]);
  });
});

describe('expectNoViolations', () => {
  it('fails a test with every violation and where it is, and passes without', async () => {
    const module = await Test.createTestingModule({
      imports: [TrackingTestingModule.forRoot({ catalog, logger: new RecordingLogger() })],
    }).compile();
    const tracker = module.get(TrackerService);
    tracker.emit(Played, { at: 1 });
    tracker.emit(Old);
    expect(() => expectNoViolations(module)).not.toThrow();
    tracker.emit(Played, asUntyped({ at: 'noon' }));
    expect(() => expectNoViolations(module)).toThrow(ViolationsFoundException);
    expect(() => expectNoViolations(tracker)).toThrow(
      /video\.played: data\.at must be a number, but was a string \(type-mismatch\), emitted at test\/catalog\/validation\.spec\.ts:\d+/,
    );
    await module.close();
  });
});

describe('TrackingModule: two trackers', () => {
  it('have a catalog each', async () => {
    const logger = new RecordingLogger();
    const run = await startTracking(
      { catalog: [Played], logger },
      { imports: [TrackingModule.forRoot({ name: 'second', catalog: [Enrolled], logger })] },
    );
    run.tracker.emit(Enrolled, { course_id: 'DemoX' });
    expect(run.tracker.violations.list()).toEqual([expect.objectContaining({ kind: 'unplanned-event' })]);
  });
});
