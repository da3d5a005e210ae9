import fc from 'fast-check';
import { SendFailedException, type EventRejection, type IdentifiedEvent } from '../../src/entries';
import { MemoryStore } from '../../src/store/memory-store';
import { StoreReadException } from '../../src/store/store-read.exception';
import { StoreWriteException } from '../../src/store/store-write.exception';
import { eventually } from '../support/eventually';
import { bareDelivery, closeBareDeliveries, names, type BareDelivery } from './bare-delivery';
import { imbalance } from './books';
import { fakeClock, pass } from './fake-clock';
import type { Behaviour } from './gate';

afterEach(async () => {
  await closeBareDeliveries(); // first: Node counts an immediate of the fake clock that is cleared by the real one
  jest.useRealTimers();
  jest.restoreAllMocks();
});

const ORDERED = {
  ordered: true,
  batch: { maxEvents: 7, maxWaitMs: 1 },
  retry: { minDelayMs: 1, maxDelayMs: 3, attempts: 10 },
} as const;

const refused = (): Promise<never> => Promise.reject(SendFailedException.create({ reason: '400', retryable: false }));

/** What arrived, which is all that was emitted, in order, but for the dead letters. */
function expectInOrder({ gate, dead, counts }: BareDelivery, emitted: readonly string[]): void {
  const gone = new Set(dead().map(([name]) => name));
  expect(gate.names).toEqual(emitted.filter((name) => !gone.has(name)));
  expect(imbalance(counts())).toBe(0);
}

describe('An ordered delivery', () => {
  it('sends no second half before the first has arrived', async () => {
    const run = bareDelivery(ORDERED);
    let failures = 3;
    run.gate.behave = (events) => {
      if (events.length === 7) return refused();
      return events[0]?.name === 'e0' && failures-- > 0 ? Promise.reject(new Error('down')) : Promise.resolve();
    };
    run.emit(...names(7));
    await eventually(() => expect(run.counts().pending).toBe(0));
    expectInOrder(run, names(7));
    expect(run.gate.taken).toHaveLength(7);
  });

  it('keeps the order of what is on disk, and of what came while the disk was full', async () => {
    const store = MemoryStore.open({ maxBytes: 1e6 });
    const run = bareDelivery({ ...ORDERED, durable: true }, store);
    let isFull = false;
    const append = store.append.bind(store);
    jest.spyOn(store, 'append').mockImplementation((...record) => {
      if (isFull) throw StoreWriteException.create({ path: 'disk', cause: new Error('no space'), records: 0 });
      return append(...record);
    });
    run.gate.behave = () => Promise.reject(new Error('down'));
    let from = 0;
    for (const full of [false, true, false, true, true, false]) {
      isFull = full;
      run.emit(...names(50, from));
      from += 50;
    }
    run.gate.behave = () => Promise.resolve();
    await eventually(() => expect(run.counts().pending).toBe(0));
    expectInOrder(run, names(from));
    expect(run.gate.taken).toHaveLength(from);
  });

  it('keeps the order where the bound of the disk is reached and left again', async () => {
    const store = MemoryStore.open({ maxBytes: 4000 });
    const run = bareDelivery({ ...ORDERED, maxEvents: 5, maxDiskBytes: 4000 }, store);
    const emitted: string[] = [];
    run.gate.behave = (events) => new Promise((resolve) => setTimeout(resolve, events.length > 3 ? 1 : 0));
    for (let n = 0; n < 60; n++) {
      for (const name of names(5, n * 5)) {
        const { accepted } = run.counts();
        run.emit(name);
        if (run.counts().accepted > accepted) emitted.push(name);
      }
      await new Promise(setImmediate);
    }
    await eventually(() => expect(run.counts().pending).toBe(0));
    expectInOrder(run, emitted);
  });

  it('waits for a disk that cannot be read, rather than send what came later', async () => {
    const store = MemoryStore.open({ maxBytes: 1e6 });
    const run = bareDelivery({ ...ORDERED, durable: true }, store);
    const lease = jest.spyOn(store, 'lease').mockImplementation(() => {
      throw StoreReadException.create('disk', new Error('too many open files'));
    });
    run.emit(...names(5));
    jest.spyOn(store, 'append').mockImplementationOnce(() => {
      throw StoreWriteException.create({ path: 'disk', cause: new Error('no space'), records: 0 });
    });
    run.emit('e5');
    await run.delivery.flush();
    expect(run.gate.names).toEqual([]);
    lease.mockRestore();
    await eventually(() => expect(run.counts().pending).toBe(0));
    expectInOrder(run, names(6));
  });

  it('makes one call at a time, also to a destination that ignores its signal', async () => {
    const run = bareDelivery({ ...ORDERED, timeoutMs: 5 });
    let calls = 0;
    // One call of three takes its events long after its time.
    run.gate.behave = () => (++calls % 3 === 0 ? new Promise((resolve) => setTimeout(resolve, 30)) : Promise.resolve());
    run.emit(...names(50));
    await eventually(() => expect(run.counts().pending).toBe(0));
    expect(run.gate.mostUnderWay).toBe(1);
    const first = [...new Set(run.gate.names)]; // again where the late answer was not waited for
    expect(first).toEqual(names(50));
  });

  it('goes on after twice the time, and says so, where a call never ends', async () => {
    fakeClock();
    const run = bareDelivery({ ...ORDERED, timeoutMs: 5000 });
    let calls = 0;
    run.gate.behave = () => (++calls === 1 ? new Promise(() => undefined) : Promise.resolve());
    run.emit('a', 'b');
    await pass(9900);
    expect(calls).toBe(1);
    await pass(200);
    expect(run.gate.names).toEqual(['a', 'b']);
    expect(run.said).toEqual([expect.stringMatching(/^Gate.sendBatch has not returned 5000 ms after .*Fix: /)]);
  });

  it('takes the next batch at once when a late call ends', async () => {
    fakeClock();
    const run = bareDelivery({ ...ORDERED, timeoutMs: 5000 });
    run.gate.behave = () =>
      run.gate.batches.length === 1 ? new Promise((resolve) => setTimeout(resolve, 6000)) : Promise.resolve();
    run.emit('a');
    await pass(5990);
    expect(run.gate.batches).toHaveLength(1);
    await pass(100);
    expect(run.gate.batches).toHaveLength(2);
    expect(run.said).toEqual([]);
  });
});

