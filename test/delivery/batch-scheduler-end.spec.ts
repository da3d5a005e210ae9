import { names } from './bare-delivery';
import { fakeClock, pass } from './fake-clock';
import { Bench } from './scheduler-bench';

const slow = { batch: { maxEvents: 10, maxWaitMs: 60_000 } };

/** Whether a promise is resolved by now. */
async function isResolved(promise: Promise<void>): Promise<boolean> {
  let is = false;
  void promise.then(() => (is = true));
  await pass(0);
  return is;
}

beforeEach(() => {
  fakeClock();
});
afterEach(() => {
  jest.clearAllTimers();
  jest.useRealTimers();
});

describe('BatchScheduler, while a caller waits or the application closes,', () => {
  it('sends at once what a flush waits for, and resolves it when that is settled', async () => {
    const bench = new Bench({ ...slow, concurrency: 1 });
    expect(await isResolved(bench.scheduler.flush())).toBe(true); // nothing to wait for
    bench.emit(12);
    const flushed = bench.scheduler.flush();
    expect(await isResolved(flushed)).toBe(false);
    expect(bench.sizes).toEqual([10]);
    bench.end(bench.sent[0]);
    bench.emit(3); // comes later
    expect(await isResolved(flushed)).toBe(false);
    expect(bench.sizes).toEqual([10, 2]);
    bench.end(bench.sent[1]);
    expect(await isResolved(flushed)).toBe(true);
    expect(bench.queue.waiting).toBe(3);
  });

  it('resolves a flush whose events cannot be sent for now', async () => {
    const bench = new Bench({ ...slow, concurrency: 1 });
    bench.emit(2);
    const flushed = bench.scheduler.flush();
    await pass(0);
    bench.fail(bench.sent[0], 1000);
    expect(await isResolved(flushed)).toBe(true);
  });

  it('lets a flush wait for events of another process too, which may be sent first', async () => {
    const bench = new Bench({ ...slow, concurrency: 1 });
    bench.emit(2);
    const flushed = bench.scheduler.flush();
    bench.emit(1);
    bench.scheduler.adopted(1);
    await pass(0);
    expect(bench.sizes).toEqual([3]);
    expect(await isResolved(flushed)).toBe(false);
    bench.end(bench.sent[0]);
    expect(await isResolved(flushed)).toBe(true);
  });

  it('sends everything without waiting for more once it drains, and says when nothing is left', async () => {
    const bench = new Bench(slow);
    bench.emit(1);
    const onEnd = jest.fn();
    bench.scheduler.drain(onEnd, false);
    await pass(0);
    bench.emit(1);
    await pass(0);
    expect(bench.sizes).toEqual([1, 1]);
    bench.end(bench.sent[0]);
    await pass(0);
    expect(onEnd).not.toHaveBeenCalled();
    bench.end(bench.sent[1]);
    await pass(0);
    expect(onEnd).toHaveBeenCalledTimes(1);
    expect(bench.idle).toBeGreaterThan(0);
  });

  it('retries at once when it drains if that was asked for, and else after the back-off', async () => {
    for (const triesAtOnce of [true, false]) {
      const batch = { maxEvents: 1, maxWaitMs: 0 };
      const bench = new Bench({ batch, concurrency: 3, retry: { minDelayMs: 5000 } });
      bench.emit(3);
      await pass(1);
      for (const each of [...bench.sent]) bench.fail(each, 5000);
      expect(bench.breaker.state).toBe('open');
      const sent = bench.sent.length;
      bench.scheduler.drain(() => undefined, triesAtOnce);
      await pass(1);
      expect(bench.sent.length > sent).toBe(triesAtOnce);
      bench.scheduler.stop();
    }
  });

  it('ends the drain when waiting is pointless, but not while a batch is being sent', async () => {
    const bench = new Bench({ batch: { maxEvents: 1, maxWaitMs: 0 }, concurrency: 1 }, { isHopeless: () => true });
    bench.emit(2);
    await pass(1);
    const onEnd = jest.fn();
    bench.scheduler.drain(onEnd, false);
    await pass(1);
    expect(onEnd).not.toHaveBeenCalled();
    bench.breaker.hold(performance.now(), 1000);
    bench.end(bench.sent[0]);
    await pass(1);
    expect(onEnd).toHaveBeenCalledTimes(1);
  });

  it('resolves everything that waits when it is stopped, and sends nothing any more', async () => {
    const bench = new Bench(slow);
    bench.emit(2);
    const flushed = bench.scheduler.flush();
    const onEnd = jest.fn();
    bench.scheduler.drain(onEnd, false);
    expect(bench.scheduler.stop()).toEqual([]); // the queue still has events that were not taken
    expect(await isResolved(flushed)).toBe(true);
    expect(onEnd).toHaveBeenCalledTimes(1);
    bench.scheduler.hurry();
    bench.scheduler.wake();
    await pass(100_000);
    expect(bench.sent).toEqual([]);
    expect(await isResolved(bench.scheduler.flush())).toBe(true);
  });

  it('lists what was taken and is not settled, in its order', async () => {
    const bench = new Bench({ batch: { maxEvents: 2, maxWaitMs: 0 }, concurrency: 2 });
    bench.emit(4);
    await pass(1);
    bench.fail(bench.sent[1], 50);
    expect(bench.scheduler.takenEvents().map(({ name }) => name)).toEqual(names(4));
    expect(bench.scheduler.isUnderWay(bench.sent[0]!)).toBe(true);
    expect(bench.scheduler.isUnderWay(bench.sent[1]!)).toBe(false);
  });

  it('ignores the end of an attempt that comes after it was stopped', async () => {
    const bench = new Bench({ batch: { maxEvents: 2, maxWaitMs: 0 } });
    bench.emit(2);
    await pass(1);
    expect(bench.scheduler.stop().map(({ name }) => name)).toEqual(names(2));
    bench.fail(bench.sent[0], 10);
    expect(bench.scheduler.takenEvents()).toEqual([]);
  });

  it('abandons events that become too old while nothing can be sent', async () => {
    const retry = { minDelayMs: 60_000, maxDelayMs: 60_000, maxAgeMs: 1000 };
    const bench = new Bench({ batch: { maxEvents: 1, maxWaitMs: 0 }, concurrency: 3, retry });
    bench.emit(3);
    await pass(1);
    for (const batch of [...bench.sent]) bench.fail(batch, 60_000);
    bench.emit(1);
    await pass(997);
    expect(bench.givenUp).toEqual([]);
    await pass(10);
    expect(bench.givenUp).toEqual(names(4).map((name) => [name, 'too-old']));
  });

  it('goes on a second later after an unexpected error of one of its parts', async () => {
    const onFailure = jest.fn();
    let isBroken = true;
    const bench = new Bench({ batch: { maxEvents: 1, maxWaitMs: 0 } }, { onFailure });
    const take = bench.queue.take.bind(bench.queue);
    jest.spyOn(bench.queue, 'take').mockImplementation((...args) => {
      if (isBroken) throw new Error('a mistake');
      return take(...args);
    });
    bench.emit(1);
    await pass(1);
    expect(onFailure).toHaveBeenCalledWith(new Error('a mistake'));
    isBroken = false;
    await pass(998);
    expect(bench.sent).toEqual([]);
    await pass(2);
    expect(bench.sizes).toEqual([1]);
  });
});
