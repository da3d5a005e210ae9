import fc from 'fast-check';
import type { DeliveryOptions } from '../../src/entries';

export type Mood = 'takes all' | 'refuses some' | 'asks for some later' | 'refuses whole' | 'fails' | 'does not answer';

export type Step =
  | { readonly does: 'emit'; readonly events: number; readonly fillers: number }
  | { readonly does: 'mood'; readonly mood: Mood }
  | { readonly does: 'flush' | 'turn' | 'restart' | 'exit' }
  | { readonly does: 'redrive' | 'purge'; readonly only: 'all' | 'odd' };

export const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      does: fc.constant('emit' as const),
      events: fc.integer({ min: 1, max: 12 }),
      fillers: fc.integer({ min: 0, max: 900 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant('mood' as const),
      mood: fc.constantFrom<Mood>(
        'takes all',
        'refuses some',
        'asks for some later',
        'refuses whole',
        'fails',
        'does not answer',
      ),
    }),
  },
  { weight: 5, arbitrary: fc.record({ does: fc.constantFrom('flush' as const, 'turn' as const) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constantFrom('restart' as const, 'exit' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constantFrom('redrive' as const, 'purge' as const),
      only: fc.constantFrom('all' as const, 'odd' as const),
    }),
  },
);

export interface Config {
  readonly hasDisk: boolean;
  readonly options: DeliveryOptions;
}

export const config: fc.Arbitrary<Config> = fc.record({
  hasDisk: fc.boolean(),
  options: fc.record({
    durable: fc.boolean(),
    maxEvents: fc.integer({ min: 1, max: 10 }),
    maxBytes: fc.integer({ min: 300, max: 5000 }),
    maxDiskBytes: fc.integer({ min: 9000, max: 40_000 }),
    whenFull: fc.constantFrom('drop-newest' as const, 'drop-oldest' as const),
    batch: fc.record({
      maxEvents: fc.integer({ min: 1, max: 6 }),
      maxBytes: fc.integer({ min: 300, max: 4000 }),
      maxWaitMs: fc.integer({ min: 0, max: 2 }),
    }),
    concurrency: fc.integer({ min: 1, max: 3 }),
    ordered: fc.boolean(),
    timeoutMs: fc.constant(4),
    retry: fc.record({
      attempts: fc.integer({ min: 1, max: 4 }),
      minDelayMs: fc.constant(1),
      maxDelayMs: fc.constant(1),
    }),
  }),
});
