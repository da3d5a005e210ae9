import { z } from 'zod';
import {
  backend,
  defineEvent,
  MemoryBackend,
  processor,
  Redact,
  TrackingCatalog,
  TrackingConfigException,
  TrackingModule,
  TrackingViolations,
  type ValidationOptions,
} from 'nestjs-event-tracking';
import type { ValidationMode } from 'nestjs-event-tracking/types';
import { RecordingLogger, startTracking } from '../support/start-tracking';
import { Enrolled, Played, asUntyped, catalog, start } from './validation-parts';

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

  it('may ignore unplanned events and undeclared fields', async () => {
    const run = await start({ unplanned: 'off', undeclared: false });
    run.tracker.emit('another', {});
    run.tracker.emit(Played, asUntyped({ at: 1, by: 'me' }));
    expect(run.kinds()).toEqual([]);
  });

  it('is refused at start if it is invalid, together with all other errors', async () => {
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
