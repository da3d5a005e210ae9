import { NestFactory } from '@nestjs/core';
import type { INestApplicationContext, LoggerService } from '@nestjs/common';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { MongooseModule } from '@nestjs/mongoose';
import { pino } from 'pino';
import {
  InvalidContextException,
  LoggerBackend,
  AsyncRoutingBackend,
  EventBusBackend,
  RoutingBackend,
  MemoryBackend,
  NameAllowlist,
  RegexFilter,
  TrackerService,
  TrackingModule,
  UnknownContextException,
  backend,
  processor,
  type Backend,
  type NodeCounts,
  type Processor,
  type IdentifiedEvent,
  type TrackingEvent,
} from 'nestjs-event-tracking';
import { MongoBackend } from 'nestjs-event-tracking/mongoose';
import { SegmentBackend } from 'nestjs-event-tracking/segment';
import type { DestinationCounts } from '../../src/ledger/counts';
import { describeWithServices } from '../support/services';
import { decisions } from './decisions';
import { DocumentStores } from './document-store';
import { CaseBus } from './event-bus';
import { SegmentApi } from './segment';

const NOW = new Date('2024-02-03T04:05:00.789Z');
/** What the reference format writes around the text of an event `n` whose data is one text `p`. */
const FRAME = `{"name": "n", "timestamp": "2024-02-03T04:05:00.789000+00:00", "data": {"p": ""}, "context": {}}`.length;
const DECISIONS = join(__dirname, '../../docs/decisions');

const takeAwayName: Processor = (event) => {
  Reflect.deleteProperty(event, 'name');
};
const halfway: Processor = (event) => {
  event.data.half = true;
  throw new Error('half-way');
};
const markSeen: Processor = (event) => {
  event.data.seen = true;
};

class Failing implements Backend {
  send(): void {
    throw new Error('down');
  }
}

class Spoiling implements Backend {
  send(event: TrackingEvent): void {
    event.name = 'spoiled';
    event.data.k = 'spoiled';
    event.data.n = undefined;
  }
}

/** The lines that a pino has written. */
class Log {
  readonly lines: string[] = [];
  readonly pino = pino(
    {},
    new Writable({
      decodeStrings: false,
      write: (line: string, _encoding, done) => {
        this.lines.push((JSON.parse(line) as { msg: string }).msg);
        done();
      },
    }),
  );
}

interface Started {
  readonly tracker: TrackerService;
  /** What the backend `mem` has received. */
  readonly events: () => readonly IdentifiedEvent[];
  readonly contexts: () => readonly object[];
  readonly warnings: readonly string[];
  readonly node: (path: string) => NodeCounts;
}

type Options = NonNullable<Parameters<typeof TrackingModule.forRoot>[0]>;

const running: INestApplicationContext[] = [];
afterEach(async () => {
  for (const app of running.splice(0)) await app.close();
});

async function start(options: Options = {}): Promise<Started> {
  const warnings: string[] = [];
  const logger: LoggerService = { log: () => {}, error: () => {}, warn: (text: string) => warnings.push(text) };
  const tracking = TrackingModule.forRoot({
    backends: { mem: backend(MemoryBackend) },
    clock: () => NOW,
    logger,
    ...options,
  });
  const app = await NestFactory.createApplicationContext(
    { module: class App {}, imports: [tracking] },
    { logger: false, abortOnError: false },
  );
  running.push(app);
  const tracker = app.get(TrackerService);
  const events = (): readonly IdentifiedEvent[] => tracker.backend<MemoryBackend>('mem').events();
  return {
    tracker,
    events,
    contexts: () => events().map(({ context }) => context),
    warnings,
    node: (path) => nodeAt(tracker, path),
  };
}

function nodeAt({ ledger }: TrackerService, path: string): NodeCounts {
  const found = ledger.nodes().find((node) => node.path === path);
  if (!found) throw new Error(`no node at ${path}`);
  return found;
}

