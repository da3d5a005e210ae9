import type { DeliveryOptions } from '../../src/delivery/delivery-options';
import { HeldEvents } from '../../src/delivery/held-events';
import { QueueDisk } from '../../src/delivery/queue-disk';
import { QueuedEvent } from '../../src/delivery/queued-event';
import { MemoryStore } from '../../src/store/memory-store';
import { RecordTooLargeException } from '../../src/store/record-too-large.exception';
import { StoreReadException } from '../../src/store/store-read.exception';
import { StoreWriteException } from '../../src/store/store-write.exception';
import { envelopeOf } from './bare-delivery';

const noSpace = (records = 0): StoreWriteException =>
  StoreWriteException.create({ path: 'disk', cause: new Error('no space left'), records });

/** The disk of a queue, on a store that the test can break, with what it reported. */
function create(options: DeliveryOptions & { readonly maxBytes?: number } = {}) {
  const { durable = false, whenFull = 'drop-newest', maxBytes = 1e6 } = options;
  const store = MemoryStore.open({ maxBytes });
  const reported: string[] = [];
  const disk = new QueueDisk(
    store,
    { durable, whenFull },
    {
      onLost: (reason, events) => reported.push(`${reason} ${String(events)}`),
      onDiskFailed: () => reported.push('failed'),
      onDiskRecovered: () => reported.push('recovered'),
    },
    (events) => reported.push(`queue-full ${String(events)}`),
  );
  return { disk, store, reported };
}

const eventOf = (name: string): QueuedEvent => QueuedEvent.of(envelopeOf(name), performance.now());
const recordOf = (name: string): string => eventOf(name).record();
const namesOf = (entries: readonly QueuedEvent[]): string[] => entries.map(({ name }) => name);

afterEach(() => jest.restoreAllMocks());

