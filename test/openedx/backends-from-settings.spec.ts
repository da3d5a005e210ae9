import { Injectable } from '@nestjs/common';
import {
  backend,
  InjectOptions,
  MemoryBackend,
  processor,
  RoutingBackend,
  TrackingConfigException,
  TrackingModule,
  type Backend,
  type EventOutcome,
  type EventProcessor,
  type TrackingEvent,
} from '../../src/entries';
import type { ProducerDescription } from '../../src/entries/extend';
import { backendsFromSettings } from '../../src/openedx/backends-from-settings';
import type { OpenEdxEngine, OpenEdxNode } from '../../src/openedx/settings-engine';
import { LogFolder } from '../support/log-folder';
import { startTracking } from '../support/start-tracking';
import {
  ASYNC,
  documentedExample,
  EVENT_BUS,
  EVENT_BUS_IN_DOCUMENTATION,
  errorsOf,
  LOGGER,
  pathsOf,
  REGEX,
  ROUTING,
  WHITELIST,
  withBackends,
} from './support';

const MEMORY = 'acme.tracking.Recent';
const engines = { [MEMORY]: MemoryBackend };
const recent = { ENGINE: MEMORY, OPTIONS: { maxEvents: 10 } };
const clock = (): number => Date.UTC(2026, 10, 24, 12);

