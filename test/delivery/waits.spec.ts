import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SendFailedException } from '../../src/entries';
import { MemoryStore } from '../../src/store/memory-store';
import { SegmentStore } from '../../src/store/segment-store';
import { writeEventRecord } from '../../src/event/event-record';
import { eventually } from '../support/eventually';
import { bareDelivery, closeBareDeliveries, names } from './bare-delivery';
import { imbalance } from './books';
import { fakeClock, pass } from './fake-clock';
import { down, type Behaviour } from './gate';
import { DAY, QUICK, YEAR, busy } from './wait-parts';

const MINUTE = 60_000;

afterEach(async () => {
  await closeBareDeliveries(); // first: Node counts an immediate of the fake clock that is cleared by the real one
  jest.useRealTimers();
  jest.restoreAllMocks();
});

describe.each([
  ['back a minute', -MINUTE],
  ['back a day', -DAY],
  ['back a year', -YEAR],
  ['forward a minute', MINUTE],
  ['forward a day', DAY],
  ['forward a year', YEAR],
])("When the system's clock is set %s", (_how, jump) => {
  const set = (): void => {
    jest.setSystemTime(Date.now() + jump);
  };

  beforeEach(fakeClock);

  it('an event that waits for its batch is sent when it has waited', async () => {
    const run = bareDelivery(QUICK);
    run.emit('a');
    await pass(5);
    set();
    expect(run.gate.names).toEqual([]);
    await pass(6);
    expect(run.gate.names).toEqual(['a']);
    run.emit('b');
    await pass(11);
    expect(run.gate.names).toEqual(['a', 'b']);
  });

  it('a batch is retried when it is due', async () => {
    const run = bareDelivery(QUICK);
    run.gate.behave = down;
    run.emit('a');
    await pass(12);
    set();
    run.gate.behave = () => Promise.resolve();
    await pass(60); // the delay has a random part
    expect(run.gate.names).toEqual(['a']);
  });

  it('the breaker opens and lets a probe through as before', async () => {
    const run = bareDelivery(QUICK);
    run.gate.behave = down;
    run.emit(...names(30));
    await pass(500);
    expect(run.counts().breaker).toBe('open');
    set();
    run.gate.behave = () => Promise.resolve();
    await pass(450);
    expect(run.counts()).toMatchObject({ breaker: 'closed', delivered: 30 });
  });

  it('an attempt keeps its timeout', async () => {
    const run = bareDelivery({ ...QUICK, timeoutMs: 1000 });
    let isAborted = false;
    run.gate.behave = (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          isAborted = true;
          reject(signal.reason as Error);
        });
      });
    run.emit('a');
    await pass(500);
    set();
    await pass(480);
    expect(isAborted).toBe(false);
    await pass(50);
    expect(isAborted).toBe(true);
    expect(run.counts().attemptLatency.maxMs).toBeLessThan(1100);
  });

  it('a requested wait keeps its length', async () => {
    const run = bareDelivery(QUICK);
    run.gate.behave = () => busy(5000);
    run.emit('a');
    await pass(20);
    set();
    run.gate.behave = () => Promise.resolve();
    await pass(4900);
    expect(run.gate.names).toEqual([]);
    await pass(300);
    expect(run.gate.names).toEqual(['a']);
  });

  it.each(['in memory', 'durable', 'in overflow'])('no event becomes older: %s', async (where) => {
    const options = { durable: where === 'durable', maxEvents: where === 'in overflow' ? 1 : 100 };
    const store = where === 'in memory' ? undefined : MemoryStore.open({ maxBytes: 1e6 });
    const retry = { ...QUICK.retry, attempts: 1000, maxAgeMs: 10_000 };
    const run = bareDelivery({ ...QUICK, ...options, retry }, store);
    run.gate.behave = down;
    run.emit(...names(20));
    await pass(2000);
    set();
    run.emit(...names(20, 20));
    await pass(7000);
    expect(run.counts()).toMatchObject({ pending: 40, deadLettered: 0 });
    await pass(2000); // the first ones are 11 s old, the others 9
    expect(run.counts()).toMatchObject({ pending: 20, deadLettered: 20 });
    await pass(2000);
    expect(run.counts()).toMatchObject({ pending: 0, deadLettered: 40 });
    expect(run.dead().map(([, reason]) => reason)).toEqual(new Array(40).fill('too-old'));
  });

  it('latencies are measured by the monotonic clock', async () => {
    const run = bareDelivery({ ...QUICK, durable: true }, MemoryStore.open({ maxBytes: 1e6 }));
    run.gate.behave = down;
    run.emit('a');
    await pass(100);
    set();
    run.gate.behave = () => Promise.resolve();
    await pass(1000);
    expect(run.counts()).toMatchObject({ delivered: 1 });
    expect(run.counts().latency.maxMs).toBeGreaterThan(100);
    expect(run.counts().latency.maxMs).toBeLessThan(1200);
  });
});