function failuresOf({ failures }: NodeCounts): number {
  return Object.values(failures).reduce((sum, times) => sum + times, 0);
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

/** What Segment gets of an event in this context. */
async function segmentCalls(context: object): Promise<readonly object[]> {
  const api = await SegmentApi.listen();
  try {
    const { tracker } = await start({ backends: { segment: backend(SegmentBackend, api.options) } });
    tracker.context(context, () => {
      tracker.emit('n');
    });
    await tracker.flush();
    return api.calls();
  } finally {
    await api.close();
  }
}

/** What a document store has of these events, each written to it through a tracker. */
async function storedOf(...given: object[]): Promise<{ documents: readonly object[]; refused: number }> {
  const stores = new DocumentStores();
  const { tracker, node } = await start({ backends: { db: stores.describe('db', { kind: 'mongo' }) } });
  try {
    for (const data of given) tracker.emit('v', data);
    await tracker.flush();
    const { deadLettered } = node('db').delivery as DestinationCounts;
    return { documents: (await stores.documents()).get('db') ?? [], refused: deadLettered };
  } finally {
    await stores.remove();
  }
}

/**
 * Where a vector is marked `defect`, the reference is left on purpose. What we do instead, by the
 * number of the decision in docs/decisions.
 */
describe('Where the reference has a defect, the tracker', () => {
  it.each(decisions)('says in docs/decisions what it does about $kind ($number)', ({ number, title }) => {
    const files = readdirSync(DECISIONS).filter((file) => file.startsWith(number));
    expect(files).toEqual([`${number}-${title.toLowerCase().replaceAll(' ', '-')}.md`]);
    expect(readFileSync(join(DECISIONS, files[0] ?? ''), 'utf8').split('\n').length).toBeLessThan(40);
  });

  describe('with contexts', () => {
    it('0010: layers a name entered twice, so that leaving it restores what it hid', async () => {
      const { tracker, contexts } = await start();
      tracker.enterContext('a', { k: 1, first: true });
      tracker.enterContext('a', { k: 2, second: true });
      tracker.emit('e');
      tracker.exitContext('a');
      tracker.emit('e');
      tracker.exitContext('a');
      tracker.emit('e');
      expect(contexts()).toEqual([{ k: 2, first: true, second: true }, { k: 1, first: true }, {}]);
      expect(() => {
        tracker.exitContext('a');
      }).toThrow(UnknownContextException);
    });

    it('0011: makes a name entered again the innermost, and leaves the latest of that name', async () => {
      const { tracker, contexts } = await start();
      tracker.enterContext('a', { k: 'a1' });
      tracker.enterContext('b', { k: 'b' });
      tracker.enterContext('a', { k: 'a2' });
      tracker.emit('e');
      tracker.exitContext('b');
      tracker.emit('e');
      tracker.exitContext('a');
      tracker.emit('e');
      expect(contexts()).toEqual([{ k: 'a2' }, { k: 'a2' }, { k: 'a1' }]);
    });

    it('0012: ends a scope without touching the one around it of the same name', async () => {
      const { tracker, contexts } = await start();
      tracker.context('s', { k: 1 }, () => {
        tracker.emit('one');
        tracker.context('s', { k: 2 }, () => {
          tracker.emit('two');
        });
        tracker.emit('three');
      });
      tracker.emit('four');
      expect(contexts()).toEqual([{ k: 1 }, { k: 2 }, { k: 1 }, {}]);
    });

    it('0012: lets the error of the body through, whatever the body left or entered', async () => {
      const { tracker, contexts } = await start();
      const failing = (): void => {
        tracker.context('s', { k: 1 }, () => {
          tracker.exitContext('s');
          tracker.enterContext('left open', { m: 1 });
          throw new Error('of the body');
        });
      };
      expect(failing).toThrow('of the body');
      tracker.emit('after');
      expect(contexts()).toEqual([{}]);
    });

    it('0013: copies a context when it is entered, nested values too', async () => {
      const { tracker, contexts } = await start();
      const values = { k: 1, n: { m: 1 } };
      tracker.enterContext('a', values);
      values.k = 2;
      values.n.m = 9;
      tracker.emit('e');
      tracker.context(values, () => {
        values.n.m = 10;
        tracker.emit('e');
      });
      expect(contexts()).toEqual([
        { k: 1, n: { m: 1 } },
        { k: 2, n: { m: 9 } },
      ]);
    });

    it.each([null, undefined, 5, 'text', true])('0014: refuses to enter %p, and keeps emitting', async (values) => {
      const { tracker, contexts } = await start();
      tracker.enterContext('a', { k: 1 });
      expect(() => {
        tracker.enterContext('b', values as never);
      }).toThrow(InvalidContextException);
      tracker.emit('e');
      expect(contexts()).toEqual([{ k: 1 }]);
    });

    it.each([null, 5, 'text'])('0014: runs the body of a scope of %p without values, and warns', async (values) => {
      const { tracker, contexts, warnings } = await start();
      const result = tracker.context('a', { k: 1 }, () =>
        tracker.context('b', values as never, () => {
          tracker.emit('e');
          return 'of the body';
        }),
      );
      expect(result).toBe('of the body');
      expect(contexts()).toEqual([{ k: 1 }]);
      expect(warnings).toEqual([expect.stringContaining('context("b")')]);
    });

    it('0015: refuses to enter a list of pairs, and runs the body of a scope of one without values', async () => {
      const { tracker, contexts, warnings } = await start();
      const pairs = [
        ['k', 1],
        ['j', 2],
      ];
      expect(() => {
        tracker.enterContext('a', pairs);
      }).toThrow(InvalidContextException);
      tracker.context('a', pairs, () => {
        tracker.emit('e');
      });
      expect(contexts()).toEqual([{}]);
      expect(warnings).toHaveLength(1);
    });

    it('0029: ends with a scope what was entered in it', async () => {
      const { tracker, contexts } = await start();
      tracker.context('s', { k: 1 }, () => {
        tracker.enterContext('a', { x: 1 });
        tracker.emit('in');
      });
      tracker.emit('after');
      expect(contexts()).toEqual([{ k: 1, x: 1 }, {}]);
    });

    it('0029: leaves in a scope only what was entered in it', async () => {
      const { tracker, contexts } = await start();
      tracker.enterContext('a', { x: 1 });
      tracker.context('s', { k: 1 }, () => {
        expect(() => {
          tracker.exitContext('a');
        }).toThrow(UnknownContextException);
        tracker.exitContext('s');
        tracker.emit('in');
      });
      tracker.emit('after');
      expect(contexts()).toEqual([{ x: 1 }, { x: 1 }]);
    });
  });

  describe('with names', () => {
    it.each<[unknown, string]>([
      [42, '42'],
      [['l'], '["l"]'],
      [{ k: 1 }, '{"k":1}'],
      [1.5, '1.5'],
      [true, 'true'],
    ])('0016: makes the name %p its text, and warns once', async (name, text) => {
      const { tracker, events, warnings } = await start();
      tracker.emit(name as string);
      tracker.emit(name as string);
      expect(events().map((event) => event.name)).toEqual([text, text]);
      expect(warnings).toHaveLength(1);
    });

    it.each(['allowlist', 'blocklist'] as const)(
      '0018: compares a name that is not text as its text (%s)',
      async (filterType) => {
        const { tracker, events } = await start({
          processors: [processor(RegexFilter, { filterType, regularExpressions: ['5', 'tr'] })],
        });
        for (const name of [5, ['5'], true, 1.5]) tracker.emit(name as unknown as string);
        const kept = filterType === 'allowlist' ? ['5', 'true'] : ['["5"]', '1.5'];
        expect(events().map((event) => event.name)).toEqual(kept);
      },
    );

    it('0018: lets no name pass an allow list because it is of an odd kind', async () => {
      const { tracker, events } = await start({ processors: [processor(NameAllowlist, { names: ['a', '5'] })] });
      for (const name of [5, 6, ['a'], 1, '5']) tracker.emit(name as unknown as string);
      expect(events().map((event) => event.name)).toEqual(['5', '5']);
    });

    it('0018: filters an event by the name that is left of it, and keeps nothing for want of one', async () => {
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
    ])('0019: refuses to start with a text where %s wants a list', async (_filter, describeFilter) => {
      await expect(start({ processors: [describeFilter() as never] })).rejects.toMatchObject({
        name: 'TrackingConfigException',
      });
    });

    it('0027: calls an event unknown that lost its name, and delivers it past a failing backend', async () => {
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

    it('0021: writes times outside of the years 1 to 9999 with the year they have in UTC', async () => {
      const early = new Date('0000-12-31T23:00:00Z');
      const late = new Date('+010000-01-01T00:59:59Z');
      const { data, line } = await emitted({ early, late });
      expect(data).toEqual({ early, late });
      expect(line.data).toEqual({ early: '0000-12-31T23:00:00+00:00', late: '+010000-01-01T00:59:59+00:00' });
    });

    it('0022: writes a map whose keys clash as text as pairs, and loses none', async () => {
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
    ])('0023: gives %s a JSON form, and writes the event', async (_kind, value, form) => {
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

    it('0024: drops what is over a limit that is set, inclusive, and counts it', async () => {
      const log = new Log();
      const { tracker, node } = await start({
        backends: { log: backend(LoggerBackend, { pino: log.pino, format: 'reference', maxEventBytes: 1024 }) },
      });
      for (const length of [1024, 1025]) tracker.emit('n', { p: 'x'.repeat(length - FRAME) });
      expect(log.lines.map((line) => line.length)).toEqual([1024]);
      expect(lossesOf(node('log'))).toEqual({ 'too-large': 1 });
    });
  });

  describe('with processors and backends', () => {
    it.each<[unknown]>([[{}], [[]], [0], [false], [''], [7], ['text'], [[{ name: 'a' }]]])(
      '0025: goes on with the event as it was when a processor returns %p, and counts a failure',
      async (result) => {
        const { tracker, events, node } = await start({ processors: [() => result as never] });
        tracker.emit('x', { k: 1 });
        expect(events()).toEqual([expect.objectContaining({ name: 'x', data: { k: 1 }, context: {} })]);
        expect(failuresOf(node(''))).toBe(1);
      },
    );

    it('0025: takes nothing for the event and null for a drop', async () => {
      const drop: Processor = ({ name }) => (name === 'dropped' ? null : undefined);
      const { tracker, events, node } = await start({ processors: [drop] });
      tracker.emit('kept');
      tracker.emit('dropped');
      expect(events().map((event) => event.name)).toEqual(['kept']);
      expect(node('').dropped).toEqual({ filtered: 1 });
      expect(failuresOf(node(''))).toBe(0);
    });

    it('0025: completes an event that a processor returned in part', async () => {
      const { tracker, events } = await start({ processors: [() => ({ name: 'short' }) as never] });
      tracker.emit('x', { k: 1 });
      expect(events()).toEqual([
        expect.objectContaining({ name: 'short', data: { k: 1 }, context: {}, timestamp: NOW }),
      ]);
    });

    it('0026: undoes what a processor changed before it failed, and goes on', async () => {
      const { tracker, events, node } = await start({ processors: [halfway, markSeen] });
      tracker.emit('x', { k: 1 });
      expect(events().map((event) => event.data)).toEqual([{ k: 1, seen: true }]);
      expect(failuresOf(node(''))).toBe(1);
    });

    it('0026: holds the event back where a failure must not pass', async () => {
      const { tracker, events, node } = await start({ processors: [processor(halfway, { onError: 'drop' })] });
      tracker.emit('x', { k: 1 });
      expect(events()).toEqual([]);
      expect(node('').dropped).toEqual({ 'processor-failed': 1 });
    });

    it('0043: sends to Segment with no other package, and does not start without a write key', async () => {
      await expect(start({ backends: { segment: backend(SegmentBackend, {}) } })).rejects.toThrow(
        'writeKey and client are missing',
      );
      expect(await segmentCalls({ user_id: 1 })).toMatchObject([{ user_id: '1', event: 'n' }]);
    });

    it.each<[object, object]>([
      [{ host: 'h', path: { at: 1 } }, { page: { path: { at: 1 } } }],
      [{ host: 7, path: '/p' }, { page: { path: '/p' } }],
      [{ host: 'h', path: 5, page: '' }, { page: { path: 5, url: '' } }],
    ])('0044: sends an event in %j to Segment without an address made of it', async (fields, context) => {
      expect(await segmentCalls({ user_id: 1, ...fields })).toMatchObject([{ user_id: '1', context }]);
    });

    it('0152: sends no event to Segment whose user id is empty', async () => {
      expect(await segmentCalls({ user_id: '' })).toEqual([]);
      expect(await segmentCalls({ user_id: 0 })).toMatchObject([{ user_id: '0' }]);
    });

    it('0028: gives each backend an event that no sibling has changed', async () => {
      const { tracker, events } = await start({ backends: { a: backend(Spoiling), mem: backend(MemoryBackend) } });
      tracker.emit('x', { k: 1, n: { m: 1 } });
      expect(events()).toEqual([expect.objectContaining({ name: 'x', data: { k: 1, n: { m: 1 } } })]);
    });
  });

  describeWithServices(['mongo'], 'with document stores', () => {
    it('0050: gives a document the id of the event, and siblings no id of the store', async () => {
      const stores = new DocumentStores();
      const log = new Log();
      const { tracker, events } = await start({
        backends: {
          a_db: stores.describe('a_db', { kind: 'mongo' }),
          b_log: backend(LoggerBackend, { pino: log.pino, format: 'reference' }),
          mem: backend(MemoryBackend),
        },
      });
      tracker.emit('x', { k: 1 });
      await tracker.flush();
      const [{ id, ...event }] = events() as [IdentifiedEvent];
      expect((await stores.documents()).get('a_db')).toEqual([{ ...event, _id: id }]);
      expect(event).not.toHaveProperty('_id');
      expect(log.lines).toHaveLength(1);
      await stores.remove();
    });

    it('0051: stores the JSON form of what the reference loses', async () => {
      const cyclic: Record<string, unknown> = {};
      cyclic.self = cyclic;
      const values = [new Set([1]), 2n ** 63n, 'half \ud800', cyclic, Buffer.from('hi')];
      const { documents, refused } = await storedOf(...values.map((v) => ({ v })));
      expect(documents.map((each) => (each as { data: { v: unknown } }).data.v)).toEqual([
        [1],
        '9223372036854775808',
        'half \ufffd',
        { self: '[Circular]' },
        'aGk=',
      ]);
      expect(refused).toBe(0);
    });

    it('0051: makes a dead letter of that event alone that cannot be stored', async () => {
      const { documents, refused } = await storedOf({ k: 1 }, { 'a\0b': 1 }, { k: 2 });
      expect(documents.map((each) => (each as { data: unknown }).data)).toEqual([{ k: 1 }, { k: 2 }]);
      expect(refused).toBe(1);
    });
  });

  it('0052: starts without a server, and takes events', async () => {
    const connection = MongooseModule.forRoot('mongodb://127.0.0.1:9/db', { lazyConnection: true });
    const { tracker, node } = await start({
      backends: { db: backend(MongoBackend, {}, { imports: [connection] }) },
      shutdownTimeoutMs: 100,
    });
    tracker.emit('x');
    expect(node('db')).toMatchObject({ passed: 1, delivery: { pending: 1 } });
  });

  it('0070: delivers from a queue at any depth, under a name that nobody repeats', async () => {
    const { tracker } = await start({
      backends: {
        branch: backend(
          RoutingBackend,
          {},
          { backends: { later: backend(AsyncRoutingBackend, {}, { backends: { mem: backend(MemoryBackend) } }) } },
        ),
      },
    });
    tracker.emit('x');
    await tracker.flush();
    expect(tracker.backend<MemoryBackend>('branch/later/mem').events()).toMatchObject([{ name: 'x' }]);
  });

  it('0070: refuses a name for a queue', async () => {
    const started = start({ backends: { later: backend(AsyncRoutingBackend, { backend_name: 'other' } as never) } });
    await expect(started).rejects.toThrow(/unknown option "backend_name"[^]*the path of the node is its name/);
  });

  it('0071: keeps what processors before a queue change from the backends beside it', async () => {
    const { tracker, events } = await start({
      backends: {
        a_queue: backend(
          AsyncRoutingBackend,
          { processIn: 'emitter' },
          {
            processors: [
              ({ data }) => {
                data['k'] = 'changed';
              },
            ],
            backends: { mem: backend(MemoryBackend) },
          },
        ),
        mem: backend(MemoryBackend),
      },
    });
    tracker.emit('x', { k: 1 });
    await tracker.flush();
    expect(tracker.backend<MemoryBackend>('a_queue/mem').events()).toMatchObject([{ data: { k: 'changed' } }]);
    expect(events()).toMatchObject([{ data: { k: 1 } }]);
  });

  describe('on the bus', () => {
    it('0080: sends nothing that a processor of its node drops, and what another has changed', async () => {
      const bus = new CaseBus();
      const { tracker } = await start({
        backends: {
          bus: bus.describe(
            { enabled: true, allowed_names: ['a', 'b'] },
            { processors: [({ name }) => (name === 'a' ? null : undefined), ({ data }) => void (data['x'] = 1)] },
          ),
        },
      });
      for (const name of ['a', 'b', 'c']) tracker.emit(name);
      await tracker.flush();
      expect(bus.messages).toMatchObject([{ name: 'b', data: '{"x": 1}' }]);
    });

    it('0081: gives a nested node what it receives, unchanged by another', async () => {
      const change = ({ data }: { data: Record<string, unknown> }): void => void (data['k'] = 'changed');
      const bus = new CaseBus();
      const { tracker } = await start({
        consumers: { bus: bus.describeConsumer() },
        backends: {
          a: backend(EventBusBackend, {}, { processors: [change], backends: { mem: backend(MemoryBackend) } }),
          deep: backend(
            RoutingBackend,
            {},
            { backends: { b: backend(EventBusBackend, {}, { backends: { mem: backend(MemoryBackend) } }) } },
          ),
        },
      });
      await bus.deliver({ name: 'x', timestamp: '2026-11-24T12:00:00+00:00', data: '{"k": 1}', context: '{}' });
      const data = ['a/mem', 'deep/b/mem'].map((path) => tracker.backend<MemoryBackend>(path).events()[0]?.data);
      expect(data).toEqual([{ k: 'changed' }, { k: 1 }]);
    });

    it.each([
      ['2024-01-02T03:04:05+00:00', '2024-01-02T03:04:05+00:00'],
      ['2024-01-02T03:04:05.5', '2024-01-02T03:04:05.500000+00:00'],
      ['2024-01-02T03:04:05.000001-0530', '2024-01-02T03:04:05.000001-05:30'],
    ])('0082: sends the time %s', async (given, sent) => {
      const bus = new CaseBus();
      const { tracker } = await start({
        processors: [(event) => void ((event as { timestamp: unknown }).timestamp = given)],
        backends: { bus: bus.describe({ enabled: true, allowed_names: ['x'] }, {}) },
      });
      tracker.emit('x');
      await tracker.flush();
      expect(bus.messages).toMatchObject([{ timestamp: sent }]);
    });

    it('0082: makes a dead letter of an event whose time is none', async () => {
      const bus = new CaseBus();
      const { tracker } = await start({
        processors: [(event) => void ((event as { timestamp: unknown }).timestamp = 'yesterday')],
        backends: { bus: bus.describe({ enabled: true, allowed_names: ['x'] }, {}) },
      });
      tracker.emit('x');
      await tracker.flush();
      expect(bus.messages).toEqual([]);
      expect(tracker.deadLetters.list()).toMatchObject([
        { path: 'bus', reason: expect.stringContaining('is no time') },
      ]);
    });

    it('0082: reads a whole second', async () => {
      const bus = new CaseBus();
      const { tracker } = await start({
        consumers: { bus: bus.describeConsumer() },
        backends: { bus: backend(EventBusBackend, {}, { backends: { mem: backend(MemoryBackend) } }) },
      });
      await bus.deliver({ name: 'x', timestamp: '2024-01-02T03:04:05+00:00', data: '{}', context: '{}' });
      const [event] = tracker.backend<MemoryBackend>('bus/mem').events();
      expect(event?.timestamp).toEqual(new Date('2024-01-02T03:04:05Z'));
    });
  });
});
