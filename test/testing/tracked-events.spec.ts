import { Test } from '@nestjs/testing';
import {
  backend,
  getBackendToken,
  LoggerBackend,
  MemoryBackend,
  RoutingBackend,
  TrackerService,
  TrackingModule,
  type IdentifiedEvent,
} from '../../src/entries';
import { events, TrackedEvents, UntrackedSourceException, type TrackedEvent } from '../../src/entries/testing';
import { buildTracking, closeLater, startTracking } from '../support/start-tracking';
import { compiled } from './compiled';

interface Check {
  readonly attempts: number;
  readonly answers: Readonly<Record<string, string>>;
}

const isCheck = (event: IdentifiedEvent): event is TrackedEvent<Check> & IdentifiedEvent =>
  event.name === 'problem_check';
const namesOf = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name);

async function withEvents() {
  const run = await compiled();
  run.tracker.context({ user_id: 7, course: { id: 'DemoX', org: 'edX' } }, () => {
    run.tracker.emit('problem_check', { attempts: 1, answers: { a: 'x' }, at: new Date(0) });
    run.tracker.emit('problem_show', {});
  });
  run.tracker.emit('problem_check', { attempts: 2, answers: { a: 'y', b: 'z' } });
  run.tracker.emit('play_video', { code: 'hls' });
  return run;
}

describe('events', () => {
  it.each<[string, Parameters<typeof events>[1], number[]]>([
    ['nothing', undefined, [0, 1, 2, 3]],
    ['a name', 'problem_check', [0, 2]],
    ['part of a name', 'problem', []],
    ['an expression', /^problem_/, [0, 1, 2]],
    ['an expression with a state', /problem_/g, [0, 1, 2]],
    ['an asymmetric matcher', expect.stringContaining('video'), [3]],
    ['a function', ({ data }) => data['attempts'] === 2, [2]],
    ['data in part', { data: { attempts: 1 } }, [0]],
    ['data in part, deep inside', { data: { answers: { a: 'y' } } }, [2]],
    ['a field that must not be there', { name: 'problem_check', data: { at: undefined } }, [2]],
    ['an asymmetric matcher in the data', { data: { attempts: expect.any(Number) } }, [0, 2]],
    ['an asymmetric matcher for all the data', { data: expect.objectContaining({ code: 'hls' }) }, [3]],
    ['context in part', { context: { course: { org: 'edX' } } }, [0, 1]],
    ['name, data and context', { name: /check/, data: { at: new Date(0) }, context: { user_id: 7 } }, [0]],
    ['what none has', { context: { user_id: '7' } }, []],
    ['a name that objects inherit', { data: { constructor: expect.anything() } }, []],
  ])('filters by %s', async (_by, filter, expected) => {
    const { module } = await withEvents();

    expect(events(module, filter)).toEqual(expected.map((index) => events(module)[index]));
  });

  it('reads an application, a module, a tracker, a backend, and what it has read itself', async () => {
    const { module, tracker } = await withEvents();
    const app = closeLater(module.createNestApplication());

    const all = events(module);
    expect(all).toHaveLength(4);
    for (const source of [app, tracker, tracker.backend<MemoryBackend>('memory'), TrackedEvents.of(module)])
      expect(events(source)).toEqual(all);
  });

  it('gives copies: what a test does to them, no other read sees', async () => {
    const { module } = await withEvents();

    events(module)[0]!.data['attempts'] = 'spoilt';

    expect(events(module)[0]!.data['attempts']).toBe(1);
  });

  it('has the types that the caller gives, or that a function proves', async () => {
    const { module } = await withEvents();

    const given = events<Check, { user_id: number }>(module, 'problem_check')[0]!;
    const attempts: number = given.data.attempts;
    const user: number = given.context.user_id;
    const proven: Check = events(module, isCheck)[0]!.data;
    // @ts-expect-error a field that Check does not have
    const none: unknown = proven.grade;

    expect([attempts, user, proven.answers, none]).toEqual([1, 7, { a: 'x' }, undefined]);
  });

  it('reads the only MemoryBackend of an application, wherever it stands', async () => {
    const run = await startTracking({
      backends: { branch: backend(RoutingBackend, {}, { backends: { recent: backend(MemoryBackend) } }) },
    });
    run.tracker.emit('a');

    expect(namesOf(events(run.app))).toEqual(['a']);
  });

  it('reads the one called memory of several, or the one that is named', async () => {
    const run = await startTracking({ backends: { a: backend(MemoryBackend), memory: backend(MemoryBackend) } });
    run.tracker.emit('e');
    run.tracker.backend<MemoryBackend>('a').clear();

    expect(namesOf(events(run.app))).toEqual(['e']);
    expect(events(run.app, undefined, { backend: 'a' })).toEqual([]);
  });

  it('reads what was put into the place of a backend', async () => {
    const memory = new MemoryBackend();
    const module = await Test.createTestingModule({
      imports: [
        TrackingModule.forRoot({ backends: { log: backend(LoggerBackend, { path: '/nowhere/tracking.log' }) } }),
      ],
    })
      .overrideProvider(getBackendToken('log'))
      .useValue(memory)
      .compile();
    const app = await closeLater(module).init();
    app.get(TrackerService).emit('a');

    expect(namesOf(events(app))).toEqual(['a']);
  });

  it('is empty while tracking is switched off', async () => {
    const run = await startTracking({ enabled: false });
    run.tracker.emit('a');

    expect(events(run.app)).toEqual([]);
    expect(TrackedEvents.of(run.app).isOff).toBe(true);
  });

  it.each<[string, () => unknown, string, string]>([
    [
      'no tracking',
      async () => closeLater(await Test.createTestingModule({}).compile()),
      'the application has no tracker "default".',
      'add imports: [TrackingTestingModule.forRoot()]',
    ],
    [
      'no start',
      async () => {
        const { app, tracker } = await buildTracking();
        tracker.emit('a');
        return app;
      },
      'the application has not started, so emitted events are waiting (1 so far).',
      'await module.init(), or import TrackingTestingModule',
    ],
    [
      'nothing in memory',
      async () => (await startTracking({ backends: {} })).app,
      'the tracker "default" has no MemoryBackend.',
      "use .overrideProvider(getBackendToken('tracking_logs')).useValue(new MemoryBackend())",
    ],
    [
      'several in memory',
      async () => (await startTracking({ backends: { a: backend(MemoryBackend), b: backend(MemoryBackend) } })).app,
      'the tracker "default" has several MemoryBackends: a, b.',
      "choose one: events(app, undefined, { backend: 'a' })",
    ],
    [
      'a stub as its tracker',
      async () =>
        closeLater(
          await Test.createTestingModule({ providers: [{ provide: TrackerService, useValue: {} }] }).compile(),
        ),
      'the tracker "default" was replaced by an object, which stores no events.',
      'remove the replacement',
    ],
    ['a list', () => [], 'a list of 0 is neither an application nor a tracker.', 'call events(app)'],
    ['nothing', () => undefined, 'undefined is neither an application nor a tracker.', 'call events(app)'],
  ])('says what is wrong with an application of %s', async (_of, make, what, fix) => {
    const source = (await make()) as never;

    const read = () => events(source);
    expect(read).toThrow(UntrackedSourceException);
    expect(read).toThrow(`no events can be read: ${what}`);
    expect(read).toThrow(`\n  Fix: ${fix}`);
  });

  it('says so when the application was not awaited', () => {
    expect(() => events(Test.createTestingModule({}).compile() as never)).toThrow(
      'a promise (await it first) is neither',
    );
  });

  it('says which backends there are when the one named is not among them', async () => {
    const { module } = await compiled();

    expect(() => events(module, undefined, { backend: 'recent' })).toThrow(
      'the tracker "default" has no MemoryBackend at "recent"; it has: memory.',
    );
    expect(() => events(module, undefined, { tracker: 'audit' })).toThrow('the application has no tracker "audit".');
  });
});

