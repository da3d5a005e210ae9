import { backend, MemoryBackend, RoutingBackend } from '../../src/entries';
import type { ProducerDescription } from '../../src/entries/extend';
import { backendsFromSettings } from '../../src/openedx/backends-from-settings';
import type { OpenEdxNode } from '../../src/openedx/settings-engine';
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
import { MEMORY, clock, engines, recent } from './settings-parts';

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
