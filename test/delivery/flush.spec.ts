import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AsyncRoutingBackend,
  backend,
  LoggerBackend,
  MemoryBackend,
  processor,
  type AsyncProcessor,
  type Backends,
  type Destination,
  type TrackingEvent,
} from '../../src/entries';
import { MemoryStore } from '../../src/store/memory-store';
import { startTracking } from '../support/start-tracking';
import { bareDelivery, closeBareDeliveries, names } from './bare-delivery';
import { fakeClock, pass } from './fake-clock';
import { down } from './gate';

afterEach(async () => {
  await closeBareDeliveries(); // first: Node counts an immediate of the fake clock that is cleared by the real one
  jest.useRealTimers();
});

/** Whether a promise has resolved by now. */
function watched(promise: Promise<void>): { isResolved: boolean } {
  const state = { isResolved: false };
  void promise.then(() => (state.isResolved = true));
  return state;
}

const slow = (ms: number) => () => new Promise<void>((resolve) => setTimeout(resolve, ms));

describe('A delivery that is flushed', () => {
  beforeEach(fakeClock);

  it.each([
    ['in memory', {}, false],
    ['in order', { ordered: true }, false],
    ['durable', { durable: true }, true],
    ['in overflow', { maxEvents: 3 }, true],
  ])('waits for what came before, and not for what comes meanwhile: %s', async (_how, options, hasDisk) => {
    const store = hasDisk ? MemoryStore.open({ maxBytes: 1e6 }) : undefined;
    const run = bareDelivery({ ...options, batch: { maxEvents: 10, maxWaitMs: 1000 }, concurrency: 1 }, store);
    run.gate.behave = slow(100);
    let emitted = 25;
    run.emit(...names(emitted));
    const flush = watched(run.delivery.flush());
    while (!flush.isResolved) {
      expect(emitted).toBeLessThan(120); // what came first are three batches of 100 ms, or four where some of it was on disk
      run.emit(...names(2, emitted));
      emitted += 2;
      await pass(10);
    }
    expect(run.gate.names.slice(0, 25)).toEqual(names(25));
    expect(run.gate.taken.length).toBeLessThan(40);
    expect(run.counts().pending).toBeGreaterThan(20);
  });

  it('resolves at once where nothing was emitted before, whatever comes', async () => {
    const run = bareDelivery({ batch: { maxWaitMs: 1 } });
    run.gate.behave = slow(1000);
    const flush = watched(run.delivery.flush());
    run.emit(...names(10));
    await pass(1);
    expect(flush.isResolved).toBe(true);
  });

  it('resolves each time for what came before it', async () => {
    const run = bareDelivery({ batch: { maxEvents: 1, maxWaitMs: 1 }, concurrency: 1 });
    run.gate.behave = slow(10);
    const flushes = names(10).map((name) => {
      run.emit(name);
      return watched(run.delivery.flush());
    });
    for (let done = 1; done <= 10; done++) {
      await pass(10);
      expect(flushes.filter(({ isResolved }) => isResolved).length).toBeLessThanOrEqual(done);
    }
    await pass(20);
    expect(flushes.every(({ isResolved }) => isResolved)).toBe(true);
  });

  it.each([
    ['is down', down],
    ['asks to be left alone', () => Promise.reject(Object.assign(new Error('429'), { retryAfterMs: 60_000 }))],
  ])('resolves when it cannot go on for now, since the destination %s', async (_what, behave) => {
    for (const ordered of [false, true]) {
      const run = bareDelivery({ ordered, batch: { maxEvents: 10, maxWaitMs: 1000 }, retry: { minDelayMs: 10_000 } });
      run.gate.behave = behave;
      run.emit(...names(30));
      const flush = watched(run.delivery.flush());
      const timer = setInterval(() => run.emit('more'), 5);
      await pass(2000);
      clearInterval(timer);
      expect(flush.isResolved).toBe(true);
      expect(run.counts().pending).toBeGreaterThan(29);
    }
  });

  it('resolves when it is closed', async () => {
    const run = bareDelivery({});
    run.gate.behave = () => new Promise(() => undefined);
    run.emit('a');
    const flush = watched(run.delivery.flush());
    await pass(10);
    expect(flush.isResolved).toBe(false);
    run.delivery.flushSync();
    await pass(1);
    expect(flush.isResolved).toBe(true);
    await run.delivery.flush();
  });

  it('does not make small batches of what comes later', async () => {
    const run = bareDelivery({ batch: { maxEvents: 50, maxWaitMs: 100 }, concurrency: 1 });
    run.gate.behave = slow(1);
    const timer = setInterval(() => run.emit('e'), 1);
    await pass(5);
    const flush = watched(run.delivery.flush());
    await pass(20);
    expect(flush.isResolved).toBe(true);
    await pass(1000);
    clearInterval(timer);
    expect(run.gate.batches.length).toBeLessThan(25);
  });
});

