import fc from 'fast-check';
import type { AttemptResult } from '../../src/delivery/attempt';
import { DELIVERY_DEFAULTS } from '../../src/delivery/resolve-options';
import { verdictOf, type Judged, type JudgedBatch, type Verdict } from '../../src/delivery/verdict';

interface Entry extends Judged {
  readonly n: number;
}

const retry = { ...DELIVERY_DEFAULTS.retry, attempts: 10, maxAgeMs: 1000, minDelayMs: 100, maxDelayMs: 800 };
const NOW = 5000;

const entriesOf = (count: number, facts: Partial<Judged> = {}): Entry[] =>
  Array.from({ length: count }, (_, n) => ({ n, attempts: 0, enteredAt: NOW, ...facts }));

function judge(
  result: AttemptResult,
  batch: Partial<JudgedBatch<Entry>> & { readonly entries: readonly Entry[] },
  options: { readonly halves?: boolean; readonly random?: () => number } = {},
): Verdict<Entry> {
  return verdictOf(
    result,
    { failures: 0, isSuspect: false, isProbe: false, ...batch },
    { retry, now: NOW, halves: true, random: () => 1, ...options },
  );
}

const resolved = (value: unknown): AttemptResult => ({ how: 'resolved', value });
const threw = (facts: object = {}): AttemptResult => ({ how: 'threw', error: Object.assign(new Error('x'), facts) });
const numbers = (entries: readonly Entry[]): number[] => entries.map(({ n }) => n);

