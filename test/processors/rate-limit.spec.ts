import fc from 'fast-check';
import { processor } from '../../src/entries';
import { RateLimit, type RateLimitOptions } from '../../src/processors/rate-limit';
import { errorsOf, startTwoBranches, type TwoBranches } from '../support/two-branches';

const start = (options: RateLimitOptions): Promise<TwoBranches> => startTwoBranches([processor(RateLimit, options)]);
let now = 1_000_000;

function passes(run: TwoBranches, user?: unknown, name = 'e'): boolean {
  return run.emit(name, {}, { user_id: user }) !== undefined;
}

describe('RateLimit', () => {
  beforeEach(() => {
    now = 1_000_000;
    jest.spyOn(Date, 'now').mockImplementation(() => now);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('lets a burst pass, then as many as its rate gives, in its own branch only', async () => {
    const run = await start({ perSecond: 2, burst: 3 });

    expect([1, 2, 3, 4].map(() => passes(run))).toEqual([true, true, true, false]);
    now += 499;
    expect(passes(run)).toBe(false);
    now += 1;
    expect([1, 2].map(() => passes(run))).toEqual([true, false]);
    now += 60_000;
    expect([1, 2, 3, 4].map(() => passes(run))).toEqual([true, true, true, false]);
    expect(run.counts).toMatchObject({ received: 11, passed: 7, dropped: { 'rate-limited': 4 } });
    expect(run.run.events('untouched')).toHaveLength(11);
  });

  it('is a wish and no loss', async () => {
    const run = await start({ perSecond: 1 });
    await run.run.tracker.emitConfirmed('e');
    const { destinations } = await run.run.tracker.emitConfirmed('e');

    expect(destinations).toMatchObject({ 'processed/sink': 'filtered' });
    expect(run.warnings).toEqual([]);
  });

  it('bursts by its rate if it is told no burst, and by one below a rate of one', async () => {
    const fast = await start({ perSecond: 3 });
    expect([1, 2, 3, 4].map(() => passes(fast))).toEqual([true, true, true, false]);

    const slow = await start({ perSecond: 0.1 });
    expect([1, 2].map(() => passes(slow))).toEqual([true, false]);
    now += 10_000;
    expect([1, 2].map(() => passes(slow))).toEqual([true, false]);
  });

  it('limits each key on its own, and all events without one together', async () => {
    const run = await start({ perSecond: 1, by: 'context.user_id' });

    expect([1, '1', 2, null, '', undefined, 3].map((user) => passes(run, user))).toEqual([
      true,
      false, // as a text it is the same user
      true,
      true,
      false,
      false,
      true,
    ]);
  });

  it('limits each name on its own, or what a function gives', async () => {
    const byName = await start({ perSecond: 1, by: 'name' });
    expect(['a', 'a', 'b'].map((name) => passes(byName, 1, name))).toEqual([true, false, true]);

    const byBoth = await start({ perSecond: 1, by: ({ name, context }) => [name, context['user_id']] });
    expect([passes(byBoth, 1, 'a'), passes(byBoth, 2, 'a'), passes(byBoth, 1, 'b'), passes(byBoth, 2, 'a')]).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it('goes on from where it is if the clock is set back', async () => {
    const run = await start({ perSecond: 1 });
    passes(run);
    now -= 3_600_000;
    expect(passes(run)).toBe(false);
    now += 1000;
    expect(passes(run)).toBe(true);
  });

  it('remembers no more keys than it is told: the one that was silent longest begins anew', async () => {
    const run = await start({ perSecond: 0.001, by: 'context.user_id', maxKeys: 2 });

    expect(['a', 'b', 'a', 'c', 'a', 'b'].map((user) => passes(run, user))).toEqual([
      true,
      true,
      false,
      true, // b is forgotten, which was silent longest
      false,
      true,
    ]);

    const full = await start({ perSecond: 0.001, by: 'context.user_id', maxKeys: 2 });
    expect(['a', 'b', 'b', 'a'].map((user) => passes(full, user))).toEqual([true, true, false, false]);
  });

  it('tells keys of any length apart', async () => {
    const run = await start({ perSecond: 1, by: 'context.user_id' });
    const long = 'x'.repeat(100_000);

    expect([`${long}a`, `${long}b`, `${long}a`].map((user) => passes(run, user))).toEqual([true, true, false]);
  });

  it('holds the event back if its function fails', async () => {
    const run = await start({
      perSecond: 1,
      by: () => {
        throw new Error('no key');
      },
    });

    expect(passes(run)).toBe(false);
    expect(run.counts.dropped).toEqual({ 'processor-failed': 1 });
  });

  it.each<[what: string, options: unknown, expected: RegExp]>([
    ['no rate', {}, /perSecond is missing; expected a number greater than 0/],
    ['a rate of 0', { perSecond: 0 }, /perSecond is 0/],
    ['a rate without an end', { perSecond: Number.POSITIVE_INFINITY }, /perSecond is Infinity/],
    ['a burst below 1', { perSecond: 1, burst: 0.5 }, /burst is 0\.5; expected a number, at least 1/],
    ['no keys', { perSecond: 1, maxKeys: 0 }, /maxKeys is 0; expected a whole number, at least 1/],
    ['a key of many values', { perSecond: 1, by: 'data.**.a' }, /it has a star in it/],
  ])('refuses at start %s', async (_what, options, expected) => {
    const errors = await errorsOf(processor(RateLimit, options as RateLimitOptions));

    expect(errors.map(({ what }) => what).join('\n')).toMatch(expected);
  });

  it('lets no key pass more than burst + rate x time in any stretch of time, and not fewer than it may', () => {
    const steps = fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.integer({ min: 0, max: 3000 })), { maxLength: 60 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 5 }),
        steps,
        (perSecond, burst, arrivals) => {
          const limit = new RateLimit({ perSecond, burst, by: 'context.user_id' });
          const passedAt: Record<string, number[]> = { a: [], b: [] };
          for (const [user, waitMs] of arrivals) {
            now += waitMs;
            const event = { name: 'e', timestamp: new Date(now), context: { user_id: user }, data: {} };
            const times = passedAt[user]!;
            const mayPass = (last: readonly number[]): boolean =>
              last.every((since, at) => last.length + 1 - at <= burst + ((now - since) * perSecond) / 1000 + 1e-9);
            // It passes as often as some bucket of this size would let it: so exactly if no stretch
            // would then hold too many.
            expect(limit.process(event) !== null).toBe(mayPass(times));
            if (mayPass(times)) times.push(now);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