describe('backendsFromSettings', () => {
  it('reads a tree of any depth, which filters and routes as the settings say', async () => {
    const folder = new LogFolder();
    const settings = {
      EVENT_TRACKING_ENABLED: true,
      EVENT_TRACKING_PROCESSORS: [
        { ENGINE: REGEX, OPTIONS: { filter_type: 'blocklist', regular_expressions: ['internal\\.'] } },
      ],
      EVENT_TRACKING_BACKENDS: {
        tracking_logs: {
          ENGINE: ROUTING,
          OPTIONS: { backends: { logger: { ENGINE: LOGGER, OPTIONS: { name: 'tracking', max_event_size: 50000 } } } },
        },
        learning: {
          ENGINE: ROUTING,
          OPTIONS: {
            processors: [{ ENGINE: WHITELIST, OPTIONS: { whitelist: ['problem_check', 'play_video'] } }],
            backends: {
              all: recent,
              problems: {
                ENGINE: ROUTING,
                OPTIONS: {
                  processors: [{ ENGINE: REGEX, OPTIONS: { regular_expressions: ['problem_'] } }],
                  backends: { recent },
                },
              },
            },
          },
        },
      },
    };
    const { app, tracker, names } = await startTracking({
      ...backendsFromSettings(settings, engines, { logger: { path: folder.file() } }),
      clock,
    });
    for (const name of ['problem_check', 'play_video', 'problem_show', 'internal.probe']) tracker.emit(name, { name });
    await app.close();

    expect(names('learning/all')).toEqual(['problem_check', 'play_video']);
    expect(names('learning/problems/recent')).toEqual(['problem_check']);
    expect(folder.lines()).toEqual(
      ['problem_check', 'play_video', 'problem_show'].map(
        (name) =>
          `{"name": "${name}", "timestamp": "2026-11-24T12:00:00+00:00", "data": {"name": "${name}"}, "context": {}}`,
      ),
    );
  });

  it('takes an object, an environment of texts, and one text for all of it, and makes the same of them', () => {
    const settings = {
      EVENT_TRACKING_ENABLED: false,
      EVENT_TRACKING_PROCESSORS: [{ ENGINE: WHITELIST, OPTIONS: { whitelist: ['a'] } }],
      EVENT_TRACKING_BACKENDS: { recent },
      TZ: 'UTC',
    };
    const environment = Object.fromEntries(
      Object.entries(settings).map(([name, value]) => [name, JSON.stringify(value)]),
    );
    const read = backendsFromSettings(settings, engines);

    expect(read).toMatchObject({
      enabled: false,
      processors: [{ options: { names: ['a'] } }],
      backends: { recent: {} },
    });
    expect(backendsFromSettings(environment, engines)).toEqual(read);
    expect(backendsFromSettings(JSON.stringify(settings), engines)).toEqual(read);
  });

  it('takes null and absent OPTIONS, processors and backends for none, and a set for a list', async () => {
    const branch = {
      ENGINE: ROUTING,
      OPTIONS: { processors: null, backends: { recent: { ENGINE: MEMORY, OPTIONS: null } } },
    };
    const only = [{ ENGINE: WHITELIST, OPTIONS: { whitelist: new Set(['a']) } }];
    const settings = {
      EVENT_TRACKING_PROCESSORS: only,
      EVENT_TRACKING_BACKENDS: {
        branch,
        empty: { ENGINE: ROUTING, OPTIONS: { backends: null } },
        bare: { ENGINE: ROUTING },
      },
    };
    const { tracker, names } = await startTracking(backendsFromSettings(settings, engines));
    tracker.emit('a');
    tracker.emit('b');

    expect(names('branch/recent')).toEqual(['a']);
  });

  describe.each([
    ['on', [true, 1, 'true', 'True', 'TRUE', ' yes ', 'on', '1', 'y', 't'], true],
    ['off', [false, 0, null, 'false', 'False', 'no', 'off', '0', 'n', 'f', 'None', 'null'], false],
  ])('a switch that is %s', (_title, values, expected) => {
    it.each(values)('may be written as %j', (value) => {
      const bus: OpenEdxNode['eventBus'][] = [];
      const settings = {
        EVENT_TRACKING_ENABLED: value,
        SEND_TRACKING_EVENT_EMITTED_SIGNAL: value,
        ...withBackends({ bus: { ENGINE: EVENT_BUS } }),
      };
      const { enabled } = backendsFromSettings(settings, {
        [EVENT_BUS]: (_options, { eventBus }) => {
          bus.push(eventBus);
          return backend(MemoryBackend);
        },
      });
      expect({ enabled, bus }).toEqual({ enabled: expected, bus: [{ enabled: expected, names: [] }] });
    });
  });

  it.each(['', 'enabled', 'tru', 2, NaN, [], {}, '"false"'])(
    'refuses %j as a switch, and says what it can be',
    (value) => {
      const [fault, ...others] = errorsOf({ EVENT_TRACKING_ENABLED: value });
      expect(others).toEqual([]);
      expect(fault).toMatchObject({ path: 'EVENT_TRACKING_ENABLED', fix: '"EVENT_TRACKING_ENABLED": true, or false' });
      expect(fault?.what).toContain('expected one of true, yes, on, 1, y, t, false, no, off, 0, n, f, none, null');
    },
  );

  it('builds nothing of the tree where tracking is switched off, and tells its faults all the same', async () => {
    const off = { EVENT_TRACKING_ENABLED: 'false', ...withBackends({ recent }) };
    const { app, tracker } = await startTracking(backendsFromSettings(off, engines));
    tracker.emit('e');
    await app.close();

    expect(tracker.ledger.nodes().map(({ path }) => path)).toEqual(['']);
    expect(pathsOf({ ...off, ...withBackends({ recent: {} }) })).toEqual(['EVENT_TRACKING_BACKENDS.recent.ENGINE']);
  });

  describe('of the examples in the documentation of the reference', () => {
    const stand = { 'dummy.backend.engine': MemoryBackend };
    const bus = { EVENT_BUS_TRACKING_LOGS: ['edx.course.enrollment.activated', 'edx.course.enrollment.deactivated'] };

    it.each([EVENT_BUS_IN_DOCUMENTATION, EVENT_BUS])(
      'loads xapi with %s as it stands, and asks where the bus is once it is switched on',
      async (engine) => {
        const settings = { ...documentedExample('xapi', engine), ...bus };
        const folder = new LogFolder();
        const read = backendsFromSettings(settings, stand, { logger: { path: folder.file() } });
        const { app, tracker, ledger, names } = await startTracking(read);
        tracker.emit('edx.course.enrollment.activated');
        await app.close();
        expect(names('xapi/xapi')).toEqual([]); // what is emitted goes onto the bus, or nowhere
        expect(ledger.node('xapi')).toMatchObject({ received: 1, dropped: { filtered: 1 } });

        expect(errorsOf({ ...settings, SEND_TRACKING_EVENT_EMITTED_SIGNAL: true }, stand)).toEqual([
          {
            path: 'EVENT_TRACKING_BACKENDS.xapi',
            what: 'SEND_TRACKING_EVENT_EMITTED_SIGNAL is on, but there is no producer for the bus.',
            fix: expect.stringContaining('eventBus: { producer: redisStreams({ url }) }'),
          },
        ]);
      },
    );

    it('sends what the settings allow through the producer that it is given', async () => {
      const sent: string[] = [];
      const producer: ProducerDescription = {
        kind: 'producer',
        delivery: { batch: { maxWaitMs: 1 } },
        encode: (log) => Buffer.from(JSON.stringify(log)),
        open: ({ topic }) => ({
          delivery: {},
          send: (messages) => {
            sent.push(...messages.map(({ name }) => `${topic}: ${name}`));
            return Promise.resolve(undefined);
          },
          close: () => Promise.resolve(),
        }),
      };
      const settings = { ...documentedExample('xapi', EVENT_BUS), ...bus, SEND_TRACKING_EVENT_EMITTED_SIGNAL: 'true' };
      const folder = new LogFolder();
      const read = backendsFromSettings(settings, stand, {
        logger: { path: folder.file() },
        eventBus: { producer, topic: 'events' },
      });
      const { app, tracker } = await startTracking(read);
      for (const each of ['activated', 'mode_changed', 'deactivated']) tracker.emit(`edx.course.enrollment.${each}`);
      await app.close();
      expect(sent).toEqual(['events: edx.course.enrollment.activated', 'events: edx.course.enrollment.deactivated']);
    });

    it.each([
      ['xapi', EVENT_BUS_IN_DOCUMENTATION],
      ['xapi', EVENT_BUS],
    ])('loads %s with %s as it stands, once its name stands for a routing backend', async (name, engine) => {
      const folder = new LogFolder();
      const text = JSON.stringify({ ...documentedExample(name, engine), ...bus });
      const read = backendsFromSettings(
        text,
        { ...stand, [engine]: RoutingBackend },
        { logger: { path: folder.file() } },
      );
      const { app, tracker, names } = await startTracking(read);
      for (const each of ['activated', 'mode_changed', 'deactivated']) tracker.emit(`edx.course.enrollment.${each}`);
      await app.close();

      expect(names(`${name}/${name}`)).toEqual(bus.EVENT_BUS_TRACKING_LOGS);
      expect(folder.lines()).toHaveLength(3);
    });

    it('loads caliper as it stands, with a queue in the process', async () => {
      const folder = new LogFolder();
      const read = backendsFromSettings(documentedExample('caliper', ASYNC), stand, {
        logger: { path: folder.file() },
      });
      const { app, tracker, ledger, names } = await startTracking(read);
      for (const each of ['activated', 'mode_changed', 'deactivated']) tracker.emit(`edx.course.enrollment.${each}`);
      expect(names('caliper/caliper')).toEqual([]);
      await app.close();
      expect(names('caliper/caliper')).toEqual(bus.EVENT_BUS_TRACKING_LOGS);
      expect(folder.lines()).toHaveLength(3);
      expect(ledger.node('caliper')).toMatchObject({ passed: 2, dropped: { filtered: 1 }, work: { settled: 2 } });
    });
  });
});