describe('verdictOf', () => {
  it('delivers all where nothing was rejected', () => {
    for (const value of [undefined, []]) {
      const verdict = judge(resolved(value), { entries: entriesOf(3) });
      expect(verdict).toMatchObject({ dead: [], again: [], failed: [], health: 'takes', failure: undefined });
      expect(numbers(verdict.delivered)).toEqual([0, 1, 2]);
    }
  });

  it('divides what was rejected one by one', () => {
    const value = [
      { index: 3, reason: 'locked', retryable: true, retryAfterMs: 5000 },
      { index: 1, reason: 'wrong', retryable: false },
    ];
    const verdict = judge(resolved(value), { entries: entriesOf(4) });
    expect(numbers(verdict.delivered)).toEqual([0, 2]);
    expect(verdict.dead).toMatchObject([{ entry: { n: 1 }, reason: 'refused: wrong' }]);
    expect(verdict.again.map(numbers)).toEqual([[3]]);
    expect(verdict).toMatchObject({ health: 'takes', delayMs: 5000, retryAfterMs: 0, failure: undefined });
  });

  it('takes a destination for absent that wants all of them later', () => {
    const value = [0, 1].map((index) => ({ index, reason: 'busy', retryable: true, retryAfterMs: 300 }));
    const verdict = judge(resolved(value), { entries: entriesOf(2) });
    expect(verdict).toMatchObject({ health: 'fails', retryAfterMs: 300, failure: 'busy', delivered: [], dead: [] });
    expect(verdict.failed.every(({ isCounted }) => isCounted)).toBe(true);
    const asProbe = judge(resolved(value), { entries: entriesOf(2), isProbe: true });
    expect(asProbe.failed.some(({ isCounted }) => isCounted)).toBe(false);
  });

  it('halves what was refused whole, at once, until one stands alone', () => {
    const verdict = judge(threw({ retryable: false }), { entries: entriesOf(5) });
    expect(verdict.again.map(numbers)).toEqual([
      [0, 1, 2],
      [3, 4],
    ]);
    expect(verdict).toMatchObject({ delayMs: 0, dead: [], health: 'refuses' });
    const alone = judge(threw({ retryable: false }), { entries: entriesOf(1) });
    expect(alone).toMatchObject({ again: [], dead: [{ reason: 'refused: x' }], health: 'refuses' });
  });

  it('sends a failed batch again whole, and halves it in time to find the one to blame', () => {
    const halvedAfter = (count: number, attempts: number): number => {
      for (let failures = 0; ; failures++) {
        const batch = { failures, isSuspect: false, isProbe: true, entries: entriesOf(count) };
        const options = { retry: { ...retry, attempts }, now: NOW, halves: true };
        if (verdictOf(threw(), batch, options).again.length === 2) return failures + 1;
      }
    };
    expect(halvedAfter(2, 10)).toBe(5);
    expect(halvedAfter(10, 10)).toBe(5);
    expect(halvedAfter(100, 10)).toBe(2);
    expect(halvedAfter(500, 10)).toBe(1);
    expect(halvedAfter(100, 1)).toBe(1);
    expect(halvedAfter(100, Infinity)).toBe(5);
  });

  it('halves a suspect each time, and begins its delay anew', () => {
    const verdict = judge(threw(), { entries: entriesOf(8), failures: 6, isSuspect: true, isProbe: true });
    expect(verdict.again.map(numbers)).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
    ]);
    expect(verdict).toMatchObject({ isSuspect: true, failures: 1, delayMs: 100 });
  });

  it('halves no batch whose name is made of its events, until its attempts are used up', () => {
    const suspect = { entries: entriesOf(8), failures: 9, isSuspect: true };
    expect(judge(threw(), suspect, { halves: false }).again).toHaveLength(1);
    const usedUp = { entries: entriesOf(8, { attempts: 9 }) };
    expect(judge(threw(), usedUp, { halves: false })).toMatchObject({ again: [{}, {}], isSuspect: true });
    expect(judge(threw(), { ...usedUp, isProbe: true }, { halves: false }).again).toHaveLength(1);
  });

  it('gives up an event that has used up its attempts when it fails alone, and not as a probe', () => {
    const [entry] = entriesOf(1, { attempts: 9 }) as [Entry];
    expect(judge(threw(), { entries: [entry] }).dead).toEqual([{ entry, reason: 'attempts' }]);
    expect(judge(threw(), { entries: [entry], isProbe: true }).dead).toEqual([]);
    expect(judge(threw(), { entries: [entry, ...entriesOf(1)] }).dead).toEqual([]);
  });

  it('gives up after a failure what is too old, in company too', () => {
    const old = { n: 7, attempts: 0, enteredAt: NOW - 1000 };
    const verdict = judge(threw(), { entries: [...entriesOf(2), old], isProbe: true });
    expect(verdict.dead).toEqual([{ entry: old, reason: 'too-old' }]);
    expect(verdict.again.map(numbers)).toEqual([[0, 1]]);
  });

  it('takes a time-out for a failure', () => {
    const verdict = judge({ how: 'timed-out', afterMs: 70 }, { entries: entriesOf(1) });
    expect(verdict).toMatchObject({ failure: 'no answer within 70 ms', health: 'fails' });
  });
});

const anything: fc.Arbitrary<unknown> = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withNullPrototype: true,
  withSparseArray: true,
  withTypedArray: true,
});
const odd = fc.oneof(
  anything,
  fc.constantFrom<unknown>(
    NaN,
    Infinity,
    -Infinity,
    -1,
    0,
    1,
    0.5,
    '0',
    1n,
    Symbol('x'),
    true,
    null,
    undefined,
    2 ** 31,
  ),
);
const rejection = fc.record(
  {
    index: fc.oneof(fc.integer({ min: -1, max: 12 }), odd),
    reason: fc.oneof(fc.string(), odd),
    retryable: fc.oneof({ weight: 8, arbitrary: fc.boolean() }, { weight: 1, arbitrary: odd }),
    retryAfterMs: fc.oneof(fc.double(), odd),
  },
  { requiredKeys: [] },
);
const valid = (count: number): fc.Arbitrary<unknown> =>
  fc.array(
    fc.record({
      index: fc.integer({ min: 0, max: count - 1 }),
      reason: odd,
      retryable: fc.boolean(),
      retryAfterMs: odd,
    }),
    { maxLength: 20 },
  );
