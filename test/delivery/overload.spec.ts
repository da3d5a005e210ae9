import { SendFailedException } from '../../src/entries';
import { eventually } from '../support/eventually';
import { HttpSink } from '../support/http-sink';
import { backend } from '../../src/entries';
import { HttpBackend } from '../../src/backends/http/http.backend';
import { startTracking } from '../support/start-tracking';
import { bareDelivery, closeBareDeliveries, names } from './bare-delivery';
import { imbalance } from './books';
import { fakeClock, pass } from './fake-clock';
import type { Behaviour } from './gate';

afterEach(async () => {
  await closeBareDeliveries(); // first: Node counts an immediate of the fake clock that is cleared by the real one
  jest.useRealTimers();
});

const QUICK = { batch: { maxEvents: 100, maxWaitMs: 1 }, retry: { minDelayMs: 20, maxDelayMs: 200 } };
const whole: Behaviour = () => Promise.reject(SendFailedException.create({ reason: '403', retryable: false }));
const oneByOne: Behaviour = (events) =>
  Promise.resolve(events.map((_, index) => ({ index, reason: '403', retryable: false })));

describe.each([false, true])('With ordered: %p, a destination that refuses everything', (ordered) => {
  it.each([
    ['batch by batch', whole],
    ['event by event', oneByOne],
  ])('is waited for instead of filling the dead letters: %s', async (_how, behave) => {
    fakeClock();
    const run = bareDelivery({ ...QUICK, ordered });
    run.gate.behave = behave;
    run.emit(...names(5000));
    await pass(2000);
    const { deadLettered, attempts } = run.counts();
    expect(run.counts()).toMatchObject({ breakerReason: 'refusing', pending: 5000 - deadLettered });
    expect(deadLettered).toBeLessThan(420); // three batches of each slot, and one event from time to time
    expect(run.said.filter((text) => text.includes('refuses every event (403)'))).toEqual([
      expect.stringContaining('Fix: '),
    ]);
    expect(run.changes.filter((change) => change !== 'dead-letter')).toEqual(['breaker-open']);

    await pass(20_000);
    // One event each 200 ms: 100 in 20 s.
    expect(run.counts().deadLettered - deadLettered).toBeLessThan(110);
    expect(run.counts().attempts - attempts).toBeLessThan(110);
    expect(run.gate.batches.at(-1)).toHaveLength(1);
    expect(imbalance(run.counts())).toBe(0);

    run.gate.behave = () => Promise.resolve();
    await pass(2000);
    expect(run.counts()).toMatchObject({ pending: 0, breaker: 'closed', breakerReason: undefined });
    expect(run.counts().delivered + run.counts().deadLettered).toBe(5000);
    if (ordered) {
      const dead = new Set(run.dead().map(([name]) => name));
      expect(run.gate.names).toEqual(names(5000).filter((name) => !dead.has(name)));
    }
  });

  it('is not one that refuses a few, however many in a row', async () => {
    const run = bareDelivery({ ...QUICK, ordered });
    const isBad = (name: string): boolean => Number(name.slice(1)) % 100 > 0 && Number(name.slice(1)) % 100 < 80;
    run.gate.behave = (events) =>
      events.some(({ name }) => isBad(name)) ? whole(events, AbortSignal.abort()) : Promise.resolve();
    run.emit(...names(1000));
    await eventually(() => expect(run.counts().pending).toBe(0));
    expect(run.counts()).toMatchObject({ delivered: 210, deadLettered: 790 });
    expect(run.changes).not.toContain('breaker-open');
  });

  it('gets the events behind those it refuses, once it takes one', async () => {
    fakeClock();
    const run = bareDelivery({ ...QUICK, ordered, batch: { maxEvents: 10, maxWaitMs: 1 } });
    run.gate.behave = (events) =>
      events.some(({ name }) => Number(name.slice(1)) < 60) ? whole(events, AbortSignal.abort()) : Promise.resolve();
    run.emit(...names(200));
    await pass(30_000);
    expect(run.counts()).toMatchObject({ delivered: 140, deadLettered: 60, pending: 0, breaker: 'closed' });
  });
});

describe('A server that refuses every request', () => {
  it('is asked a few times, and not as often as it can answer', async () => {
    const sink = await HttpSink.listen({ keepsRequests: false });
    sink.misbehaveAlways({ status: 400 });
    const delivery = { batch: { maxEvents: 10, maxWaitMs: 1 }, retry: { minDelayMs: 300, maxDelayMs: 1000 } };
    const { tracker, ledger } = await startTracking({
      shutdownTimeoutMs: 10,
      backends: { far: backend(HttpBackend, { url: sink.url }, { delivery }) },
    });
    for (let n = 0; n < 5000; n++) tracker.emit('e', { n });
    await eventually(() => expect(ledger.destination('far')?.breakerReason).toBe('refusing'));
    const { received } = sink;
    expect(received).toBeLessThan(100);
    await eventually(() => expect(sink.received).toBeGreaterThan(received)); // it is asked again
    expect(sink.received - received).toBeLessThan(10);
    sink.misbehaveAlways(undefined);
    await eventually(() => expect(ledger.destination('far')?.pending).toBe(0));
    await sink.close();
  });
});