describe('The options of the reference', () => {
  /** What becomes of events with data of so many characters, with these options of the logger. */
  async function written(options: object, logger = {}): Promise<EventOutcome[]> {
    const folder = new LogFolder();
    const read = backendsFromSettings(
      withBackends({ log: { ENGINE: LOGGER, OPTIONS: options } }),
      {},
      {
        logger: { path: folder.file(), ...logger },
      },
    );
    const { tracker } = await startTracking({ ...read, clock });
    const line = '{"name": "e", "timestamp": "2026-11-24T12:00:00+00:00", "data": {"text": ""}, "context": {}}';
    const outcomes: EventOutcome[] = [];
    for (const size of [1024, 1025, 100_000]) {
      const told: unknown = await tracker
        .emitConfirmed('e', { text: 'x'.repeat(size - line.length) })
        .catch((e: unknown) => e);
      outcomes.push((told as { destinations: Record<string, EventOutcome> }).destinations['log'] ?? 'pending');
    }
    return outcomes;
  }

  it('max_event_size is the most characters of a line, inclusive; absent or null it is no limit', async () => {
    expect(await written({ max_event_size: 1024 })).toEqual(['delivered', 'dropped', 'dropped']);
    expect(await written({ max_event_size: 1025 })).toEqual(['delivered', 'delivered', 'dropped']);
    expect(await written({ max_event_size: null })).toEqual(['delivered', 'delivered', 'delivered']);
    expect(await written({})).toEqual(['delivered', 'delivered', 'delivered']);
  });

  it.each([-1, NaN, Infinity, true, '1024', [], {}])('max_event_size is refused as %p', (size) => {
    const settings = withBackends({ log: { ENGINE: LOGGER, OPTIONS: { max_event_size: size } } });
    expect(pathsOf(settings)).toEqual(['EVENT_TRACKING_BACKENDS.log.OPTIONS.max_event_size']);
  });

  it('max_event_size comes before the maxEventBytes of the target, which makes up for the reference having a default', async () => {
    expect(await written({}, { maxEventBytes: 1024 })).toEqual(['delivered', 'dropped', 'dropped']);
    expect(await written({ max_event_size: null }, { maxEventBytes: 1024 })).toEqual([
      'delivered',
      'delivered',
      'delivered',
    ]);
  });

  it.each([
    ['debug', 'debug'],
    ['INFO', 'log'],
    ['warning', 'warn'],
    ['warn', 'warn'],
    ['Error', 'error'],
    ['critical', 'fatal'],
    ['fatal', 'fatal'],
    [undefined, 'log'],
  ])('level %s is the method %s of a Nest logger', async (level, method) => {
    const lines: [string, unknown][] = [];
    const methods = ['verbose', 'debug', 'log', 'warn', 'error', 'fatal'];
    const logger = Object.fromEntries(methods.map((each) => [each, (line: unknown) => void lines.push([each, line])]));
    const settings = withBackends({ log: { ENGINE: LOGGER, OPTIONS: level === undefined ? {} : { level } } });
    const read = backendsFromSettings(settings, {}, { logger: { logger: logger as never, format: 'json' } });
    const { tracker } = await startTracking(read);
    tracker.emit('e');

    expect(lines).toEqual([[method, expect.stringContaining('"name":"e"')]]);
  });

  it('level changes nothing in a file, where every event is a line', async () => {
    expect(await written({ level: 'debug' })).toEqual(['delivered', 'delivered', 'delivered']);
  });

  it('name chooses where a logger writes, if the target is a function; the root logger is the empty name', async () => {
    const folder = new LogFolder();
    const log = (OPTIONS: object): object => ({ ENGINE: LOGGER, OPTIONS });
    const settings = withBackends({ a: log({ name: 'tracking' }), b: log({ name: null }), c: log({}) });
    const target = (name: string): object => ({ path: folder.file(name === '' ? 'root.log' : `${name}.log`) });
    const { app, tracker } = await startTracking(backendsFromSettings(settings, {}, { logger: target }));
    tracker.emit('e');
    await app.close();

    expect(folder.lines('tracking.log')).toHaveLength(1);
    expect(folder.lines('root.log')).toHaveLength(2);
  });

  it('writes to standard output where no target is given', () => {
    const { backends } = backendsFromSettings(withBackends({ log: { ENGINE: LOGGER, OPTIONS: { name: 'tracking' } } }));
    expect(backends['log']?.options).toEqual({ format: 'reference', maxEventBytes: undefined });
  });

  it('filter_type and regular_expressions have the defaults of the reference: an allowlist of nothing', async () => {
    const filter = (OPTIONS: object): object => ({
      ENGINE: MEMORY,
      OPTIONS: { processors: [{ ENGINE: REGEX, OPTIONS }] },
    });
    const read = backendsFromSettings(
      withBackends({ nothing: filter({}), all: filter({ filter_type: 'blocklist', regular_expressions: null }) }),
      engines,
    );
    const { tracker, names } = await startTracking(read);
    tracker.emit('e');

    expect([names('nothing'), names('all')]).toEqual([[], ['e']]);
  });
});

