import { backend } from '../../src/entries';
import { HttpBackend } from '../../src/backends/http/http.backend';
import { eventually } from '../support/eventually';
import { HttpSink } from '../support/http-sink';
import { startTracking } from '../support/start-tracking';
import { bareDelivery, closeBareDeliveries, names } from './bare-delivery';
import { fakeClock, pass } from './fake-clock';
import { type Behaviour } from './gate';
import { QUICK, YEAR, busy } from './wait-parts';

afterEach(async () => {
  await closeBareDeliveries(); // first: Node counts an immediate of the fake clock that is cleared by the real one
  jest.useRealTimers();
  jest.restoreAllMocks();
});

describe('A destination that asks for a pause', () => {
  beforeEach(fakeClock);

  it.each([
    ['by an error', () => busy(5000)],
    [
      'for each event',
      (events: readonly unknown[]) =>
        Promise.resolve(events.map((_, index) => ({ index, reason: '429', retryable: true, retryAfterMs: 5000 }))),
    ],
  ])('receives nothing from any slot until then: %s', async (_how, behave: Behaviour) => {
    const retry = { minDelayMs: 20, maxDelayMs: 10_000 };
    const run = bareDelivery({ concurrency: 20, batch: { maxEvents: 1, maxWaitMs: 1 }, retry });
    run.gate.behave = behave;
    run.emit('e0');
    await pass(10);
    expect(run.gate.batches).toHaveLength(1);
    run.gate.behave = () => Promise.resolve();
    run.emit(...names(30, 1));
    await pass(4900);
    expect(run.gate.batches).toHaveLength(1);
    expect(run.counts().breaker).toBe('closed'); // any back-off of ours may be as long
    await pass(400);
    expect(run.gate.taken).toHaveLength(31);
  });

  it('pauses only the events that it names if it accepts others of the same batch', async () => {
    const run = bareDelivery(QUICK);
    run.gate.behave = (events) =>
      Promise.resolve(
        events.flatMap(({ name }, index) =>
          name === 'e0' && run.gate.batches.length === 1
            ? [{ index, reason: 'locked', retryable: true, retryAfterMs: 5000 }]
            : [],
        ),
      );
    run.emit(...names(10));
    await pass(20);
    run.emit(...names(10, 10));
    await pass(100);
    expect(run.gate.taken).toHaveLength(19);
    await pass(5000);
    expect(run.gate.names.at(-1)).toBe('e0');
  });

  it('is reported if the pause is longer than any back-off, and probed with one batch when it is over', async () => {
    const run = bareDelivery({ ...QUICK, concurrency: 4 });
    run.gate.behave = () => busy(60_000);
    run.emit(...names(100));
    await pass(100);
    expect(run.counts()).toMatchObject({ breaker: 'open', breakerReason: 'retry-after' });
    expect(run.said).toEqual([expect.stringMatching(/asked to be left alone .*Fix: /)]);
    const calls = run.gate.batches.length;
    expect(calls).toBeLessThanOrEqual(4); // those that were under way
    await pass(59_000);
    expect(run.gate.batches).toHaveLength(calls);
    run.gate.behave = () => Promise.resolve();
    await pass(2000);
    expect(run.counts()).toMatchObject({ breaker: 'closed', delivered: 100 });
  });

  it.each([
    ['a year', YEAR],
    ['milliseconds for seconds', 60_000_000],
  ])('is paused for one hour at most: %s', async (_what, retryAfterMs) => {
    const run = bareDelivery(QUICK);
    run.gate.behave = () => (run.gate.batches.length <= 5 ? busy(retryAfterMs) : Promise.resolve());
    run.emit(...names(40));
    await pass(3_500_000);
    expect(run.gate.taken).toEqual([]);
    await pass(5 * 3_600_000);
    expect(run.counts()).toMatchObject({ delivered: 40, pending: 0 });
  });

  it('is ignored if maxRetryAfterMs is 0', async () => {
    const run = bareDelivery({ ...QUICK, retry: { ...QUICK.retry, maxRetryAfterMs: 0 } });
    run.gate.behave = () => (run.gate.batches.length <= 3 ? busy(YEAR) : Promise.resolve());
    run.emit('a');
    await pass(1000);
    expect(run.gate.names).toEqual(['a']);
  });
});

describe('A server that answers with Retry-After', () => {
  it.each([
    ['a year in seconds', '31536000'],
    ['a date in 2099', 'Thu, 01 Jan 2099 00:00:00 GMT'],
    ['a number with twenty digits', '99999999999999999999'],
    ['a number with four hundred digits', '9'.repeat(400)],
  ])('does not stop its destination forever: %s', async (_what, retryAfter) => {
    const sink = await HttpSink.listen();
    const always = { status: 503, headers: { 'retry-after': retryAfter } };
    sink.misbehave(always, always, always, always, always);
    const delivery = {
      ...QUICK,
      batch: { maxEvents: 5, maxWaitMs: 5 },
      retry: { ...QUICK.retry, maxRetryAfterMs: 50 },
    };
    const { tracker, ledger } = await startTracking({
      backends: { far: backend(HttpBackend, { url: sink.url }, { delivery }) },
    });
    for (let n = 0; n < 40; n++) tracker.emit('e', { n });
    await eventually(() => expect(ledger.destination('far')).toMatchObject({ delivered: 40, pending: 0 }));
    await sink.close();
  });
});
