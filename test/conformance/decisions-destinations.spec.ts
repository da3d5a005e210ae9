import { MongooseModule } from '@nestjs/mongoose';
import {
  LoggerBackend,
  MemoryBackend,
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
import { DocumentStores } from './document-store';
import { SegmentApi } from './segment';
import { Log, NOW, start } from './decision-parts';

const halfway: Processor = (event) => {
  event.data.half = true;
  throw new Error('half-way');
};
const markSeen: Processor = (event) => {
  event.data.seen = true;
};

class Spoiling implements Backend {
  send(event: TrackingEvent): void {
    event.name = 'spoiled';
    event.data.k = 'spoiled';
    event.data.n = undefined;
  }
}

function failuresOf({ failures }: NodeCounts): number {
  return Object.values(failures).reduce((sum, times) => sum + times, 0);
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
  describe('with processors and backends', () => {
    it.each<[unknown]>([[{}], [[]], [0], [false], [''], [7], ['text'], [[{ name: 'a' }]]])(
      '0025: continues with the unchanged event when a processor returns %p, and counts a failure',
      async (result) => {
        const { tracker, events, node } = await start({ processors: [() => result as never] });
        tracker.emit('x', { k: 1 });
        expect(events()).toEqual([expect.objectContaining({ name: 'x', data: { k: 1 }, context: {} })]);
        expect(failuresOf(node(''))).toBe(1);
      },
    );

    it('0025: treats undefined as the unchanged event and null as a drop', async () => {
      const drop: Processor = ({ name }) => (name === 'dropped' ? null : undefined);
      const { tracker, events, node } = await start({ processors: [drop] });
      tracker.emit('kept');
      tracker.emit('dropped');
      expect(events().map((event) => event.name)).toEqual(['kept']);
      expect(node('').dropped).toEqual({ filtered: 1 });
      expect(failuresOf(node(''))).toBe(0);
    });

    it('0025: completes an event that a processor returns in part', async () => {
      const { tracker, events } = await start({ processors: [() => ({ name: 'short' }) as never] });
      tracker.emit('x', { k: 1 });
      expect(events()).toEqual([
        expect.objectContaining({ name: 'short', data: { k: 1 }, context: {}, timestamp: NOW }),
      ]);
    });

    it('0026: undoes the changes of a processor that fails, and continues', async () => {
      const { tracker, events, node } = await start({ processors: [halfway, markSeen] });
      tracker.emit('x', { k: 1 });
      expect(events().map((event) => event.data)).toEqual([{ k: 1, seen: true }]);
      expect(failuresOf(node(''))).toBe(1);
    });

    it('0026: holds the event back if the processor is configured to fail closed', async () => {
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
    ])('0044: sends an event with context %j to Segment without an address built from it', async (fields, context) => {
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

    it('0051: makes a dead letter of only the event that cannot be stored', async () => {
      const { documents, refused } = await storedOf({ k: 1 }, { 'a\0b': 1 }, { k: 2 });
      expect(documents.map((each) => (each as { data: unknown }).data)).toEqual([{ k: 1 }, { k: 2 }]);
      expect(refused).toBe(1);
    });
  });

  it('0052: starts without a server, and accepts events', async () => {
    const connection = MongooseModule.forRoot('mongodb://127.0.0.1:9/db', { lazyConnection: true });
    const { tracker, node } = await start({
      backends: { db: backend(MongoBackend, {}, { imports: [connection] }) },
      shutdownTimeoutMs: 100,
    });
    tracker.emit('x');
    expect(node('db')).toMatchObject({ passed: 1, delivery: { pending: 1 } });
  });
});
