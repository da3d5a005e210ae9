import {
  LoggerBackend,
  MemoryBackend,
  NameAllowlist,
  RegexFilter,
  backend,
  processor,
  type Backend,
  type NodeCounts,
  type Processor,
} from 'nestjs-event-tracking';
import { Log, start } from './decision-parts';

/** What the reference format writes around the text of an event `n` whose data is one text `p`. */
const FRAME = `{"name": "n", "timestamp": "2024-02-03T04:05:00.789000+00:00", "data": {"p": ""}, "context": {}}`.length;

const takeAwayName: Processor = (event) => {
  Reflect.deleteProperty(event, 'name');
};

class Failing implements Backend {
  send(): void {
    throw new Error('down');
  }
}

function lossesOf({ dropped, delivery }: NodeCounts): Readonly<Record<string, number>> {
  return { ...dropped, ...delivery?.dropped };
}

/** One event's data as a backend in memory has it and as the log has it. */
async function emitted(given: object): Promise<{ data: object; line: { data: object } }> {
  const log = new Log();
  const { tracker, events } = await start({
    backends: { mem: backend(MemoryBackend), log: backend(LoggerBackend, { pino: log.pino, format: 'reference' }) },
  });
  tracker.emit('v', given);
  return { data: events()[0]?.data ?? {}, line: JSON.parse(log.lines[0] ?? '') as { data: object } };
}

/**
 * Where a vector is marked `defect`, the reference is left on purpose. What we do instead, by the
 * number of the decision in docs/decisions.
 */
