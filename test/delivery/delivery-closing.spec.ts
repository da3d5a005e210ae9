import type { DestinationCounts } from '../../src/ledger/counts';
import { DeliveryClosing, type ClosingParts } from '../../src/delivery/delivery-closing';
import type { QueuedEvent } from '../../src/delivery/queued-event';
import { fakeClock, pass } from './fake-clock';

/** A closing whose parts the test sets, with the order of what it does to them. */
class Bench {
  readonly done: string[] = [];
  readonly dropped: Record<string, number> = {};
  pending = 3;
  left = 0;
  returned = 0;
  onDisk = 0;
  torn = 0;
  handedOver = 0;
  lastUnreachableAt = -Infinity;
  readonly breaker = { state: 'closed', allowsAt: -Infinity };
  readonly closed = jest.fn();
  readonly closing: DeliveryClosing;
  triesAtOnce: boolean | undefined;
  endIdle = (): void => undefined;

  constructor(hasDisk = false) {
    const isUnreachableAt = (): number => this.lastUnreachableAt;
    const stored = (): number => this.onDisk;
    const parts = {
      engine: {
        queue: {
          persist: () => this.done.push('persist'),
          handOver: (entries: readonly QueuedEvent[]) => {
            this.done.push(`hand over ${String(entries.length)}`);
            return { left: this.left, returned: this.returned };
          },
          get onDisk() {
            return { count: stored(), bytes: 0, isFailing: false };
          },
          close: () => this.torn,
        },
        scheduler: {
          takenEvents: () => [],
          drain: (onEnd: () => void, triesAtOnce: boolean) => {
            this.done.push('drain');
            this.triesAtOnce = triesAtOnce;
            this.endIdle = onEnd;
          },
          stop: () => [{}],
        },
        sender: {
          abort: () => this.done.push('abort'),
          get lastUnreachableAt() {
            return isUnreachableAt();
          },
        },
        ledger: {
          drop: (reason: string, events: number) => (this.dropped[reason] = events),
          handOver: (events: number) => (this.handedOver = events),
          pending: this.pending,
        },
        reports: { closed: this.closed },
        breaker: this.breaker,
      },
      letters: { close: () => this.done.push('close letters') },
      hasDisk,
      counts: () => ({ pending: this.closing.pending }) as DestinationCounts,
      onClosed: () => this.done.push(`closed: ${String(this.closing.isClosed)}`),
    };
    this.closing = new DeliveryClosing(parts as unknown as ClosingParts);
  }
}

const ENDED = ['abort', 'hand over 1', 'close letters', 'closed: true'];

beforeEach(() => {
  fakeClock();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('DeliveryClosing', () => {
  it('sends until nothing is left, and then closes', async () => {
    const bench = new Bench();
    const drained = bench.closing.drain(1000);
    expect(bench.closing).toMatchObject({ isRunning: false, isClosed: false });
    expect(bench.done).toEqual(['persist', 'drain']);
    await pass(500);
    expect(bench.closing.isClosed).toBe(false);
    bench.endIdle();
    await drained;
    expect(bench.done.slice(2)).toEqual(ENDED);
    expect(bench.closed).toHaveBeenCalledWith({ pending: 3 }, { pending: 0 }, false);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('closes when its time is over, though events are left', async () => {
    const bench = new Bench();
    const drained = bench.closing.drain(1000);
    await pass(999);
    expect(bench.closing.isClosed).toBe(false);
    await pass(1);
    await drained;
    expect(bench.closing).toMatchObject({ isClosed: true, isRunning: false, pending: 0 });
  });

  it('waits for one end, however often it is asked to', async () => {
    const bench = new Bench();
    const both = [bench.closing.drain(1000), bench.closing.drain(5000)];
    await pass(1000);
    await Promise.all(both);
    expect(bench.done).toEqual(['persist', 'drain', ...ENDED]);
  });

  it('counts what is left by its place: lost, returned, or on disk', () => {
    const bench = new Bench();
    Object.assign(bench, { left: 2, returned: 3, onDisk: 7, torn: 1 });
    bench.closing.closeNow();
    expect(bench.dropped).toEqual({ shutdown: 3, returned: 3 });
    expect(bench.handedOver).toBe(6);
    const other = new Bench();
    other.closing.closeNow();
    expect(other.dropped).toEqual({});
    const lost = Object.assign(new Bench(), { left: 1 });
    lost.closing.closeNow();
    expect(lost.dropped).toEqual({ shutdown: 1 });
  });

  it('closes at once at the exit of the process, also while it drains, and reports it once', async () => {
    const bench = new Bench();
    const drained = bench.closing.drain(1000);
    bench.closing.closeNow();
    expect(bench.closing.isClosed).toBe(true);
    bench.closing.closeNow();
    bench.endIdle();
    await drained;
    expect(bench.done.filter((what) => what === 'close letters')).toHaveLength(1);
    expect(bench.closed.mock.calls[0]).toEqual([{ pending: 3 }, { pending: 0 }]);
  });

  it('does not wait for a destination that is down if a disk keeps the events', async () => {
    for (const breaker of [{ state: 'open' }, { state: 'probing' }, { allowsAt: 1e9 }]) {
      const bench = new Bench(true);
      Object.assign(bench.breaker, breaker);
      await bench.closing.drain(1000);
      expect(bench.done).toEqual(['persist', ...ENDED]);
    }
  });

  it('waits for a destination that is down if nothing keeps the events', async () => {
    const bench = new Bench(false);
    bench.breaker.state = 'open';
    const drained = bench.closing.drain(1000);
    expect(bench.done).toContain('drain');
    await pass(1000);
    await drained;
  });

  it('waits for a breaker that allows a batch before the time is over', async () => {
    const bench = new Bench(true);
    bench.breaker.allowsAt = performance.now() + 900;
    const drained = bench.closing.drain(1000);
    expect(bench.done).toContain('drain');
    await pass(1000);
    await drained;
  });

  it('does not wait once an attempt cannot connect since closing began, and says so', async () => {
    await pass(10);
    const bench = new Bench();
    bench.lastUnreachableAt = performance.now() - 5;
    const drained = bench.closing.drain(1000);
    expect(bench.triesAtOnce).toBe(true); // the last attempt was before
    expect(bench.closing.isHopeless).toBe(false);
    bench.lastUnreachableAt = performance.now();
    expect(bench.closing.isHopeless).toBe(true);
    bench.endIdle();
    await drained;
    expect(bench.closed).toHaveBeenCalledWith(expect.anything(), expect.anything(), true);
  });

  it('does not wait if nothing is left', async () => {
    const bench = new Bench();
    Object.assign((bench.closing as unknown as { parts: ClosingParts }).parts.engine.ledger, { pending: 0 });
    await bench.closing.drain(1000);
    expect(bench.done).toEqual(['persist', ...ENDED]);
  });
});
