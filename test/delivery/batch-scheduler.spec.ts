import fc from 'fast-check';
import type { Batch } from '../../src/delivery/batch';
import type { QueuedEvent } from '../../src/delivery/queued-event';
import { names } from './bare-delivery';
import { fakeClock, pass } from './fake-clock';
import { Bench, noReport } from './scheduler-bench';

const first = ({ entries }: Batch): string | undefined => entries[0]?.name;

beforeEach(() => {
  fakeClock();
});
afterEach(() => {
  jest.clearAllTimers();
  jest.useRealTimers();
});

describe('BatchScheduler', () => {
  it('closes a batch when it is full, and when its oldest event has waited', async () => {
    const bench = new Bench({ batch: { maxEvents: 3, maxWaitMs: 100 }, concurrency: 9 });
    bench.emit(7);
    expect(bench.sent).toEqual([]); // nothing is sent inside of emit
    await pass(0);
    expect(bench.sizes).toEqual([3, 3]);
    await pass(99);
    expect(bench.sizes).toEqual([3, 3]);
    await pass(2);
    expect(bench.sizes).toEqual([3, 3, 1]);
  });

  it('closes a batch when its bytes are enough', async () => {
    const bench = new Bench({ batch: { maxEvents: 100, maxBytes: 400, maxWaitMs: 1000 }, concurrency: 9 });
    bench.emit(4);
    await pass(1);
    expect(bench.sent.length).toBeGreaterThan(0);
  });

  it('has as many batches under way as there are slots, and takes the next when one ends', async () => {
    const bench = new Bench({ batch: { maxEvents: 1, maxWaitMs: 0 }, concurrency: 2 });
    bench.emit(5);
    await pass(1);
    expect(bench.sent.map(first)).toEqual(['e0', 'e1']);
    bench.end(bench.sent[0]);
    expect(bench.sent.map(first)).toEqual(['e0', 'e1', 'e2']);
  });

  it('keeps the slot of a call that has not returned', async () => {
    const bench = new Bench({ batch: { maxEvents: 1, maxWaitMs: 0 }, ordered: true });
    bench.emit(2);
    await pass(1);
    let returns = (): void => undefined;
    bench.end(bench.sent[0], { stillRunning: new Promise((resolve) => (returns = resolve)) });
    await pass(1000);
    expect(bench.sent).toHaveLength(1);
    returns();
    await pass(0);
    expect(bench.sent.map(first)).toEqual(['e0', 'e1']);
  });

  it('sends nothing while the breaker does not let it, and one batch that was never sent when it does', async () => {
    const bench = new Bench({ batch: { maxEvents: 1, maxWaitMs: 0 }, concurrency: 3, retry: { minDelayMs: 50 } });
    bench.emit(3);
    await pass(1);
    for (const batch of [...bench.sent]) bench.fail(batch, 60);
    bench.emit(3);
    await pass(98);
    expect(bench.sent).toHaveLength(3);
    await pass(3);
    expect(bench.sent.slice(3).map(first)).toEqual(['e3']);
    await pass(1000);
    expect(bench.sent).toHaveLength(4); // while it probes
  });

  it('asks a destination that refuses everything with one event of a batch', async () => {
    const bench = new Bench({ batch: { maxEvents: 10, maxWaitMs: 0 }, concurrency: 1, retry: { minDelayMs: 50 } });
    bench.emit(30);
    await pass(1);
    bench.breaker.refuse(performance.now(), 20);
    bench.end(bench.sent[0]);
    await pass(1000);
    expect(bench.sizes).toEqual([10, 1]);
    bench.breaker.succeed(performance.now());
    bench.end(bench.sent[1]);
    await pass(0);
    expect(bench.sent.map(first)).toEqual(['e0', 'e10', 'e11']);
  });

  it('takes no more from the queue than ten batches whose turn has to come again', async () => {
    const bench = new Bench({ batch: { maxEvents: 2, maxWaitMs: 0 }, concurrency: 50, retry: { minDelayMs: 0 } });
    bench.emit(200);
    const failing = new Bench({ batch: { maxEvents: 2, maxWaitMs: 0 }, concurrency: 1 });
    failing.breaker.fail = noReport; // it stays closed
    failing.emit(200);
    for (let round = 0; round < 40; round++) {
      await pass(1);
      if (failing.sent.length > round) failing.fail(failing.sent[round], 60_000);
    }
    expect(failing.sent).toHaveLength(10);
    expect(failing.queue.waiting).toBe(180);
  });

  it('keeps the process alive for events that wait, and not for a destination that fails', async () => {
    const unref = jest.fn();
    const original = globalThis.setTimeout;
    jest.spyOn(globalThis, 'setTimeout').mockImplementation((...args: Parameters<typeof setTimeout>) => {
      const timer = original(...args);
      timer.unref = () => {
        unref();
        return timer;
      };
      return timer;
    });
    const bench = new Bench({ batch: { maxEvents: 2, maxWaitMs: 100 } });
    bench.emit();
    expect(unref).not.toHaveBeenCalled();
    await pass(101);
    bench.fail(bench.sent[0], 50);
    expect(unref).toHaveBeenCalled();
    jest.restoreAllMocks();
  });

  it('hands out, when it is stopped, what is not settled, in the order in which it came', async () => {
    const bench = new Bench({ batch: { maxEvents: 2, maxWaitMs: 0 }, concurrency: 3 });
    bench.emit(6);
    await pass(1);
    bench.fail(bench.sent[2], 10);
    bench.fail(bench.sent[0], 90);
    const left = bench.scheduler.stop();
    expect(left.map(({ name }) => name)).toEqual(names(6));
    bench.end(bench.sent[1]); // comes too late
    await pass(1000);
    expect(bench.sent).toHaveLength(3);
  });

  it('puts every event into exactly one batch, whatever fails, and is idle when all are settled', async () => {
    const step = fc.record({
      emits: fc.integer({ min: 0, max: 9 }),
      passes: fc.integer({ min: 0, max: 60 }),
      ends: fc.array(fc.constantFrom('ok', 'fails', 'halves'), { maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.integer({ min: 1, max: 4 }),
        fc.array(step, { maxLength: 30 }),
        async (ordered, concurrency, steps) => {
          const bench = new Bench({
            ordered,
            concurrency,
            batch: { maxEvents: 4, maxWaitMs: 20 },
            retry: { minDelayMs: 10, maxDelayMs: 40 },
          });
          const settled: QueuedEvent[] = [];
          let ended = 0;
          let emitted = 0;
          const endOne = (how: string): void => {
            const batch = bench.sent[ended];
            if (batch === undefined) return;
            ended++;
            if (how === 'fails') {
              bench.fail(batch, 15);
              return;
            }
            const now = performance.now();
            bench.breaker.succeed(now);
            const middle = how === 'halves' ? Math.floor(batch.entries.length / 2) : batch.entries.length;
            settled.push(...batch.entries.slice(0, middle));
            const rest = batch.entries.slice(middle);
            bench.end(batch, {
              again: rest.length === 0 ? [] : [{ ...batch, entries: rest, dueAt: now, triedAt: now }],
            });
          };
          for (const { emits, passes, ends } of steps) {
            bench.emit(emits);
            emitted += emits;
            await pass(passes);
            for (const how of ends) endOne(how);
            const underWay = bench.sent.slice(ended);
            expect(underWay.length).toBeLessThanOrEqual(ordered ? 1 : concurrency);
            expect(underWay.every(({ entries }) => entries.length > 0 && entries.length <= 4)).toBe(true);
          }
          for (let round = 0; settled.length < emitted; round++) {
            expect(round).toBeLessThan(1000);
            endOne('ok');
            await pass(50);
          }
          expect(new Set(settled.map(({ name }) => name))).toEqual(new Set(names(emitted)));
          expect(settled).toHaveLength(emitted);
          if (ordered) expect(settled.map(({ name }) => name)).toEqual(names(emitted));
          await pass(1);
          expect(bench.scheduler.isIdle).toBe(true);
          bench.scheduler.stop();
        },
      ),
      { numRuns: 100 },
    );
  }, 60_000);
});
