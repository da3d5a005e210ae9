import type { DeliveryOptions } from '../../src/delivery/delivery-options';
import { EventQueue } from '../../src/delivery/event-queue';
import type { Outcome, OutcomeClaim } from '../../src/delivery/outcome-claim';
import { QueuedEvent } from '../../src/delivery/queued-event';
import { resolveDelivery } from '../../src/delivery/resolve-options';
import { MemoryStore } from '../../src/store/memory-store';
import { StoreReadException } from '../../src/store/store-read.exception';
import { StoreWriteException } from '../../src/store/store-write.exception';
import { envelopeOf, names } from './bare-delivery';

const open = (maxBytes = 1e6): MemoryStore => MemoryStore.open({ maxBytes });

/** A queue, with what it reported. */
function create(options: DeliveryOptions, store?: MemoryStore) {
  const reported: string[] = [];
  const note = (text: string) => (): void => void reported.push(text);
  const queue = new EventQueue(resolveDelivery(options), store, {
    onDropped: (reason, events) => reported.push(`${reason} ${String(events)}`),
    onDiskFailed: note('disk failed'),
    onDiskRecovered: note('disk recovered'),
    onDiskBegun: note('disk begun'),
    onDiskDrained: note('disk drained'),
    onUnwritable: (entry) => reported.push(`unwritable ${entry.name}`),
  });
  const put = (...events: string[]) => events.map((name) => queue.put(envelopeOf(name), performance.now()));
  const take = (count = 100): QueuedEvent[] => queue.take(count, Infinity);
  const settleAll = (): string[] => {
    const taken: string[] = [];
    for (let entries = take(1); entries.length > 0; entries = take(1)) {
      queue.settle(entries);
      taken.push(...namesOf(entries));
    }
    return taken;
  };
  return { queue, reported, put, take, settleAll };
}

const namesOf = (entries: readonly QueuedEvent[]): string[] => entries.map(({ name }) => name);

function claimOf(isRetained: boolean): OutcomeClaim & { readonly told: Outcome[] } {
  const told: Outcome[] = [];
  return { isRetained, told, onOutcome: (outcome) => told.push(outcome) };
}

/** Makes the disk refuse every write. @returns what repairs it */
function breakWrites(store: MemoryStore): () => void {
  const fail = (): never => {
    throw StoreWriteException.create({ path: 'disk', cause: new Error('no space left') });
  };
  const spies = (['append', 'prepend', 'flush', 'probe'] as const).map((method) =>
    jest.spyOn(store, method).mockImplementation(fail),
  );
  return () => {
    for (const spy of spies) spy.mockRestore();
  };
}

/** The record of an event that another process has left. */
function leave(store: MemoryStore, ...events: string[]): MemoryStore {
  for (const name of events) store.append(QueuedEvent.of(envelopeOf(name), performance.now()).record(), true);
  return store;
}

afterEach(() => jest.restoreAllMocks());

