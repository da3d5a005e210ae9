import type { IdentifiedEvent } from '../../src/entries';
import { MemoryStore } from '../../src/store/memory-store';
import { Envelope } from '../../src/event/envelope';
import { DEFAULT_LIMITS } from '../../src/event/normal-form';
import { Normalizer } from '../../src/event/normalizer';
import { eventually } from '../support/eventually';
import { bareDelivery, closeBareDeliveries, envelopeOf, type BareDelivery } from './bare-delivery';
import { imbalance } from './books';
import { quick } from './gate';

afterEach(closeBareDeliveries);

const normalizer = new Normalizer(DEFAULT_LIMITS);

function deep(levels: number): object {
  let value: object = {};
  for (let level = 0; level < levels; level++) value = { inner: value };
  return value;
}

function circular(): object {
  const value: Record<string, unknown> = {};
  value['self'] = value;
  return value;
}

/** As it comes from a bus or a queue: nobody has brought its data to normal form. */
function carried(data: object, length: number | undefined): Envelope {
  const event = { id: 'bad', name: 'bad', timestamp: new Date(0), context: {}, data } as IdentifiedEvent;
  return Envelope.carried(event, { length }, normalizer);
}

const refusesBad = (events: readonly IdentifiedEvent[]) =>
  Promise.resolve(
    events.flatMap(({ id }, index) => (id === 'bad' ? [{ index, reason: 'cannot be taken', retryable: false }] : [])),
  );

const store = (): MemoryStore => MemoryStore.open({ maxBytes: 1e7 });

function put({ delivery, emit }: BareDelivery, data: object, length: number | undefined): void {
  emit('a', 'b');
  delivery.accept(carried(data, length));
  emit('c');
}

describe.each<[string, () => object]>([
  ['is nested too deep', () => deep(50_000)],
  ['is circular', circular],
  ['has a BigInt', () => ({ n: 1n })],
])('An event that cannot be written, since it %s,', (_what, data) => {
  it('becomes a dead letter alone when the destination refuses it', async () => {
    const run = bareDelivery(quick);
    run.gate.behave = refusesBad;
    put(run, data(), 100);
    await run.delivery.flush();
    expect(run.gate.names).toEqual(['a', 'b', 'c']);
    expect(run.counts()).toMatchObject({ accepted: 4, delivered: 3, deadLettered: 1, pending: 0 });
    expect(run.dead()).toEqual([['bad', expect.stringMatching(/^unreadable: (Range|Type)Error$/)]]);
    expect(run.said.join()).not.toContain('inner');
  });

  it.each([
    ['durable, without a known length', { durable: true }, undefined],
    ['durable', { durable: true }, 100],
    ['in overflow', { maxEvents: 1 }, 100],
  ])('becomes a dead letter alone where it would go to the disk: %s', async (_how, options, length) => {
    const run = bareDelivery({ ...quick, ...options }, store());
    put(run, data(), length);
    await run.delivery.flush();
    expect(run.gate.names).toEqual(['a', 'b', 'c']);
    expect(run.counts()).toMatchObject({ accepted: 4, delivered: 3, deadLettered: 1, pending: 0 });
    expect(run.dead()).toHaveLength(1);
    expect(imbalance(run.counts())).toBe(0);
  });

  it('tells the one who waits for it', () => {
    const run = bareDelivery({ ...quick, durable: true }, store());
    const outcomes: string[] = [];
    const claim = { isRetained: false, onOutcome: (outcome: string) => void outcomes.push(outcome) };
    expect(run.delivery.accept(carried(data(), 100), claim)).toBeUndefined();
    expect(outcomes).toEqual(['dead-lettered']);
  });

  it('costs nothing but itself when the rest goes to the disk at the end', async () => {
    const run = bareDelivery({ ...quick, batch: { maxWaitMs: 60_000 } }, store());
    run.gate.behave = () => Promise.reject(new Error('down'));
    put(run, data(), 100);
    await run.delivery.drain(10);
    const { handedOver, deadLettered, dropped, pending } = run.counts();
    expect({ handedOver, pending }).toEqual({ handedOver: 3, pending: 0 });
    expect(deadLettered + Object.values(dropped).reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(imbalance(run.counts())).toBe(0);
  });

  it('is not redriven, since nothing of it could be sent, and can be purged', async () => {
    const run = bareDelivery(quick);
    run.gate.behave = refusesBad;
    put(run, data(), 100);
    run.delivery.accept(envelopeOf('bad', { is: 'readable' }));
    await run.delivery.flush();
    run.gate.behave = () => Promise.resolve();
    expect(await run.delivery.letters.redrive({})).toBe(1);
    await run.delivery.flush();
    expect(run.gate.taken.map(({ data: sent }) => sent)).toContainEqual({ is: 'readable' });
    expect(run.gate.taken).toHaveLength(4);
    expect(await run.delivery.letters.purge({ reason: /^unreadable/ })).toBe(1);
  });
});

describe('What must not fail', () => {
  it('keeps no event pending for ever when it does', async () => {
    const run = bareDelivery({ ...quick, retry: { minDelayMs: 1, maxDelayMs: 1 } });
    const { letters } = run;
    jest.spyOn(letters, 'append').mockImplementationOnce(() => {
      throw Object.create(null) as Error; // what is thrown here is not even an error
    });
    run.gate.behave = refusesBad;
    run.emit('a', 'bad', 'b');
    await eventually(() => expect(run.counts().pending).toBe(0));
    expect(imbalance(run.counts())).toBe(0);
  });

  it('is reported and tried again: a queue that throws once', async () => {
    const run = bareDelivery(quick);
    const { engine } = run.delivery as unknown as { engine: { queue: { settle(): void } } };
    jest.spyOn(engine.queue, 'settle').mockImplementationOnce(() => {
      throw new Error('a mistake');
    });
    run.emit('a', 'b');
    await eventually(() => expect(run.counts().pending).toBe(0));
    expect(run.said).toEqual([expect.stringContaining('a mistake')]);
  });

  it('is no matter of a listener or a logger that throws', async () => {
    const run = bareDelivery(quick);
    run.gate.behave = refusesBad;
    const parts = (run.delivery as unknown as { parts: { say(): void; onChange(): void } }).parts;
    parts.say = parts.onChange = () => {
      throw new Error('a logger that fails');
    };
    run.emit('a', 'bad', 'b');
    await eventually(() => expect(run.counts()).toMatchObject({ delivered: 2, deadLettered: 1, pending: 0 }));
  });

  it('is no matter of one who waits to hear and throws', async () => {
    const run = bareDelivery(quick);
    const onOutcome = (): never => {
      throw new Error('a caller that fails');
    };
    run.delivery.accept(envelopeOf('a'), { isRetained: true, onOutcome });
    run.emit('b');
    await eventually(() => expect(run.counts()).toMatchObject({ delivered: 2, pending: 0 }));
  });
});
