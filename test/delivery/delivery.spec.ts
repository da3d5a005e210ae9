import type { EntryDestination } from '../../src/delivery/destination';
import { QueuedEvent } from '../../src/delivery/queued-event';
import { MemoryStore } from '../../src/store/memory-store';
import { eventually } from '../support/eventually';
import { bareDelivery, closeBareDeliveries, envelopeOf, names } from './bare-delivery';
import { imbalance } from './books';
import { down, Gate } from './gate';

afterEach(closeBareDeliveries);
afterEach(() => jest.restoreAllMocks());

const quick = { batch: { maxWaitMs: 1 }, retry: { minDelayMs: 1, maxDelayMs: 2 } };
const slow = { batch: { maxEvents: 100, maxWaitMs: 60_000 } };

const open = (): MemoryStore => MemoryStore.open({ maxBytes: 1e6 });

/** A store with the events that a process has left. */
function left(...events: string[]): MemoryStore {
  const store = open();
  for (const name of events) store.append(QueuedEvent.of(envelopeOf(name), performance.now()).record(), true);
  return store;
}

/** A destination whose class says which events it refuses. */
class Choosy extends Gate {
  refusal: unknown;

  refuses(): string | undefined {
    return this.refusal as string | undefined;
  }
}

describe('Delivery', () => {
  it('sends what it accepts, outside of accept, and counts it', async () => {
    const { delivery, gate, emit, counts } = bareDelivery(quick);
    emit('a', 'b');
    expect(gate.batches).toEqual([]);
    expect(counts()).toMatchObject({ accepted: 2, pending: 2 });
    await delivery.flush();
    expect(gate.names).toEqual(['a', 'b']);
    expect(counts()).toMatchObject({ accepted: 2, delivered: 2, pending: 0, attempts: 1 });
  });

  it('drops what the destination refuses, with its reason, before it is queued', () => {
    const choosy = new Choosy();
    const { delivery, counts } = bareDelivery(slow, undefined, choosy);
    choosy.refusal = 'no\tuser\n';
    expect(delivery.accept(envelopeOf('a'))).toBe('no user');
    choosy.refusal = null;
    expect(delivery.accept(envelopeOf('b'))).toBeUndefined();
    expect(counts()).toMatchObject({ accepted: 1, pending: 1 });
  });

  it('queues an event for which the destination gives no reason as a string, and reports that once', () => {
    const choosy = new Choosy();
    const { delivery, said } = bareDelivery(slow, undefined, choosy);
    choosy.refusal = true;
    for (const name of ['a', 'b']) expect(delivery.accept(envelopeOf(name))).toBeUndefined();
    expect(said).toEqual([expect.stringMatching(/^Choosy\.refuses returned .*Fix: /)]);
  });

  it('refuses events when its queue is full, and reports that once until it was empty', async () => {
    const { delivery, emit, said, changes, counts } = bareDelivery({ ...slow, maxEvents: 2 });
    emit(...names(2));
    expect([delivery.accept(envelopeOf('x')), delivery.accept(envelopeOf('y'))]).toEqual(['queue-full', 'queue-full']);
    expect(changes).toEqual(['queue-full']);
    expect(said).toEqual([expect.stringContaining('give delivery a directory, or raise maxEvents')]);
    await delivery.flush();
    emit(...names(3, 2));
    expect(changes).toEqual(['queue-full', 'queue-full']);
    expect(counts()).toMatchObject({ accepted: 4 });
  });

  it('tells a caller that keeps its events when there is capacity for more', async () => {
    const { delivery, gate, emit } = bareDelivery({ ...quick, maxEvents: 2 });
    let release = (): void => undefined;
    gate.behave = () => new Promise((resolve) => (release = resolve));
    emit(...names(2));
    expect(delivery.takesMore).toBe(false);
    let hasCapacity = false;
    const waiting = delivery.whenTakesMore().then(() => (hasCapacity = true));
    await eventually(() => expect(gate.batches).toHaveLength(1));
    expect(hasCapacity).toBe(false);
    release();
    await waiting;
    expect(delivery.takesMore).toBe(true);
    await delivery.whenTakesMore();
  });

  it('takes no more for a destination that is down, where events would only collect on the disk', async () => {
    for (const store of [undefined, open()]) {
      const { delivery, gate, emit, counts } = bareDelivery(quick, store);
      gate.behave = down;
      emit('a');
      await eventually(() => expect(counts().breaker).toBe('open'));
      expect(delivery.takesMore).toBe(store === undefined);
    }
  });

  it('answers callers that wait for capacity when it closes', async () => {
    const { delivery, gate, emit } = bareDelivery({ ...quick, maxEvents: 1 });
    gate.behave = () => new Promise(() => undefined);
    emit('a');
    const waiting = delivery.whenTakesMore();
    delivery.flushSync();
    await waiting;
    expect(delivery.accept(envelopeOf('b'))).toBe('closed');
  });

  it('sends the events that were on the disk, and counts them as recovered', async () => {
    const { delivery, gate, counts } = bareDelivery(quick, left('old'));
    expect(counts()).toMatchObject({ recovered: 1, pending: 1, isOnDisk: true });
    await delivery.flush();
    expect(gate.names).toEqual(['old']);
    expect(imbalance(counts())).toBe(0);
  });

  it('takes over the queue and the dead letters of another process', async () => {
    const { delivery, gate, counts, dead } = bareDelivery(quick);
    delivery.adopt(left('old', 'older'), left('dead'));
    expect(counts()).toMatchObject({ recovered: 2, deadLetters: 1 });
    await eventually(() => expect(gate.names).toEqual(['old', 'older']));
    expect(dead()).toEqual([['dead', '']]);
    expect(imbalance(counts())).toBe(0);
  });

  it('writes what it holds to the disk when shutdown is near, and still sends it', async () => {
    const store = open();
    const { delivery, gate, emit } = bareDelivery(slow, store);
    emit('a', 'b');
    expect(store.count).toBe(0);
    delivery.persist();
    expect(store.count).toBe(2);
    await delivery.flush();
    expect(gate.names).toEqual(['a', 'b']);
    expect(store.count).toBe(0);
  });

  it('leaves on the disk what it cannot send before it closes, and counts that', async () => {
    const store = open();
    const { delivery, gate, emit, counts, changes, said } = bareDelivery(quick, store);
    gate.behave = () => new Promise(() => undefined);
    emit('a', 'b');
    await delivery.drain(5);
    expect(counts()).toMatchObject({ accepted: 2, handedOver: 2, pending: 0 });
    expect(changes).toEqual(['closed']);
    expect(said).toEqual([expect.stringContaining('2 left on disk for the next start')]);
    delivery.persist();
    delivery.checkDisk();
    expect(counts()).toMatchObject({ handedOver: 2, pending: 0 });
  });

  it('checks the disk of the queue and of the dead letters', () => {
    const store = open();
    const { delivery, letters } = bareDelivery(quick, store);
    const checks = [jest.spyOn(store, 'check'), jest.spyOn(letters, 'check')];
    delivery.checkDisk();
    for (const check of checks) expect(check).toHaveBeenCalledTimes(1);
  });

  it('takes input that is no event only for a destination that says so', () => {
    const entries = (takesRaw: boolean): EntryDestination => ({
      takesRaw,
      sendEntries: () => Promise.resolve(),
    });
    expect(bareDelivery(slow, undefined, entries(true)).delivery.takesRaw).toBe(true);
    expect(bareDelivery(slow, undefined, entries(false)).delivery.takesRaw).toBe(false);
    expect(bareDelivery(slow).delivery.takesRaw).toBe(false);
  });
});