describe('EventQueue', () => {
  it('gives events in the order in which they came, as many as fit, but at least one', () => {
    const { queue, put, take } = create({});
    expect(put(...names(4))).toEqual(['held', 'held', 'held', 'held']);
    const [first] = take(1);
    expect(first?.name).toBe('e0');
    expect(namesOf(queue.take(9, first!.bytes * 2))).toEqual(['e1', 'e2']);
    expect(namesOf(queue.take(9, 1))).toEqual(['e3']);
    expect(queue.waiting).toBe(0);
  });

  it('refuses what is more than its capacity in memory, until events are settled', () => {
    const { queue, put, take } = create({ maxEvents: 2 });
    expect(put(...names(3))).toEqual(['held', 'held', undefined]);
    const taken = take();
    expect(queue.isFull).toBe(true);
    queue.settle(taken.slice(1));
    expect(queue.isFull).toBe(false);
    expect(put('e3', 'e4')).toEqual(['held', undefined]);
  });

  it('drops the oldest event for a new one if it is to, but none that is being sent', () => {
    const { queue, reported, put, take } = create({ maxEvents: 2, whenFull: 'drop-oldest' });
    put('e0');
    const claim = claimOf(false);
    queue.put(envelopeOf('e1'), performance.now(), claim);
    const taken = take(1);
    expect(put('e2')).toEqual(['held']);
    expect(reported).toEqual(['queue-full 1']);
    expect(claim.told).toEqual(['dropped']);
    expect(namesOf(taken)).toEqual(['e0']);
    expect(namesOf(take())).toEqual(['e2']);
    expect(put('e3')).toEqual([undefined]);
  });

  it('writes every event to the disk if it is durable', () => {
    const store = open();
    const { queue, put } = create({ durable: true }, store);
    expect(put('e0')).toEqual(['stored']);
    expect(queue).toMatchObject({ isOnDisk: true, isOverflowing: false, waitingBytes: 0 });
    expect(queue.onDisk).toMatchObject({ count: 1, isFailing: false });
    expect(queue.onDisk.bytes).toBeGreaterThan(0);
  });

  it('goes on on disk when memory is full, and in memory when the disk is drained', () => {
    const { queue, reported, put, take, settleAll } = create({ maxEvents: 2 }, open());
    expect(put(...names(4))).toEqual(['held', 'held', 'stored', 'stored']);
    expect(queue).toMatchObject({ isOnDisk: true, isOverflowing: true });
    queue.settle(take(2));
    expect(put('e4')).toEqual(['stored']); // or it would be sent before the others
    expect(settleAll()).toEqual(['e2', 'e3', 'e4']);
    expect(reported).toEqual(['disk begun', 'disk drained']);
    expect(put('e5')).toEqual(['held']);
  });

  it('goes on on disk from the start if that has events of before', () => {
    const { queue, put } = create({}, leave(open(), 'old'));
    expect(queue.isOverflowing).toBe(true);
    expect(put('e0')).toEqual(['stored']);
    expect(create({ durable: true }, leave(open(), 'old')).queue.isOverflowing).toBe(false);
  });

  it('holds events in memory while the disk cannot be written, and writes them first when it can', () => {
    const store = open();
    const { queue, reported, put, settleAll } = create({ durable: true }, store);
    put('e0');
    const repair = breakWrites(store);
    expect(put('e1', 'e2')).toEqual(['held', 'held']);
    expect(queue.onDisk).toMatchObject({ count: 1, isFailing: true });
    repair();
    expect(put('e3')).toEqual(['stored']);
    expect(store.count).toBe(4);
    expect(settleAll()).toEqual(names(4));
    expect(reported).toEqual(['disk failed', 'disk recovered']);
  });

  it('has its capacity in memory again when the events held there are on disk', () => {
    const store = open();
    const { queue, put } = create({ durable: true, maxEvents: 1 }, store);
    const repair = breakWrites(store);
    expect(put('e0', 'e1')).toEqual(['held', undefined]);
    repair();
    queue.checkDisk([]);
    breakWrites(store);
    expect(put('e2', 'e3')).toEqual(['held', undefined]);
  });

  it('tells a waiting caller that its event is stored when it gets to the disk', () => {
    const store = open();
    const { queue } = create({ durable: true }, store);
    const repair = breakWrites(store);
    const claim = claimOf(true);
    expect(queue.put(envelopeOf('e0'), performance.now(), claim)).toBe('held');
    queue.checkDisk([]);
    expect(claim.told).toEqual([]);
    repair();
    queue.checkDisk([]);
    expect(claim.told).toEqual(['stored']);
  });

  it('accepts an event that its caller retains beyond its capacity, in memory and with a full disk', () => {
    const memory = create({ maxEvents: 1, whenFull: 'drop-oldest' });
    memory.put('e0');
    expect(memory.queue.put(envelopeOf('e1'), performance.now(), claimOf(true))).toBe('held');
    const full = create({ durable: true, whenFull: 'drop-oldest' }, open(200));
    full.put('e0');
    expect(full.queue.put(envelopeOf('e1'), performance.now(), claimOf(true))).toBe('held');
    expect([...memory.reported, ...full.reported]).toEqual([]);
  });

  it('refuses a new event for which neither disk nor drop makes capacity', () => {
    const { queue, put } = create({ maxEvents: 1, whenFull: 'drop-newest' }, open(250));
    expect(put('e0', 'e1', 'e2')).toEqual(['held', 'stored', undefined]);
    expect(queue.isFull).toBe(true);
  });

  it('takes the events of another process first, and in turns with its own unless it is ordered', () => {
    for (const ordered of [true, false]) {
      const { queue, put, settleAll } = create({ ordered });
      put('e0', 'e1');
      expect(queue.adopt(leave(open(), 'old0', 'old1'))).toBe(2);
      expect(settleAll()).toEqual(ordered ? ['old0', 'old1', 'e0', 'e1'] : ['old0', 'e0', 'old1', 'e1']);
    }
  });

  it('closes the store of another process once its events are settled', () => {
    const store = leave(open(), 'old');
    const close = jest.spyOn(store, 'close');
    const { queue, settleAll } = create({});
    queue.adopt(store);
    settleAll();
    expect(close).toHaveBeenCalledTimes(1);
  });

  it('lets newer events pass ones that cannot be read for now only if it is not ordered', () => {
    for (const ordered of [true, false]) {
      const store = open();
      const { put, take } = create({ durable: true, ordered }, store);
      put('e0');
      const repair = breakWrites(store);
      put('e1');
      jest.spyOn(store, 'lease').mockImplementation(() => {
        throw StoreReadException.create('disk', new Error('too many open files'));
      });
      expect(namesOf(take(1))).toEqual(ordered ? [] : ['e1']);
      repair();
    }
  });

  it('puts a dead letter to the disk if there is one, and to memory if it has capacity', () => {
    const store = open();
    const letter = (name: string) => QueuedEvent.of(envelopeOf(name), performance.now());
    const onDisk = create({}, store);
    expect(onDisk.queue.putAgain(letter('a'))).toBe(true);
    expect(store.count).toBe(1);
    expect(onDisk.reported).toEqual([]); // memory was not full
    const repair = breakWrites(store);
    expect(onDisk.queue.putAgain(letter('b'))).toBe(false);
    repair();
    jest.spyOn(store, 'flush').mockImplementationOnce(() => {
      throw StoreWriteException.create({ path: 'disk', cause: new Error('removed') });
    });
    expect(onDisk.queue.putAgain(letter('c'))).toBe(false);
    expect(store.count).toBe(1);
    const inMemory = create({ maxEvents: 1 });
    expect([inMemory.queue.putAgain(letter('a')), inMemory.queue.putAgain(letter('b'))]).toEqual([true, false]);
  });

  it('writes what is in memory before all on disk when shutdown is near, and everything from then on', () => {
    const store = open();
    const { queue, put, take, settleAll } = create({ maxEvents: 2 }, store);
    put(...names(3));
    const [first] = take(1);
    queue.persist([first!]);
    expect(store.count).toBe(3);
    queue.settle([first!]);
    expect(put('e3')).toEqual(['stored']);
    expect(settleAll()).toEqual(['e1', 'e2', 'e3']);
    expect(put('e4')).toEqual(['stored']);
  });

  it('writes new events to the disk once shutdown is near, although memory has capacity', () => {
    const { queue, put } = create({}, open());
    put('e0');
    queue.persist([]);
    expect(put('e1')).toEqual(['stored']);
    expect(queue).toMatchObject({ isOnDisk: true, isOverflowing: false });
  });

  it('hands over what is left: to the disk, to a caller that retains it, or as lost', () => {
    const onDisk = create({}, open());
    const stored = claimOf(true);
    onDisk.queue.put(envelopeOf('a'), performance.now(), stored);
    expect(onDisk.queue.handOver([])).toEqual({ left: 0, returned: 0 });
    expect(stored.told).toEqual(['stored']);

    const { queue, put, take } = create({});
    const [retained, other] = [claimOf(true), claimOf(false)];
    queue.put(envelopeOf('a'), performance.now(), retained);
    queue.put(envelopeOf('b'), performance.now(), other);
    put('c');
    expect(queue.handOver(take(1))).toEqual({ left: 2, returned: 1 });
    expect([retained.told, other.told]).toEqual([['returned'], ['dropped']]);
  });

  it('says at the end that an event is pending which may not survive on the disk', () => {
    const store = open();
    const { queue, put } = create({}, store);
    put('a');
    const claim = claimOf(true);
    queue.put(envelopeOf('b'), performance.now(), claim);
    jest.spyOn(store, 'flush').mockImplementation(() => {
      throw StoreWriteException.create({ path: 'disk', cause: new Error('removed') });
    });
    expect(queue.handOver([])).toEqual({ left: 0, returned: 0 });
    expect(claim.told).toEqual(['pending']);
  });

  it('counts at close what the disk does not accept', () => {
    const store = open();
    const { queue, put } = create({ durable: true }, store);
    put('a', 'b');
    jest.spyOn(store, 'close').mockImplementation(() => {
      throw StoreWriteException.create({ path: 'disk', cause: new Error('no space left'), records: 2 });
    });
    expect(queue.close()).toBe(2);
  });
});
