import fc from 'fast-check';
import { MemoryBackend } from '../../src/entries';
import { backendsFromSettings } from '../../src/openedx/backends-from-settings';
import { ASYNC, errorsOf, LOGGER, pathsOf, ROUTING, withBackends } from './support';

const NAMES = ['EVENT_TRACKING_BACKENDS', 'EVENT_TRACKING_PROCESSORS', 'EVENT_TRACKING_ENABLED'] as const;
const logs = { logs: { ENGINE: LOGGER } };

describe('Settings that leave no backend', () => {
  it.each([
    ['nothing at all', {}],
    ['an environment without the variable', { PATH: '/bin', HOME: '/root' }],
    ['a variable that is set to nothing', { EVENT_TRACKING_BACKENDS: '  ' }],
    ['null', { EVENT_TRACKING_BACKENDS: null }],
    ['null as JSON text', { EVENT_TRACKING_BACKENDS: 'null' }],
    ['JSON text', '{}'],
    ['processors only', { EVENT_TRACKING_PROCESSORS: [] }],
    ['an empty object', { EVENT_TRACKING_BACKENDS: {} }],
    ['an empty object as JSON text', { EVENT_TRACKING_BACKENDS: '{}' }],
    ['a node without children', withBackends({ tracking_logs: { ENGINE: ROUTING } })],
    [
      'nodes that pass events on to none',
      withBackends({ a: { ENGINE: ASYNC, OPTIONS: { backends: { b: { ENGINE: ROUTING, OPTIONS: {} } } } } }),
    ],
  ])('are an error: %s', (_, settings) => {
    expect(errorsOf(settings)).toEqual([
      {
        path: 'EVENT_TRACKING_BACKENDS',
        what: expect.stringMatching(/every event would be lost/),
        fix: expect.stringMatching(/"ENGINE".*EVENT_TRACKING_ENABLED=false/),
      },
    ]);
  });

  it('are an error that names the setting which was meant', () => {
    const misspelled = {
      EVENT_TRACKING_BACKEND: logs,
      event_tracking_backends: logs,
      Event_Tracking_Backends: logs,
      EVENT_TRACKNG_BACKENDS: logs,
    };
    for (const [name, value] of Object.entries(misspelled)) {
      expect(errorsOf({ [name]: value })).toEqual([
        {
          path: 'EVENT_TRACKING_BACKENDS',
          what: `it is not set, but "${name}" is, which is not a setting.`,
          fix: 'did you mean EVENT_TRACKING_BACKENDS? Rename it',
        },
      ]);
    }
  });

  it('are taken if tracking is off', () => {
    for (const settings of [{}, withBackends({}), withBackends({ a: { ENGINE: ROUTING } })])
      expect(backendsFromSettings({ ...settings, EVENT_TRACKING_ENABLED: 'false' }).enabled).toBe(false);
  });

  it('are an error that names the lower-case settings of a whole environment', () => {
    const settings = { event_tracking_enabled: 'true', event_tracking_backends: JSON.stringify(logs) };
    expect(pathsOf(settings)).toEqual(['EVENT_TRACKING_ENABLED', 'EVENT_TRACKING_BACKENDS']);
  });

  it('are not reported if a backend is named and cannot be read', () => {
    expect(pathsOf(withBackends({ a: { ENGINE: 'x.Y' } }))).toEqual(['EVENT_TRACKING_BACKENDS.a.ENGINE']);
  });
});

it('A misspelled setting is an error for each of the settings, whatever two letters are wrong', () => {
  fc.assert(
    fc.property(fc.constantFrom(...NAMES), fc.nat(20), fc.stringMatching(/^[a-z]{0,2}$/), (name, at, letters) => {
      const key = name.slice(0, at) + letters + name.slice(at + 1);
      fc.pre(!(NAMES as readonly string[]).includes(key));
      const settings = { EVENT_TRACKING_BACKENDS: logs, [key]: {} };
      if (name === 'EVENT_TRACKING_BACKENDS') expect(() => backendsFromSettings(settings)).not.toThrow();
      else expect(pathsOf(settings)).toContain(name);
    }),
  );
});

it('A setting of another part of the platform is not looked at', () => {
  const settings = { ...withBackends(logs), EVENT_TRACKING_SEGMENTIO_EMIT_WHITELIST: [], TRACKING_ENABLED: 1 };
  expect(backendsFromSettings(settings).enabled).toBe(true);
});

describe('An ENGINE that nothing stands for', () => {
  const XAPI = 'campus.tracking.processors.statements.StatementProcessor';
  const ROUTER = 'campus.tracking.backends.router.Router';

  it('is reported once, whole, with the number of places', () => {
    const node = { ENGINE: ROUTER, OPTIONS: { processors: [{ ENGINE: XAPI }, { ENGINE: XAPI }] } };
    const errors = errorsOf(withBackends({ a: node, b: node, c: node }));
    expect(errors.map(({ what }) => what).sort()).toEqual([
      `no engine is known for "${ROUTER}", here and in 2 other places.`,
      `no engine is known for "${XAPI}", here and in 5 other places.`,
    ]);
    expect(errors.map(({ fix }) => fix)).toContainEqual(
      `add its engine: backendsFromSettings(settings, { "${ROUTER}": MyClass })`,
    );
  });

  it('has a fix that works as it is pasted', () => {
    const [fault] = errorsOf(withBackends({ a: { ENGINE: ROUTER } }));
    const pasted = /\{ ("[^"]+"): MyClass \}/.exec(fault?.fix ?? '')?.[1] ?? '""';
    const engines = { [JSON.parse(pasted) as string]: MemoryBackend };
    expect(Object.keys(backendsFromSettings(withBackends({ a: { ENGINE: ROUTER } }), engines).backends)).toEqual(['a']);
  });

  it('is one place if it occurs twice', () => {
    const errors = errorsOf(withBackends({ a: { ENGINE: ROUTER }, b: { ENGINE: ROUTER } }));
    expect(errors).toEqual([
      expect.objectContaining({ what: expect.stringMatching(/, here and in 1 other place\.$/) }),
    ]);
  });
});