describe('Where the reference has a defect, the tracker', () => {
  describe('with names', () => {
    it.each<[unknown, string]>([
      [42, '42'],
      [['l'], '["l"]'],
      [{ k: 1 }, '{"k":1}'],
      [1.5, '1.5'],
      [true, 'true'],
    ])('0016: converts the name %p to a string, and warns once', async (name, text) => {
      const { tracker, events, warnings } = await start();
      tracker.emit(name as string);
      tracker.emit(name as string);
      expect(events().map((event) => event.name)).toEqual([text, text]);
      expect(warnings).toHaveLength(1);
    });

    it.each(['allowlist', 'blocklist'] as const)(
      '0018: compares a name that is not a string by its string form (%s)',
      async (filterType) => {
        const { tracker, events } = await start({
          processors: [processor(RegexFilter, { filterType, regularExpressions: ['5', 'tr'] })],
        });
        for (const name of [5, ['5'], true, 1.5]) tracker.emit(name as unknown as string);
        const kept = filterType === 'allowlist' ? ['5', 'true'] : ['["5"]', '1.5'];
        expect(events().map((event) => event.name)).toEqual(kept);
      },
    );

    it('0018: lets no name pass an allowlist because of its type', async () => {
      const { tracker, events } = await start({ processors: [processor(NameAllowlist, { names: ['a', '5'] })] });
      for (const name of [5, 6, ['a'], 1, '5']) tracker.emit(name as unknown as string);
      expect(events().map((event) => event.name)).toEqual(['5', '5']);
    });

    it('0018: filters an event by the name that remains, and keeps no event without a name', async () => {
      const { tracker, events, node } = await start({
        processors: [takeAwayName, processor(RegexFilter, { regularExpressions: ['edx'] })],
      });
      tracker.emit('edx.a');
      expect(events()).toEqual([]);
      expect(node('').dropped).toEqual({ filtered: 1 });
    });

    it.each<[string, () => unknown]>([
      ['RegexFilter', () => processor(RegexFilter, { regularExpressions: 'edx' as never })],
      ['NameAllowlist', () => processor(NameAllowlist, { names: 'edx' })],
    ])('0019: refuses to start with a string where %s needs a list', async (_filter, describeFilter) => {
      await expect(start({ processors: [describeFilter() as never] })).rejects.toMatchObject({
        name: 'TrackingConfigException',
      });
    });

    it('0027: names an event unknown if its name was removed, and delivers it although another backend fails', async () => {
      const { tracker, events, node } = await start({
        processors: [takeAwayName],
        backends: { broken: backend(Failing), mem: backend(MemoryBackend) },
      });
      tracker.emit('x', { k: 1 });
      expect(events()).toEqual([expect.objectContaining({ name: 'unknown', data: { k: 1 } })]);
      expect(node('broken').dropped).toEqual({ 'backend-failed': 1 });
    });
  });

  describe('with values', () => {
    it('0017: replaces a value that cannot be read, in data and in context, and delivers the event', async () => {
      const { tracker, events } = await start();
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      tracker.emit('a', { lock: proxy, ok: 1 });
      tracker.enterContext('c', { lock: proxy, ok: 2 });
      tracker.emit('b', {
        get broken() {
          throw new Error('no');
        },
      });
      expect(events()).toEqual([
        expect.objectContaining({ name: 'a', data: { lock: expect.stringMatching(/^\[Unreadable: /), ok: 1 } }),
        expect.objectContaining({
          data: { broken: '[Unreadable: Error: no]' },
          context: { lock: expect.stringMatching(/^\[Unreadable: /), ok: 2 },
        }),
      ]);
    });

    it.each([NaN, Infinity, -Infinity])('0020: writes %p as null', async (value) => {
      const { data, line } = await emitted({ v: value });
      expect(data).toEqual({ v: null });
      expect(line.data).toEqual({ v: null });
    });

    it('0021: writes times outside of the years 1 to 9999 with their year in UTC', async () => {
      const early = new Date('0000-12-31T23:00:00Z');
      const late = new Date('+010000-01-01T00:59:59Z');
      const { data, line } = await emitted({ early, late });
      expect(data).toEqual({ early, late });
      expect(line.data).toEqual({ early: '0000-12-31T23:00:00+00:00', late: '+010000-01-01T00:59:59+00:00' });
    });

    it('0022: writes a Map whose keys have equal string forms as pairs, and loses none', async () => {
      const map = new Map<unknown, string>([
        [1, 'a'],
        ['1', 'b'],
      ]);
      const pairs = [
        [1, 'a'],
        ['1', 'b'],
      ];
      const { data, line } = await emitted({ v: map });
      expect(data).toEqual({ v: pairs });
      expect(line.data).toEqual({ v: pairs });
    });

    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    it.each<[string, unknown, unknown]>([
      ['a set', new Set([1]), [1]],
      ['bytes', Buffer.from('hi'), 'aGk='],
      ['an object with a JSON form', { toJSON: () => '1.10' }, '1.10'],
      ['a map with keys that are not scalars', new Map([[[1, 2], 'x']]), [[[1, 2], 'x']]],
      ['a cycle', cyclic, { self: '[Circular]' }],
      [
        'what refuses to be written',
        {
          toJSON: () => {
            throw new TypeError('no');
          },
        },
        '[Unreadable: TypeError: no]',
      ],
    ])('0023: converts %s to JSON, and writes the event', async (_kind, value, form) => {
      const { data, line } = await emitted({ v: value });
      expect(data).toEqual({ v: form });
      expect(line.data).toEqual({ v: form });
    });
  });

  describe('with a log', () => {
    it('0024: writes events of any size when no limit is set', async () => {
      const log = new Log();
      const { tracker } = await start({
        backends: { log: backend(LoggerBackend, { pino: log.pino, format: 'reference' }) },
      });
      tracker.emit('n', { p: 'x'.repeat(100_000) });
      expect(log.lines.map((line) => line.length)).toEqual([100_000 + FRAME]);
    });

    it('0024: drops events above a configured limit, which is inclusive, and counts them', async () => {
      const log = new Log();
      const { tracker, node } = await start({
        backends: { log: backend(LoggerBackend, { pino: log.pino, format: 'reference', maxEventBytes: 1024 }) },
      });
      for (const length of [1024, 1025]) tracker.emit('n', { p: 'x'.repeat(length - FRAME) });
      expect(log.lines.map((line) => line.length)).toEqual([1024]);
      expect(lossesOf(node('log'))).toEqual({ 'too-large': 1 });
    });
  });
});
