/**
 * Whatever a destination does, whenever the clock jumps and whenever the application closes: every
 * event has one end.
 */
import fc from 'fast-check';
import type { DeliveryOptions, Destination, IdentifiedEvent } from '../../src/entries';
import { MemoryStore } from '../../src/store/memory-store';
import { bareDelivery, names, type BareDelivery } from './bare-delivery';
import { imbalance } from './books';
import { fakeClock, pass } from './fake-clock';

/** What one call of `sendBatch` does. */
interface Call {
  readonly ends: 'resolves' | 'throws' | 'throws at once' | 'returns at once' | 'never';
  readonly afterMs: number;
  readonly heeds: boolean;
  /** Made for a batch of so many events. */
  readonly gives: (events: number) => unknown;
}

const odd: fc.Arbitrary<unknown> = fc.constantFrom<unknown>(
  ...[
    undefined,
    null,
    NaN,
    Infinity,
    -1,
    0.5,
    '0',
    1n,
    Symbol('x'),
    true,
    {},
    new Set([1]),
    new Map(),
    'text',
    () => 1,
  ],
  ...[new Date(NaN), Object.create(null), [undefined], [[]], Object.assign([], { length: 1e6 }), new Error('x')],
);
const field = (good: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 12, arbitrary: good }, { weight: 1, arbitrary: odd });
const rejection = fc.record({
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  index: fc.oneof({ weight: 15, arbitrary: fc.constant('good') }, { weight: 1, arbitrary: odd }),
  reason: field(fc.string()),
  retryable: field(fc.boolean()),
  retryAfterMs: field(fc.constantFrom(undefined, 0, 5, 500)),
});
const list = fc.array(rejection, { maxLength: 5 }).map(
  (items) =>
    (events: number): unknown =>
      items.map(({ at, index, ...rest }) => ({ ...rest, index: index === 'good' ? Math.floor(at * events) : index })),
);
const error = fc
  .record({
    message: field(fc.string()),
    retryable: field(fc.boolean()),
    retryAfterMs: field(fc.constantFrom(0, 50, 1e12)),
  })
  .map((facts) => (): unknown => Object.assign(new Error('x'), facts));
const call: fc.Arbitrary<Call> = fc.record({
  ends: fc.oneof(
    { weight: 8, arbitrary: fc.constant('resolves' as const) },
    { weight: 5, arbitrary: fc.constant('throws' as const) },
    { weight: 1, arbitrary: fc.constantFrom('throws at once' as const, 'returns at once' as const, 'never' as const) },
  ),
  afterMs: fc.constantFrom(0, 0, 0, 1, 15, 35, 200),
  heeds: fc.boolean(),
  gives: fc.oneof(
    { weight: 6, arbitrary: fc.constant((): unknown => undefined) },
    { weight: 5, arbitrary: list },
    { weight: 4, arbitrary: error },
    { weight: 1, arbitrary: odd.map((value) => () => value) },
  ),
});

class AnyDestination implements Destination {
  /** Those that were given in a call that may have taken them. */
  readonly seen: string[] = [];
  isGood = false;
  private at = 0;

  constructor(private readonly calls: readonly Call[]) {}

  sendBatch(events: readonly IdentifiedEvent[], signal: AbortSignal): Promise<never> {
    this.seen.push(...events.map(({ id }) => id));
    const next = this.calls[this.at++ % Math.max(this.calls.length, 1)];
    if (this.isGood || next === undefined) return Promise.resolve(undefined as never);
    const value = next.gives(events.length);
    if (next.ends === 'throws at once') throw value as Error;
    if (next.ends === 'returns at once') return value as never;
    return new Promise((resolve, reject) => {
      if (next.heeds) {
        signal.addEventListener('abort', () => {
          reject(signal.reason as Error);
        });
      }
      if (next.ends === 'never') return;
      const end = (): void => {
        if (next.ends === 'resolves') resolve(value as never);
        else reject(value); // eslint-disable-line @typescript-eslint/prefer-promise-reject-errors -- anything can be thrown
      };
      if (next.afterMs === 0) end();
      else setTimeout(end, next.afterMs);
    });
  }
}