describe('An engine', () => {
  @Injectable()
  class Stamp implements EventProcessor {
    constructor(@InjectOptions() private readonly options: { readonly release: string }) {}

    process(event: TrackingEvent): void {
      event.data['release'] = this.options.release;
    }
  }
  @Injectable()
  class Kept implements Backend {
    readonly received: [string, unknown][] = [];

    constructor(@InjectOptions() private readonly options: { readonly tag: string }) {}

    send(event: TrackingEvent): void {
      this.received.push([this.options.tag, event.data]);
    }
  }
  const stamp = { ENGINE: 'acme.Stamp', OPTIONS: { release: '2026.11' } };

  it('may be a class, which is given the options as they are', async () => {
    const settings = {
      EVENT_TRACKING_PROCESSORS: [stamp],
      ...withBackends({ kept: { ENGINE: 'acme.Kept', OPTIONS: { tag: 'x' } } }),
    };
    const { tracker } = await startTracking(backendsFromSettings(settings, { 'acme.Stamp': Stamp, 'acme.Kept': Kept }));
    tracker.emit('e', { a: 1 });

    expect(tracker.backend<Kept>('kept').received).toEqual([['x', { a: 1, release: '2026.11' }]]);
  });

  it('may be a function, which is told where it stands, what stands inside, and what the bus is to do', () => {
    const nodes: OpenEdxNode[] = [];
    const settings = {
      SEND_TRACKING_EVENT_EMITTED_SIGNAL: 'true',
      EVENT_BUS_TRACKING_LOGS: '["a"]',
      ...withBackends({
        outer: { ENGINE: 'acme.Outer', OPTIONS: { url: 'x', processors: [stamp], backends: { inner: recent } } },
      }),
    };
    const given: unknown[] = [];
    backendsFromSettings(settings, {
      ...engines,
      'acme.Stamp': Stamp,
      'acme.Outer': (options, node) => {
        given.push(options);
        nodes.push(node);
        return backend(RoutingBackend);
      },
    });

    expect(given).toEqual([{ url: 'x' }]);
    expect(nodes).toEqual([
      {
        path: 'EVENT_TRACKING_BACKENDS.outer',
        engine: 'acme.Outer',
        processors: [processor(Stamp, { release: '2026.11' })],
        backends: { inner: expect.objectContaining({ type: MemoryBackend }) },
        eventBus: { enabled: true, names: ['a'] },
      },
    ]);
  });

  it('of a function keeps the filters and the children of the settings, though the function passes none on', async () => {
    const only = { ENGINE: WHITELIST, OPTIONS: { whitelist: ['a'] } };
    const settings = withBackends({ x: { ENGINE: 'acme.X', OPTIONS: { processors: [only], backends: { recent } } } });
    const { tracker, names } = await startTracking(
      backendsFromSettings(settings, { ...engines, 'acme.X': () => backend(RoutingBackend) }),
    );
    tracker.emit('a');
    tracker.emit('b');

    expect(names('x/recent')).toEqual(['a']);
  });

  it('of a function gets what has an ENGINE at any depth of the options described, for it to put in place', async () => {
    const options = { by: { day: [{ first: recent }] }, plain: { list: [1, null] } };
    const settings = withBackends({ x: { ENGINE: 'acme.X', OPTIONS: options } });
    const read = backendsFromSettings(settings, {
      ...engines,
      'acme.X': ({ by, plain }) => {
        expect(plain).toEqual(options.plain);
        const { day } = by as { day: { first: ReturnType<typeof backend> }[] };
        return backend(RoutingBackend, {}, { backends: { first: day[0]!.first } });
      },
    });
    const { tracker, names } = await startTracking(read);
    tracker.emit('e');

    expect(names('x/first')).toEqual(['e']);
  });

  it('of a function may give a processor as a plain function', async () => {
    const settings = { EVENT_TRACKING_PROCESSORS: [{ ENGINE: 'acme.Upper' }], ...withBackends({ recent }) };
    const read = backendsFromSettings(settings, {
      ...engines,
      'acme.Upper': () => (event) => ({ ...event, name: event.name.toUpperCase() }),
    });
    const { tracker, names } = await startTracking(read);
    tracker.emit('e');

    expect(names('recent')).toEqual(['E']);
  });

  it('of a processor has options of its own that are called processors and backends', () => {
    const options = { processors: 5, backends: ['lrs'] };
    const settings = {
      ...withBackends({ logs: { ENGINE: LOGGER } }),
      EVENT_TRACKING_PROCESSORS: [{ ENGINE: 'acme.Stamp', OPTIONS: options }],
    };
    expect(backendsFromSettings(settings, { 'acme.Stamp': Stamp }).processors).toEqual([
      processor(Stamp, options as never),
    ]);
  });

  it('comes before the one of the reference under its name', async () => {
    const { tracker, names } = await startTracking(
      backendsFromSettings(withBackends({ log: { ENGINE: LOGGER, OPTIONS: { maxEvents: 1 } } }), {
        [LOGGER]: MemoryBackend,
      }),
    );
    tracker.emit('e');

    expect(names('log')).toEqual(['e']);
  });

  const OF_X = 'EVENT_TRACKING_BACKENDS.x';
  class Neither {}
  const refused: [string, object, object, string, RegExp][] = [
    ['is not known', { ENGINE: 'acme.X' }, {}, `${OF_X}.ENGINE`, /no engine is known for "acme\.X"/],
    [
      'is misspelt',
      { ENGINE: 'eventtracking.LoggerBackend' },
      {},
      `${OF_X}.ENGINE`,
      /write "eventtracking\.backends\.logger\.LoggerBackend" if that is meant/,
    ],
    ['is a property of every object', { ENGINE: 'constructor' }, {}, `${OF_X}.ENGINE`, /no engine is known/],
    [
      'is a class of neither kind',
      { ENGINE: 'acme.X' },
      { 'acme.X': Neither },
      `${OF_X}.ENGINE`,
      /Neither.*no send, sendBatch or process/,
    ],
    [
      'is a processor among backends',
      { ENGINE: WHITELIST, OPTIONS: { whitelist: [] } },
      {},
      `${OF_X}.ENGINE`,
      /is a processor, but is listed with the backends/,
    ],
    [
      'gives nothing',
      { ENGINE: 'acme.X' },
      { 'acme.X': () => undefined },
      `${OF_X}.ENGINE`,
      /returned undefined; expected a backend or a processor/,
    ],
    [
      'gives a class',
      { ENGINE: 'acme.X' },
      { 'acme.X': () => MemoryBackend },
      `${OF_X}.ENGINE`,
      /returned the function MemoryBackend/,
    ],
    [
      'is no function',
      { ENGINE: 'acme.X' },
      { 'acme.X': 'Kept' },
      'engines["acme.X"]',
      /a string of 4 characters; expected a class or a function/,
    ],
    [
      'has children, but hands nothing on',
      { ENGINE: MEMORY, OPTIONS: { backends: { recent } } },
      engines,
      `${OF_X}.OPTIONS.backends`,
      /MemoryBackend is not a routing backend/,
    ],
    [
      'is a class with another ENGINE in its options',
      { ENGINE: 'acme.X', OPTIONS: { by: [0, recent] } },
      { ...engines, 'acme.X': Kept },
      `${OF_X}.OPTIONS.by[1]`,
      /Nest builds backends/,
    ],
    [
      'throws',
      { ENGINE: 'acme.X' },
      {
        'acme.X': () => {
          throw new Error('no such queue');
        },
      },
      `${OF_X}.ENGINE`,
      /failed: Error: no such queue/,
    ],
    [
      'throws faults of a class',
      { ENGINE: 'acme.X' },
      { 'acme.X': () => backend(MemoryBackend, new MemoryBackend({ maxEvents: 0 }) as object) },
      `${OF_X} (MemoryBackend)`,
      /maxEvents is 0/,
    ],
  ];

  it.each(refused)('that %s is refused where it stands', (_title, node, given, path, text) => {
    const errors = errorsOf(withBackends({ x: node }), given as never);
    const [told] = errors.filter((fault) => fault.path === path);
    expect(`${String(told?.what)} ${String(told?.fix)}`).toMatch(text);
  });

  it('that is neither a class nor a function does not compile, nor does a target with a level', () => {
    // @ts-expect-error an engine is a class or a function
    expect(pathsOf(withBackends({ logs: { ENGINE: LOGGER } }), { x: 5 })).toEqual(['engines.x']);
    // @ts-expect-error an engine describes a backend or a processor
    const given: OpenEdxEngine = () => 5;
    expect(pathsOf(withBackends({ x: { ENGINE: 'x' } }), { x: given })).toEqual(['EVENT_TRACKING_BACKENDS.x.ENGINE']);
    // @ts-expect-error the settings give each logger its level
    expect(pathsOf(withBackends({ logs: { ENGINE: LOGGER } }), {}, { logger: { level: 'info' } })).toEqual([
      'options.logger',
    ]);
  });

  it('that is a backend among processors is refused where it stands', () => {
    expect(
      pathsOf({ ...withBackends({ logs: { ENGINE: LOGGER } }), EVENT_TRACKING_PROCESSORS: [{ ENGINE: LOGGER }] }),
    ).toEqual(['EVENT_TRACKING_PROCESSORS[0].ENGINE']);
  });
});

