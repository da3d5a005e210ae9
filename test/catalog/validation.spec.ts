import { Controller, Get, Injectable } from '@nestjs/common';
import { z } from 'zod';
import {
  backend,
  defineCatalog,
  defineEvent,
  MemoryBackend,
  NotConfirmedException,
  TrackEvent,
  TrackerService,
  TrackingDeadLetters,
  TrackingViolations,
} from 'nestjs-event-tracking';
import { expectBalance, RecordingLogger, startTracking } from '../support/start-tracking';
import { TestCase } from '../support/test-case';
import { Enrolled, Old, Played, asUntyped, catalog, start } from './validation-parts';

describe('EventInspector: an event that matches its definition', () => {
  it.each(['off', 'report', 'reject'] as const)('is sent unchanged, with validation %s', async (mode) => {
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

  it('can also be emitted by its name', async () => {
    const run = await start();
    run.tracker.emit('video.played', { at: 3 });
    expect(run.names()).toEqual(['video.played']);
    expect(run.kinds()).toEqual([]);
  });
});

describe('EventInspector: an event that does not match its definition', () => {
  it('is still sent with validation report, counted, and reported once for each place', async () => {
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

  it('is reported again if another line emits it', async () => {
    const run = await start('report');
    run.tracker.emit(Played, asUntyped({}));
    run.tracker.emit(Played, asUntyped({}));
    const places = run.tracker.violations.list().map(({ location, count }) => [location.replace(/:\d+$/, ''), count]);
    expect(places).toEqual([
      ['test/catalog/validation.spec.ts', 1],
      ['test/catalog/validation.spec.ts', 1],
    ]);
  });

  it('has its line looked up a limited number of times, and is always counted', async () => {
    const run = await start('report');
    for (let at = 0; at < 1100; at++) run.tracker.emit(Played, asUntyped({}));
    const places = run.tracker.violations.list().map(({ location, count }) => [location !== '', count]);
    expect(places).toEqual([
      [true, 1000],
      [false, 100],
    ]);
    expect(run.ledger.tracker().violations).toEqual({ 'required-missing': 1100 });
  });

  it('becomes a dead letter with validation reject, with its violations, and is in the ledger', async () => {
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

  it('can be redriven under its id once it matches the catalog; until then it stays', async () => {
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

  it('lacks a required field of the context, which is checked once for each scope', async () => {
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

  it('is an event whose name the catalog does not have', async () => {
    const run = await start();
    run.tracker.emit('vidoe.played', { at: 1 });
    expect(run.kinds()).toEqual(['unplanned-event vidoe.played']);
    expect(run.names()).toEqual(['vidoe.played']);
  });

  it('is a deprecated event, which is sent even if others are rejected', async () => {
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

  it('is checked when it is emitted before the start, and reported when the application has started', async () => {
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

  it('is reported with the method if a decorator emits it', async () => {
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