type Step =
  | { readonly does: 'emit'; readonly events: number }
  | { readonly does: 'wait'; readonly ms: number }
  | { readonly does: 'jump'; readonly ms: number }
  | { readonly does: 'flush' | 'redrive' | 'purge' };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ does: fc.constant('emit' as const), events: fc.integer({ min: 1, max: 30 }) }) },
  { weight: 6, arbitrary: fc.record({ does: fc.constant('wait' as const), ms: fc.constantFrom(0, 1, 10, 100, 3000) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant('jump' as const),
      ms: fc.constantFrom(-31_536_000_000, -86_400_000, -60_000, 60_000, 86_400_000, 31_536_000_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constantFrom('flush' as const, 'redrive' as const, 'purge' as const) }),
  },
);
const config = fc.record({
  where: fc.constantFrom('in memory' as const, 'durable' as const, 'in overflow' as const, 'full' as const),
  ordered: fc.boolean(),
  concurrency: fc.integer({ min: 1, max: 4 }),
  whenFull: fc.constantFrom('drop-newest' as const, 'drop-oldest' as const),
  maxBatch: fc.integer({ min: 1, max: 9 }),
  attempts: fc.integer({ min: 1, max: 12 }),
  maxAgeMs: fc.constantFrom(50, 5000, 604_800_000),
  end: fc.constantFrom('drain' as const, 'exit' as const, 'none' as const),
});
type Config = typeof config extends fc.Arbitrary<infer Value> ? Value : never;

function open({ where, maxBatch, attempts, maxAgeMs, ordered, concurrency, whenFull }: Config, to: AnyDestination) {
  const options: DeliveryOptions = {
    ...{ ordered, concurrency, whenFull, timeoutMs: 20, durable: where === 'durable' },
    maxEvents: where === 'in memory' || where === 'durable' ? 10_000 : 8,
    maxDiskBytes: where === 'full' ? 3000 : 1e7,
    batch: { maxEvents: maxBatch, maxWaitMs: 2 },
    retry: { minDelayMs: 1, maxDelayMs: 20, maxRetryAfterMs: 100, attempts, maxAgeMs },
  };
  const store = where === 'in memory' ? undefined : MemoryStore.open({ maxBytes: where === 'full' ? 3000 : 1e7 });
  return bareDelivery(options, store, to);
}

async function take(run: BareDelivery<AnyDestination>, step_: Step, emitted: number): Promise<number> {
  switch (step_.does) {
    case 'emit':
      run.emit(...names(step_.events, emitted));
      return step_.events;
    case 'wait':
      await pass(step_.ms);
      return 0;
    case 'jump':
      jest.setSystemTime(Math.max(Date.now() + step_.ms, 0));
      return 0;
    case 'flush':
      void run.delivery.flush();
      return 0;
    case 'redrive':
    case 'purge':
      void run.delivery.letters[step_.does]({});
      return 0;
  }
}

describe('Whatever a destination does', () => {
  it('every event has one end, and the ledger balances at every step', async () => {
    const unhandled = jest.fn();
    process.on('unhandledRejection', unhandled);
    await fc.assert(
      fc.asyncProperty(
        config,
        fc.array(call, { maxLength: 30 }),
        fc.array(step, { minLength: 1, maxLength: 25 }),
        async (settings, calls, steps) => {
          fakeClock();
          const destination = new AnyDestination(calls);
          const run = open(settings, destination);
          const check = (): void => {
            const counts = run.counts();
            expect({ off: imbalance(counts), isNegative: counts.pending < 0 }).toEqual({ off: 0, isNegative: false });
          };
          let emitted = 0;
          for (const each of steps) {
            emitted += await take(run, each, emitted);
            check();
          }
          if (settings.end === 'exit') run.delivery.flushSync();
          else if (settings.end === 'drain') {
            const drained = run.delivery.drain(100);
            await pass(200);
            await drained;
          } else {
            // Once it takes everything, nothing stays behind.
            destination.isGood = true;
            for (let tries = 0; run.counts().pending > 0; tries++) {
              expect(tries).toBeLessThan(50);
              run.emit(`e${String(emitted++)}`);
              await pass(100);
            }
          }
          check();
          const counts = run.counts();
          expect(counts.pending).toBe(0);
          expect(counts.delivered).toBeLessThanOrEqual(destination.seen.length);
          if (settings.where !== 'full' && settings.end === 'none') {
            expect(Object.keys(counts.dropped).filter((reason) => reason !== 'queue-full')).toEqual([]);
          }
          run.delivery.flushSync();
          await pass(1100); // calls that are still running end
          const { accepted, delivered, deadLettered, dropped, handedOver } = counts;
          expect(run.counts()).toMatchObject({ accepted, delivered, deadLettered, dropped, handedOver, pending: 0 });
          jest.useRealTimers();
        },
      ),
      { numRuns: Number(process.env['ANY_RUNS'] ?? 150) },
    );
    await new Promise(setImmediate);
    process.removeListener('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  }, 120_000);
});
