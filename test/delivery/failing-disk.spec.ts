import { Delivery } from '../../src/delivery/delivery';
import type { DeliveryChange } from '../../src/ledger/delivery-notice';
import type { DeliveryOptions } from '../../src/delivery/delivery-options';
import { MemoryStore } from '../../src/store/memory-store';
import { LetterStore } from '../../src/delivery/letter-store';
import { StoreReadException } from '../../src/store/store-read.exception';
import { StoreWriteException } from '../../src/store/store-write.exception';
import { resolveDelivery } from '../../src/delivery/resolve-options';
import { Envelope, OwnContext } from '../../src/event/envelope';
import { DEFAULT_LIMITS } from '../../src/event/normal-form';
import { Normalizer } from '../../src/event/normalizer';
import { eventually } from '../support/eventually';
import { imbalance } from './books';
import { Gate } from './gate';

const noSpace = (records = 0): StoreWriteException =>
  StoreWriteException.create({
    path: 'disk',
    cause: Object.assign(new Error('no space left'), { code: 'ENOSPC' }),
    records,
  });
const noFile = (): StoreReadException => StoreReadException.create('disk', new Error('too many open files'));

/** A delivery on stores that fail when the test says so, as no disk does on demand. */
function delivery(
  options: DeliveryOptions,
  letterBytes = 0,
): {
  readonly queue: Delivery;
  readonly gate: Gate;
  readonly store: MemoryStore;
  readonly letters: MemoryStore;
  readonly changes: DeliveryChange[];
  readonly said: string[];
  readonly emit: (name: string) => void;
} {
  const gate = new Gate();
  const store = MemoryStore.open({ maxBytes: 1e6 });
  const letters = MemoryStore.open({ maxBytes: 1e6 });
  const changes: DeliveryChange[] = [];
  const said: string[] = [];
  const quick = resolveDelivery({ batch: { maxWaitMs: 1 }, retry: { minDelayMs: 1, maxDelayMs: 2 } }, options);
  const queue = new Delivery({
    ...{ path: 'gate', destination: gate, settings: quick, store, deadLetters: new LetterStore(letters, letterBytes) },
    say: (text) => said.push(text),
    onChange: (change) => changes.push(change),
  });
  running.push(queue);
  const normalizer = new Normalizer(DEFAULT_LIMITS);
  let number = 0;
  const emit = (name: string): void => {
    const context = new OwnContext({});
    const event = { id: `id-${String(number++)}`, name, time: 0, context, data: {}, depth: 0, parentId: undefined };
    queue.accept(Envelope.of(event, normalizer));
  };
  return { queue, gate, store, letters, changes, said, emit };
}

const running: Delivery[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((queue) => queue.drain(50)));
  jest.restoreAllMocks();
});

describe('A disk that cannot be used', () => {
  it('keeps a dead letter that it cannot take back for sure, in one place only', async () => {
    const { queue, gate, store, letters, emit } = delivery({ durable: true }, 1e6);
    gate.behave = () => Promise.resolve([{ index: 0, reason: 'no', retryable: false }]);
    emit('a');
    await eventually(() => expect(queue.counts()).toMatchObject({ deadLetters: 1, pending: 0 }));
    const flush = jest.spyOn(store, 'flush').mockImplementation(() => {
      throw noSpace();
    });
    expect(await queue.letters.redrive({})).toBe(0);
    expect(queue.counts()).toMatchObject({ redriven: 0, deadLetters: 1, pending: 0 });
    expect({ queued: store.count, letters: letters.count }).toEqual({ queued: 0, letters: 1 });

    flush.mockRestore();
    gate.behave = () => Promise.resolve();
    expect(await queue.letters.redrive({})).toBe(1);
    await eventually(() => expect(gate.names).toEqual(['a']));
    expect(imbalance(queue.counts())).toBe(0);
  });

  it('stops no delivery when it is full, and is told of once, and once when it is fixed', async () => {
    const { queue, gate, store, changes, emit } = delivery({ maxEvents: 1, batch: { maxEvents: 2, maxWaitMs: 1 } });
    const full = jest.spyOn(store, 'append').mockImplementation(() => {
      throw noSpace();
    });
    for (const name of ['a', 'b', 'c']) emit(name);
    await eventually(() => expect(gate.names).toEqual(['a']));
    expect(changes).toEqual(['disk-failed', 'queue-full']);
    expect(queue.counts()).toMatchObject({ accepted: 1, delivered: 1, isDiskFailing: true });

    full.mockRestore();
    for (const name of ['d', 'e', 'f']) emit(name);
    await eventually(() => expect(gate.names).toEqual(['a', 'd', 'e', 'f']));
    expect(changes.slice(2)).toEqual(['disk-recovered', 'disk-spill-started', 'disk-drained']);
    expect(queue.counts()).toMatchObject({ delivered: 4, pending: 0, isDiskFailing: false });
  });

  it('has its events held in memory while it takes none, as far as there is room', async () => {
    const { queue, gate, store, changes, emit } = delivery({
      durable: true,
      maxEvents: 3,
      batch: { maxWaitMs: 60_000 },
    });
    jest.spyOn(store, 'append').mockImplementation(() => {
      throw noSpace();
    });
    for (const name of ['a', 'b', 'c', 'd']) emit(name);
    expect(queue.counts()).toMatchObject({ accepted: 3, pending: 3, isDiskFailing: true });
    expect(changes).toEqual(['disk-failed', 'queue-full']);
    await queue.flush();
    expect(gate.names).toEqual(['a', 'b', 'c']);
  });

  it('is asked again later when it cannot be read, and nobody waits for that', async () => {
    const { queue, gate, store, changes, emit } = delivery({ durable: true });
    const unreadable = jest.spyOn(store, 'lease').mockImplementation(() => {
      throw noFile();
    });
    emit('a');
    await queue.flush();
    expect(gate.batches).toEqual([]);
    expect(queue.counts()).toMatchObject({ pending: 1, isDiskFailing: true });
    unreadable.mockRestore();
    await eventually(() => expect(gate.names).toEqual(['a']));
    expect(changes).toEqual(['disk-failed', 'disk-recovered']);
  });

  it('costs a dead letter that it cannot take, which is counted, and nothing of the others of its batch', async () => {
    const { queue, gate, letters, said, emit } = delivery({});
    jest.spyOn(letters, 'append').mockImplementation(() => {
      throw noSpace();
    });
    gate.behave = () => Promise.resolve([{ index: 0, reason: 'no', retryable: false }]);
    emit('bad');
    emit('good');
    await queue.flush();
    expect(gate.names).toEqual(['good']);
    expect(queue.counts()).toMatchObject({
      ...{ delivered: 1, deadLettered: 1, pending: 0, deadLetters: 0, forgottenDeadLetters: 1 },
    });
    expect(said).toEqual([
      expect.stringMatching(/^a dead letter could not be kept [^]*no space left/),
      expect.stringMatching(/^an event became a dead letter/),
    ]);
  });

  it('costs at the end what it does not take, which is counted as dropped and not as handed over', async () => {
    const { queue, gate, store, emit } = delivery({ maxEvents: 1, batch: { maxWaitMs: 60_000 } });
    gate.behave = () => Promise.reject(new Error('down'));
    for (const name of ['a', 'b', 'c']) emit(name);
    jest.spyOn(store, 'close').mockImplementation(() => {
      throw noSpace(2);
    });
    await queue.drain(20);
    expect(queue.counts()).toMatchObject({ accepted: 3, handedOver: 1, dropped: { shutdown: 2 }, pending: 0 });
    expect(imbalance(queue.counts())).toBe(0);
  });
});