describe('QueueDisk', () => {
  it('writes at once what has to survive a kill, and buffers other records', () => {
    for (const durable of [false, true]) {
      const { disk, store } = create({ durable });
      const append = jest.spyOn(store, 'append');
      for (const purpose of ['new', 'kept', 'retained'] as const) disk.put('x', purpose);
      expect(append.mock.calls.map(([, flush]) => flush)).toEqual([durable, true, durable]);
    }
  });

  it('flushes the first record after a failed write, to know whether the disk works again', () => {
    const { disk, store, reported } = create();
    const append = jest.spyOn(store, 'append').mockImplementationOnce(() => {
      throw noSpace();
    });
    expect(disk.put('a', 'new')).toBe('failed');
    expect(disk.put('a', 'new')).toBe(true);
    expect(append.mock.calls[1]).toEqual(['a', true]);
    expect(reported).toEqual(['failed', 'recovered']);
  });

  it('refuses records when it is full, and knows that it is until an event is settled', () => {
    const { disk, reported } = create({ maxBytes: 250 });
    expect(disk.put(recordOf('a'), 'new')).toBe(true);
    expect(disk.isFull).toBe(false);
    expect(disk.put(recordOf('b'), 'new')).toBe(false);
    expect(disk.isFull).toBe(true);
    disk.settle(disk.take(1, Infinity));
    expect(disk.isFull).toBe(false);
    expect(reported).toEqual([]);
  });

  it('drops the oldest for a new record if it is to, but not for one that its caller retains', () => {
    const { disk, reported } = create({ maxBytes: 250, whenFull: 'drop-oldest' });
    disk.put(recordOf('a'), 'new');
    expect(disk.put(recordOf('b'), 'retained')).toBe(false);
    expect(disk.put(recordOf('c'), 'new')).toBe(true);
    expect(reported).toEqual(['queue-full 1']);
    expect(namesOf(disk.take(9, Infinity))).toEqual(['c']);
  });

  it('tells a record that is too large from a disk that fails', () => {
    const { disk, store, reported } = create();
    jest.spyOn(store, 'append').mockImplementation(() => {
      throw RecordTooLargeException.create(1e9);
    });
    expect(disk.put('a', 'new')).toBe('too-large');
    expect(reported).toEqual([]);
  });

  it('writes events of memory before all others, and tells their callers once they are on disk', () => {
    const { disk } = create();
    disk.put(recordOf('c'), 'new');
    const held = new HeldEvents({ maxEvents: 2, maxBytes: 1e6 });
    const [underWay, waiting, stored] = ['a', 'b', 'x'].map(eventOf) as [QueuedEvent, QueuedEvent, QueuedEvent];
    held.hold(underWay, held.early);
    held.early.take(1, Infinity);
    held.hold(waiting, held.early);
    const told: string[] = [];
    underWay.claim = { isRetained: true, onOutcome: (outcome) => told.push(outcome) };
    disk.putFirst([stored]);
    disk.writeFirst(held, [underWay, stored]);
    expect(told).toEqual(['stored']);
    expect(held.isFull).toBe(false);
    expect(disk).toMatchObject({ count: 4, waiting: 1 });
    expect([underWay, waiting].every((entry) => entry.stored !== undefined)).toBe(true);
    disk.release([underWay, waiting, stored]);
    expect(namesOf(disk.take(9, Infinity))).toEqual(['a', 'b', 'x', 'c']);
  });

  it('tells no caller that its event is stored before a flush has succeeded', () => {
    const { disk, store, reported } = create();
    const entry = eventOf('a');
    const told: string[] = [];
    entry.claim = { isRetained: true, onOutcome: (outcome) => told.push(outcome) };
    jest.spyOn(store, 'flush').mockImplementation(() => {
      throw noSpace();
    });
    disk.writeFirst(new HeldEvents({ maxEvents: 2, maxBytes: 1e6 }), [entry]);
    expect(told).toEqual([]);
    expect(disk.flush()).toBe(false);
    expect(reported).toEqual(['failed']);
  });

  it('counts events that it has given out as not waiting, until they are released or settled', () => {
    const { disk } = create();
    for (const name of ['a', 'b', 'c']) disk.put(recordOf(name), 'new');
    const taken = disk.take(2, Infinity);
    expect(disk).toMatchObject({ waiting: 1, count: 3 });
    disk.release(taken.slice(1));
    expect(disk).toMatchObject({ waiting: 2, count: 3 });
    disk.settle(taken.slice(0, 1));
    expect(disk).toMatchObject({ waiting: 2, count: 2 });
  });

  it('reports what it cannot read as an event as lost, and goes on', () => {
    const { disk, store, reported } = create();
    store.append('no event', true);
    disk.put(recordOf('a'), 'new');
    expect(namesOf(disk.take(1, Infinity))).toEqual(['a']);
    expect(reported).toEqual(['unreadable 1']);
    expect(disk).toMatchObject({ waiting: 0, count: 1 });
  });

  it('gives nothing while the store cannot be read, and reports it once', () => {
    const { disk, store, reported } = create();
    disk.put(recordOf('a'), 'new');
    jest.spyOn(store, 'lease').mockImplementationOnce(() => {
      throw StoreReadException.create('disk', new Error('too many open files'));
    });
    expect(disk.take(1, Infinity)).toEqual([]);
    expect(disk.condition.isFailingTo('read')).toBe(true);
    expect(namesOf(disk.take(1, Infinity))).toEqual(['a']);
    expect(reported).toEqual(['failed', 'recovered']);
  });

  it('reports records that the store has lost, each once', () => {
    const { disk, store, reported } = create();
    Object.assign(store, { damage: { records: 2, bytes: 9, removed: 3, files: [] } });
    disk.flush();
    disk.check();
    expect(reported).toEqual(['unreadable 2', 'disk-removed 3']);
    Object.assign(store, { damage: { records: 7, bytes: 9, removed: 4, files: [] } });
    disk.flush();
    expect(reported.slice(2)).toEqual(['unreadable 5', 'disk-removed 1']);
  });

  it('checks with a probe of the size that failed whether the disk can be written again', () => {
    const { disk, store, reported } = create();
    jest.spyOn(store, 'append').mockImplementationOnce(() => {
      throw noSpace();
    });
    disk.put('x'.repeat(5000), 'new');
    const probe = jest.spyOn(store, 'probe').mockImplementationOnce(() => {
      throw noSpace();
    });
    disk.check();
    expect(probe).toHaveBeenLastCalledWith(5000);
    expect(disk.condition.isFailing).toBe(true);
    disk.check();
    expect(reported).toEqual(['failed', 'recovered']);
    disk.check();
    expect(probe).toHaveBeenCalledTimes(2);
  });

  it('reports files that were removed as a failure of the disk', () => {
    const { disk, store, reported } = create();
    jest.spyOn(store, 'check').mockReturnValueOnce(true);
    disk.check();
    expect(reported).toEqual(['failed', 'recovered']); // the flush and the probe succeed
  });

  it('says at close how many events the disk did not accept', () => {
    const { disk, store } = create();
    jest.spyOn(store, 'close').mockImplementationOnce(() => {
      throw noSpace(4);
    });
    expect([disk.close(), disk.close()]).toEqual([4, 0]);
  });
});
