import { Injectable } from '@nestjs/common';
import {
  backend,
  InjectOptions,
  MemoryBackend,
  processor,
  RoutingBackend,
  type Backend,
  type EventProcessor,
  type TrackingEvent,
} from '../../src/entries';
import { backendsFromSettings } from '../../src/openedx/backends-from-settings';
import type { OpenEdxEngine, OpenEdxNode } from '../../src/openedx/settings-engine';
import { startTracking } from '../support/start-tracking';
import { errorsOf, LOGGER, pathsOf, WHITELIST, withBackends } from './support';
import { MEMORY, engines, recent } from './settings-parts';

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