describe('tracker.flush() while events go on coming', () => {
  const folders: string[] = [];
  const folder = (): string => {
    const made = mkdtempSync(join(tmpdir(), 'tracking-flush-'));
    folders.push(made);
    return made;
  };
  afterEach(() => {
    for (const made of folders.splice(0)) rmSync(made, { recursive: true, force: true });
  });

  class Slow implements Destination {
    async sendBatch(): Promise<void> {
      await sleep(20);
    }
  }
  class Down implements Destination {
    sendBatch(): Promise<void> {
      return Promise.reject(new Error('down'));
    }
  }
  class Later implements AsyncProcessor {
    async processAsync(event: TrackingEvent): Promise<TrackingEvent> {
      await sleep(15);
      return event;
    }
  }
  const memory = { m: backend(MemoryBackend) };
  const queue = (backends: Backends, delivery = {}) => backend(AsyncRoutingBackend, {}, { backends, delivery });

  it.each<[string, () => Backends]>([
    ['a destination', () => ({ d: backend(Slow) })],
    [
      'a destination with a disk queue',
      () => ({ d: backend(Slow, {}, { delivery: { durable: true, directory: folder() } }) }),
    ],
    ['an ordered destination', () => ({ d: backend(Slow, {}, { delivery: { ordered: true } }) })],
    [
      'a destination that is down',
      () => ({ d: backend(Down, {}, { delivery: { retry: { minDelayMs: 1, maxDelayMs: 5 } } }) }),
    ],
    ['a log', () => ({ d: backend(LoggerBackend, { path: join(folder(), 't.log') }) })],
    [
      'a queue with a processor that waits',
      () => ({ d: backend(AsyncRoutingBackend, {}, { processors: [processor(Later)], backends: memory }) }),
    ],
    ['a queue before a queue', () => ({ d: queue({ inner: queue({ slow: backend(Slow) }) }) })],
    [
      'a durable queue before a destination that is down',
      () => ({ d: queue({ down: backend(Down) }, { durable: true, directory: folder() }) }),
    ],
    [
      'a queue before a destination that is down and full',
      () => ({ d: queue({ down: backend(Down, {}, { delivery: { maxEvents: 3 } }) }) }),
    ],
  ])('resolves all the same: %s', async (_what, backends) => {
    const { tracker } = await startTracking({ backends: backends(), shutdownTimeoutMs: 20 });
    for (const everyMs of [1, 7]) {
      const timer = setInterval(() => tracker.emit('page.read'), everyMs);
      await sleep(50);
      const outcome = await Promise.race([
        tracker.flush().then(() => 'resolved'),
        sleep(8000, 'not resolved', { ref: false }),
      ]);
      clearInterval(timer);
      expect(outcome).toBe('resolved');
    }
  });

  it('has delivered what was emitted before, through queues and destinations', async () => {
    class Counting extends Slow {
      readonly seen = new Set<unknown>();
      override async sendBatch(events: readonly { readonly data: object }[] = []): Promise<void> {
        await super.sendBatch();
        for (const { data } of events) this.seen.add((data as { n: number }).n);
      }
    }
    const { tracker } = await startTracking({
      backends: { d: queue({ inner: queue({ counting: backend(Counting) }), direct: backend(Counting) }) },
    });
    let n = 0;
    const timer = setInterval(() => tracker.emit('page.read', { n: n++ }), 2);
    for (let round = 0; round < 5; round++) {
      await sleep(30);
      const before = n;
      await tracker.flush();
      for (const path of ['d/inner/counting', 'd/direct']) {
        const { seen } = tracker.backend<Counting>(path);
        expect(Array.from({ length: before }, (_none, at) => at).filter((at) => !seen.has(at))).toEqual([]);
      }
    }
    clearInterval(timer);
  });
});