describe('TrackedEvents', () => {
  it('shows what is emitted later too, and after clear only that', async () => {
    const { module, tracker } = await withEvents();
    const tracked = TrackedEvents.of(module);
    expect([...tracked]).toHaveLength(4);

    tracked.clear();
    tracker.emit('later');

    expect(namesOf([...tracked])).toEqual(['later']);
    expect(namesOf(tracked.all(/^l/))).toEqual(['later']);
    expect(tracked.all('problem_check')).toEqual([]);
    expect(tracked.ledger?.tracker().emitted).toBe(5);
  });

  it('counts what gave way to newer events', async () => {
    const { module, tracker } = await compiled({ maxEvents: 1 });
    tracker.emit('a');
    tracker.emit('b');

    expect(TrackedEvents.of(module).evicted).toBe(1);
  });
});

describe('MemoryBackend.watch', () => {
  it('tells each event as it is kept, in a copy, until it is ended', async () => {
    const { tracker } = await compiled();
    const memory = tracker.backend<MemoryBackend>('memory');
    const told: string[] = [];
    const end = memory.watch((event) => {
      told.push(event.name);
      event.data['n'] = 0;
    });

    tracker.emit('a', { n: 1 });
    expect(told).toEqual(['a']);
    end();
    tracker.emit('b');

    expect(told).toEqual(['a']);
    expect(memory.last('a')?.data).toEqual({ n: 1 });
  });

  it('keeps the event, and tells the next, when one who watches throws', async () => {
    const { tracker } = await compiled();
    const memory = tracker.backend<MemoryBackend>('memory');
    const told: string[] = [];
    memory.watch(() => {
      throw new Error('looking on');
    });
    memory.watch(({ name }) => told.push(name));

    tracker.emit('a');

    expect([told, memory.events()]).toEqual([['a'], [expect.objectContaining({ name: 'a' })]]);
    expect(tracker.ledger.node('memory')).toMatchObject({ passed: 1, dropped: {} });
  });
});