describe('What is wrong in settings', () => {
  it('is told all at once, each with its place, what is wrong, and what fixes it', () => {
    const settings = {
      EVENT_TRACKING_ENABLED: 'sometimes',
      SEND_TRACKING_EVENT_EMITTED_SIGNAL: [],
      EVENT_BUS_TRACKING_LOGS: 'edx.course.enrollment',
      EVENT_TRACKING_PROCESSORS: [{ ENGINE: WHITELIST }, 7, { OPTIONS: {} }],
      EVENT_TRACKING_BACKENDS: {
        caliper: {
          ENGINE: ASYNC,
          OPTIONS: {
            backend_name: 'calliper',
            processors: [
              { ENGINE: REGEX, OPTIONS: { filter_type: 'allow', regular_expressions: ['(', 'ok', 5, '(.*)*x\\1'] } },
              { ENGINE: REGEX, OPTIONS: { regular_expressions: 'edx' } },
            ],
            backends: { lrs: { ENGINE: 'acme.Lrs' } },
          },
        },
        'my log': { ENGINE: LOGGER, OPTIONS: { name: 5, max_event_size: '1024', level: 'exception', path: 'x' } },
        mongo: { ENGINE: 'eventtracking.backends.mongodb.MongoBackend', OPTIONS: { password: 'secret' } },
        route: { ENGINE: ROUTING, PROCESSORS: [], OPTIONS: { backends: [], processors: {}, backend_name: 'route' } },
        nothing: null,
        tuple: { ENGINE: 5, OPTIONS: [] },
      },
    };
    const errors = errorsOf(settings);

    expect(errors.map(({ path, what }) => `${path}: ${what}`)).toEqual([
      'EVENT_TRACKING_ENABLED: it is a string of 9 characters; expected one of true, yes, on, 1, y, t, false, no, off, 0, n, f, none, null.',
      'SEND_TRACKING_EVENT_EMITTED_SIGNAL: it is a list of 0; expected one of true, yes, on, 1, y, t, false, no, off, 0, n, f, none, null.',
      'EVENT_BUS_TRACKING_LOGS: it is a string that is not JSON.',
      'EVENT_TRACKING_PROCESSORS[0].OPTIONS.whitelist: it is missing; expected a list of strings.',
      'EVENT_TRACKING_PROCESSORS[1]: it is 7; expected an object with an ENGINE.',
      'EVENT_TRACKING_PROCESSORS[2].ENGINE: it is missing.',
      'EVENT_TRACKING_BACKENDS.caliper.OPTIONS.processors[0].OPTIONS.filter_type: it is "allow"; expected "allowlist" or "blocklist".',
      expect.stringMatching(
        /^EVENT_TRACKING_BACKENDS\.caliper\.OPTIONS\.processors\[0\]\.OPTIONS\.regular_expressions\[0\]: "\(" is not a regular expression/,
      ),
      'EVENT_TRACKING_BACKENDS.caliper.OPTIONS.processors[0].OPTIONS.regular_expressions[2]: it is 5; expected a string.',
      expect.stringMatching(
        /^EVENT_TRACKING_BACKENDS\.caliper\.OPTIONS\.processors\[0\]\.OPTIONS\.regular_expressions\[3\]: .* has a back-reference, and repetitions whose ways multiply/,
      ),
      'EVENT_TRACKING_BACKENDS.caliper.OPTIONS.processors[1].OPTIONS.regular_expressions: it is a string of 3 characters; expected a list of strings.',
      'EVENT_TRACKING_BACKENDS.caliper.OPTIONS.backends.lrs.ENGINE: no engine is known for "acme.Lrs".',
      'EVENT_TRACKING_BACKENDS.caliper.OPTIONS.backend_name: it is "calliper", but the node has another name: the reference queues such events and never delivers them.',
      'EVENT_TRACKING_BACKENDS["my log"]: the name "my log" has other characters than letters, digits, "_", "." and "-".',
      'EVENT_TRACKING_BACKENDS["my log"].OPTIONS.name: it is 5; expected a string.',
      'EVENT_TRACKING_BACKENDS["my log"].OPTIONS.max_event_size: it is "1024"; expected a number, at least 0.',
      'EVENT_TRACKING_BACKENDS["my log"].OPTIONS.level: it is "exception"; expected "debug", "info", "warning", "warn", "error", "critical" or "fatal".',
      'EVENT_TRACKING_BACKENDS["my log"].OPTIONS.path: unknown option "path"; known options: name, max_event_size, level.',
      'EVENT_TRACKING_BACKENDS.mongo.ENGINE: eventtracking.backends.mongodb.MongoBackend comes with nestjs-event-tracking/mongoose, whose engines were not passed in.',
      'EVENT_TRACKING_BACKENDS.route.PROCESSORS: it is next to ENGINE and OPTIONS, where it is not read.',
      'EVENT_TRACKING_BACKENDS.route.OPTIONS.processors: it is an object; expected a list of processors.',
      'EVENT_TRACKING_BACKENDS.route.OPTIONS.backends: it is a list of 0; expected an object of backends by name.',
      'EVENT_TRACKING_BACKENDS.route.OPTIONS.backend_name: unknown option "backend_name"; there are no options here.',
      'EVENT_TRACKING_BACKENDS.nothing: it is null; expected an object with an ENGINE.',
      'EVENT_TRACKING_BACKENDS.tuple.ENGINE: it is 5; expected the name of a class.',
      'EVENT_TRACKING_BACKENDS.tuple.OPTIONS: it is a list of 0; expected an object of options by name.',
    ]);
    expect(errors.filter(({ fix }) => fix === '')).toEqual([]);
    expect(JSON.stringify(errors)).not.toContain('secret');
  });

  it('is not shown where it is text, since a password may stand there', () => {
    const text = '{"mongo": {"OPTIONS": {"password": \'secret\'}}}';
    for (const settings of [text, { EVENT_TRACKING_BACKENDS: text }]) {
      const [fault, ...others] = errorsOf(settings);
      expect(others).toEqual([]);
      expect(fault?.what).toMatch(/^it is a string that is not JSON( at position \d+)?\.$/);
      expect(JSON.stringify(fault)).not.toContain('secret');
      expect(fault).not.toHaveProperty('cause');
    }
    expect(errorsOf({ EVENT_TRACKING_BACKENDS: text })[0]?.fix).toBe(
      'have Python print it: print(json.dumps(settings.EVENT_TRACKING_BACKENDS, default=list))',
    );
  });

  it('may be the settings themselves: of another kind, or backends without their name', () => {
    for (const settings of [null, undefined, 5, [], '[]', '5', 'null', Symbol('s')]) {
      expect(pathsOf(settings as never)).toEqual(['settings']);
    }
    const [fault] = errorsOf({ tracking_logs: { ENGINE: LOGGER } });
    expect(fault).toMatchObject({
      path: 'settings',
      fix: 'backendsFromSettings({ EVENT_TRACKING_BACKENDS: settings })',
    });
  });

  it('may be the other arguments', () => {
    expect(pathsOf(withBackends({ logs: { ENGINE: LOGGER } }), [] as never, null as never)).toEqual([
      'engines',
      'options',
    ]);
    const logger = { path: '', level: 'info', colour: true };
    expect(pathsOf(withBackends({ logs: { ENGINE: LOGGER } }), {}, { logger, log: 1 } as never)).toEqual([
      'options.log',
      'options.logger',
    ]);
    const log = withBackends({ log: { ENGINE: LOGGER } });
    const byName = (target: unknown): string[] => pathsOf(log, {}, { logger: (() => target) as never });
    expect(pathsOf(log, {}, { logger: { path: '', bufferBytes: -1 } })).toEqual(['options.logger', 'options.logger']);
    expect(byName({ path: '' })).toEqual(['options.logger']);
    expect(byName(undefined)).toEqual(['options.logger']);
    expect(byName(null)).toEqual(['options.logger']);
  });

  it('may be that settings have no end: they stand inside themselves, too deep, or too often', () => {
    const itself: Record<string, unknown> = { ENGINE: ROUTING };
    itself['OPTIONS'] = { backends: { again: itself } };
    expect(errorsOf(withBackends({ itself }))).toEqual([
      expect.objectContaining({
        path: 'EVENT_TRACKING_BACKENDS.itself.OPTIONS.backends.again',
        what: 'it stands inside itself, so the settings have no end.',
      }),
    ]);

    let deep: unknown = { ENGINE: LOGGER };
    for (let level = 0; level < 10_000; level++) deep = { ENGINE: ROUTING, OPTIONS: { backends: { deep } } };
    expect(errorsOf(withBackends({ deep }))[0]?.what).toBe('it is nested deeper than 200 levels.');
    expect(errorsOf(`{"EVENT_TRACKING_BACKENDS":${'['.repeat(50_000)}${']'.repeat(50_000)}}`)[0]?.what).toBe(
      'it is nested deeper than 200 levels.',
    );

    let twice: unknown = { ENGINE: LOGGER };
    for (let level = 0; level < 40; level++) twice = { ENGINE: ROUTING, OPTIONS: { backends: { a: twice, b: twice } } };
    expect(errorsOf(withBackends({ twice }))[0]?.what).toBe('there are more than 200000 values up to here.');
  });

  it('may be that they cannot be read', () => {
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    const throws = {
      get ENGINE(): string {
        throw new Error('not now');
      },
    };
    expect(errorsOf(withBackends({ throws, revoked: revoked.proxy }))).toEqual([
      {
        path: 'EVENT_TRACKING_BACKENDS.throws.ENGINE',
        what: 'it cannot be read: Error: not now.',
        fix: 'use plain lists and objects, as in JSON',
      },
    ]);
    expect(pathsOf(withBackends({ revoked: revoked.proxy }))).toEqual(['EVENT_TRACKING_BACKENDS']);
    expect(new Set(pathsOf(revoked.proxy))).toEqual(new Set(['settings']));
  });

  it('does not reach Object.prototype', () => {
    const text =
      '{"EVENT_TRACKING_BACKENDS": {"__proto__": {"ENGINE": "acme.X", "OPTIONS": {"__proto__": {"polluted": 1}}}}}';
    const given: unknown[] = [];
    const { backends } = backendsFromSettings(text, {
      'acme.X': (options) => (given.push(options), backend(MemoryBackend)),
    });

    expect(Object.keys(backends)).toEqual(['__proto__']);
    expect(Object.keys(given[0] as object)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('is known before the application starts, by the exception of every other configuration', () => {
    expect(() => TrackingModule.forRoot(backendsFromSettings(withBackends({ x: {} })))).toThrow(
      TrackingConfigException,
    );
    expect(() => backendsFromSettings(withBackends({ x: {} }))).toThrow(
      /^1 error in the tracking configuration\.\n {2}1\. EVENT_TRACKING_BACKENDS\.x\.ENGINE: it is missing\.\n {5}Fix: /,
    );
  });
});
