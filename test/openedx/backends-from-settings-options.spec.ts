import { type EventOutcome } from '../../src/entries';
import { backendsFromSettings } from '../../src/openedx/backends-from-settings';
import { LogFolder } from '../support/log-folder';
import { startTracking } from '../support/start-tracking';
import { LOGGER, pathsOf, REGEX, withBackends } from './support';
import { MEMORY, clock, engines } from './settings-parts';

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
