import { backend, MemoryBackend, TrackingConfigException, TrackingModule } from '../../src/entries';
import { backendsFromSettings } from '../../src/openedx/backends-from-settings';
import { ASYNC, errorsOf, LOGGER, pathsOf, REGEX, ROUTING, WHITELIST, withBackends } from './support';

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