describe('An event that another process has left behind', () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  function left(acceptedAt: number): SegmentStore {
    const folder = mkdtempSync(join(tmpdir(), 'tracking-ages-'));
    folders.push(folder);
    const store = SegmentStore.open(folder, { maxBytes: 1e6, fsync: false });
    const event = { id: 'old', name: 'old', timestamp: new Date(0), context: {}, data: {} };
    store.append(writeEventRecord(event, { acceptedAt }), true);
    return store;
  }

  it.each([
    ['from the future', YEAR],
    ['of this time', 0],
    ['of the last century', -40 * YEAR],
  ])('is sent at least once: %s', async (_what, ago) => {
    const run = bareDelivery({ ...QUICK, retry: { ...QUICK.retry, maxAgeMs: 1000 } }, left(Date.now() + ago));
    await run.delivery.flush();
    expect(run.gate.names).toEqual(['old']);
    expect(run.counts().latency.maxMs).toBeGreaterThanOrEqual(0);
  });

  it('is too old after a failure if it was accepted long ago, but not if it was accepted in the future', async () => {
    for (const [acceptedAt, isTooOld] of [
      [Date.now() - DAY, true],
      [Date.now() + YEAR, false],
    ] as const) {
      const run = bareDelivery({ ...QUICK, retry: { ...QUICK.retry, maxAgeMs: 60_000 } }, left(acceptedAt));
      run.gate.behave = down;
      await eventually(() => expect(run.counts().attempts).toBeGreaterThan(0));
      expect(run.dead()).toEqual(isTooOld ? [['old', 'too-old']] : []);
    }
  });
});

describe.each([false, true])('With ordered: %p, maxAgeMs', (ordered) => {
  beforeEach(fakeClock);
  const retry = { ...QUICK.retry, attempts: 1000, maxAgeMs: 10_000 };

  it.each<[string, Behaviour]>([
    ['the breaker is open', down],
    ['a Retry-After runs', () => busy(3_600_000)],
    [
      'no attempt is answered',
      (_, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(signal.reason as Error);
          });
        }),
    ],
    ['everything is refused', () => Promise.reject(SendFailedException.create({ reason: '403', retryable: false }))],
  ])('applies to events that were sent and to events that were never sent, while %s', async (_what, behave) => {
    for (const store of [undefined, MemoryStore.open({ maxBytes: 1e6 })]) {
      const run = bareDelivery(
        { ...QUICK, timeoutMs: 100, ordered, retry, maxEvents: store === undefined ? 10_000 : 30 },
        store,
      );
      run.gate.behave = behave;
      for (let second = 0; second < 20; second++) {
        run.emit(...names(20, second * 20));
        await pass(1000);
      }
      // All that came in the first nine seconds, give or take a probe; most of them were never
      // sent.
      expect(run.counts().deadLettered).toBeGreaterThanOrEqual(180);
      expect(run.counts().pending).toBeGreaterThan(100);
      await pass(12_000);
      expect(run.counts()).toMatchObject({ accepted: 400, pending: 0, deadLettered: 400, delivered: 0 });
      expect(imbalance(run.counts())).toBe(0);
    }
  });

  it('drops no younger event, and no event of a destination that works', async () => {
    const run = bareDelivery({ ...QUICK, ordered, retry });
    run.gate.behave = down;
    run.emit(...names(20));
    await pass(9000);
    run.gate.behave = () => Promise.resolve();
    await pass(500);
    expect(run.counts()).toMatchObject({ delivered: 20, deadLettered: 0 });
    run.emit('late');
    await pass(20_000);
    expect(run.counts()).toMatchObject({ delivered: 21, deadLettered: 0 });
  });
});