const resultFor = (count: number): fc.Arbitrary<AttemptResult> =>
  fc.oneof(
    fc.oneof(anything, fc.array(rejection, { maxLength: 12 }), valid(count)).map(resolved),
    fc.oneof(odd, rejection).map((error): AttemptResult => ({ how: 'threw', error })),
    rejection.map(threw),
    fc.integer({ min: 1 }).map((afterMs): AttemptResult => ({ how: 'timed-out', afterMs })),
  );
const cases = fc.integer({ min: 1, max: 12 }).chain((count) =>
  fc.record({
    result: resultFor(count),
    entries: fc.array(
      fc.record({
        n: fc.constant(0),
        attempts: fc.integer({ min: 0, max: 12 }),
        enteredAt: fc.integer({ min: 3500, max: 6000 }),
      }),
      { minLength: count, maxLength: count },
    ),
    failures: fc.integer({ min: 0, max: 3000 }),
    isSuspect: fc.boolean(),
    isProbe: fc.boolean(),
    halves: fc.boolean(),
    random: fc.double({ min: 0, max: 1, noNaN: true }),
    minDelayMs: fc.constantFrom(0, 1, 500, Infinity),
    maxDelayMs: fc.constantFrom(0, 30_000, Infinity),
    maxRetryAfterMs: fc.constantFrom(0, 20, 3_600_000, Infinity),
  }),
);

describe('verdictOf, whatever a destination returns or throws,', () => {
  it('gives every event exactly one end, keeps their order, and waits for a finite time', () => {
    fc.assert(
      fc.property(cases, ({ result, entries, halves, random, minDelayMs, maxDelayMs, maxRetryAfterMs, ...batch }) => {
        const numbered = entries.map((entry, n) => ({ ...entry, n }));
        const settings = { ...retry, minDelayMs, maxDelayMs, maxRetryAfterMs };
        const options = { retry: settings, now: NOW, halves, random: () => random };
        const verdict = verdictOf(result, { ...batch, entries: numbered }, options);

        const ends = [...verdict.delivered, ...verdict.dead.map(({ entry }) => entry), ...verdict.again.flat()];
        expect(numbers(ends).sort((a, b) => a - b)).toEqual(numbers(numbered));
        expect(numbers(verdict.again.flat())).toEqual(numbers(verdict.again.flat()).sort((a, b) => a - b));
        expect(verdict.again.every((each) => each.length > 0)).toBe(true);
        // What is not delivered has a reason, and only that.
        expect(new Set(verdict.failed.map(({ entry }) => entry.n))).toEqual(
          new Set(numbers(numbered).filter((n) => !numbers(verdict.delivered).includes(n))),
        );
        for (const { reason } of [...verdict.failed, ...verdict.dead]) {
          expect(typeof reason).toBe('string');
          expect(reason.length).toBeGreaterThan(0);
          expect(reason.length).toBeLessThan(600);
          expect(reason).not.toMatch(/[\p{Cc}\p{Surrogate}\u2028]/u);
        }
        for (const wait of [verdict.delayMs, verdict.retryAfterMs]) {
          expect(Number.isFinite(wait)).toBe(true);
          expect(wait).toBeGreaterThanOrEqual(0);
          expect(wait).toBeLessThanOrEqual(Math.max(maxRetryAfterMs, 2 ** 31));
        }
        // Nothing is delivered that a destination did not clearly take.
        if (result.how !== 'resolved') expect(verdict.delivered).toEqual([]);
        if (verdict.mistake?.of === 'list') expect(verdict).toMatchObject({ health: 'fails', delivered: [] });
        if (verdict.health === 'takes') expect(verdict.delivered.length).toBeGreaterThan(0);
        // An event is given up as used up only where it failed alone, or was judged by itself.
        for (const { entry, reason } of verdict.dead) {
          if (reason === 'attempts') expect(entry.attempts + 1).toBeGreaterThanOrEqual(retry.attempts);
          if (reason === 'too-old') expect(NOW - entry.enteredAt).toBeGreaterThanOrEqual(retry.maxAgeMs);
        }
      }),
      { numRuns: Number(process.env['VERDICT_RUNS'] ?? 500) },
    );
  });
});