type Answer = 'takes' | 'refuses whole' | 'fails' | 'wants it later' | 'refuses one' | 'times out' | 'lies';
const answer = fc.constantFrom<Answer>(
  'takes',
  'takes',
  'takes',
  'refuses whole',
  'fails',
  'fails',
  'wants it later',
  'refuses one',
  'times out',
  'lies',
);

/** Behaves as the list says, call by call, and in the end takes everything. */
function following(answers: readonly Answer[], poison: ReadonlySet<string>): Behaviour {
  let call = 0;
  return async (events: readonly IdentifiedEvent[], signal: AbortSignal): Promise<readonly EventRejection[]> => {
    const next = answers[call++] ?? 'takes';
    if (events.some(({ name }) => poison.has(name))) throw new Error('500');
    switch (next) {
      case 'takes':
        return [];
      case 'refuses whole':
        return refused();
      case 'fails':
        throw new Error('down');
      case 'wants it later':
        return events.map((_, index) => ({ index, reason: 'busy', retryable: true, retryAfterMs: 1 }));
      case 'refuses one':
        return [{ index: events.length - 1, reason: 'wrong', retryable: false }];
      case 'times out':
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(signal.reason as Error);
          });
        });
      case 'lies':
        throw Object.assign(new Error('busy'), { retryAfterMs: NaN });
    }
  };
}

describe('Whatever an ordered destination answers', () => {
  it.each(['in memory', 'durable', 'in overflow'] as const)(
    'what arrives is what was emitted, in that order, but for the dead letters: %s',
    async (where) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(answer, { maxLength: 120 }),
          fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 1, maxLength: 12 }),
          fc.uniqueArray(fc.integer({ min: 0, max: 150 }), { maxLength: 4 }),
          fc.integer({ min: 1, max: 12 }),
          async (answers, bursts, poison, attempts) => {
            fakeClock();
            const store = where === 'in memory' ? undefined : MemoryStore.open({ maxBytes: 1e7 });
            const retry = { ...ORDERED.retry, attempts };
            const where_ = { durable: where === 'durable', maxEvents: where === 'in overflow' ? 10 : 1000 };
            const run = bareDelivery({ ...ORDERED, ...where_, retry, timeoutMs: 20 }, store);
            run.gate.behave = following(answers, new Set(poison.map((n) => `e${String(n)}`)));
            let emitted = 0;
            for (const count of bursts) {
              run.emit(...names(count, emitted));
              emitted += count;
              await pass(7);
              expect(imbalance(run.counts())).toBe(0);
            }
            // Others come, which show that the destination works, until nothing waits.
            for (let tries = 0; run.counts().pending > 0; tries++) {
              expect(tries).toBeLessThan(300);
              run.emit(`e${String(emitted++)}`);
              await pass(50);
            }
            expect(run.gate.mostUnderWay).toBe(1);
            expectInOrder(run, names(emitted));
            run.delivery.flushSync();
          },
        ),
        { numRuns: Number(process.env['ORDER_RUNS'] ?? 60) },
      );
    },
    60_000,
  );
});
