import fc from 'fast-check';
import { processor } from '../../src/entries';
import { Dedupe, type DedupeOptions } from '../../src/processors/dedupe';
import { errorsOf, startTwoBranches, type TwoBranches } from '../support/two-branches';

const start = (options: DedupeOptions): Promise<TwoBranches> => startTwoBranches([processor(Dedupe, options)]);
let now = 1_000_000;

describe('Dedupe', () => {
  beforeEach(() => {
    now = 1_000_000;
    jest.spyOn(Date, 'now').mockImplementation(() => now);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('lets an event pass once within its time, in its own branch only', async () => {
    const run = await start({ withinMs: 1000 });
    const passes = (): boolean => run.emit('e', { a: 1 }, { user_id: 5 }) !== undefined;

    expect([passes(), passes()]).toEqual([true, false]);
    now += 999;
    expect(passes()).toBe(false);
    now += 1; // from the one that passed: those that were dropped do not put it off
    expect([passes(), passes()]).toEqual([true, false]);
    expect(run.counts).toMatchObject({ received: 5, passed: 2, dropped: { duplicate: 3 } });
    expect(run.run.events('untouched')).toHaveLength(5);
  });

  it('is a wish and no loss', async () => {
    const run = await start({ withinMs: 1000 });
    await run.run.tracker.emitConfirmed('e');
    const { destinations } = await run.run.tracker.emitConfirmed('e');

    expect(destinations).toMatchObject({ 'processed/sink': 'filtered' });
    expect(run.warnings).toEqual([]);
  });

  it('takes events for alike whose name, context and data are the same', async () => {
    const run = await start({ withinMs: 1000 });
    const emitted: [name: string, data: unknown, context: object, passes: boolean][] = [
      ['e', { a: 1 }, { b: 1 }, true],
      ['e', { a: 1 }, { b: 1 }, false],
      ['f', { a: 1 }, { b: 1 }, true],
      ['e', { a: 2 }, { b: 1 }, true],
      ['e', { a: 1 }, { b: 2 }, true],
      ['e', { a: '1' }, { b: 1 }, true],
      ['e', { a: 1, b: 1 }, {}, true],
      ['e', { a: new Map([['x', 1]]) }, {}, true],
      ['e', { a: { x: 1 } }, {}, false], // in normal form it is the same
    ];
    for (const [name, data, context, passes] of emitted) {
      expect([name, data, context, run.emit(name, data, context) !== undefined]).toEqual([name, data, context, passes]);
    }
  });

  it('takes events of one name for alike that have the same value at a path, or by a function; without it they pass', async () => {
    const byPath = await start({ withinMs: 1000, by: 'data.attempt_id' });
    const emitted = [
      { attempt_id: 1, a: 1 },
      { attempt_id: '1', a: 2 },
      { attempt_id: 2 },
      {},
      {},
      { attempt_id: null },
    ];
    expect(emitted.map((data) => byPath.emit('e', data) !== undefined)).toEqual([true, false, true, true, true, true]);
    expect(byPath.emit('f', { attempt_id: 1 })).toBeDefined();

    const byPrototype = await start({ withinMs: 1000, by: 'data.constructor' });
    expect([byPrototype.emit('e', { a: 1 }), byPrototype.emit('e', { a: 2 })]).not.toContain(undefined);

    const byFunction = await start({ withinMs: 1000, by: ({ data }) => [data['x'], data['y']] });
    const points = [
      { x: 1, y: 2 },
      { y: 2, x: 1 },
      { x: 2, y: 1 },
    ];
    expect(points.map((data) => byFunction.emit('e', data) !== undefined)).toEqual([true, false, true]);
  });

  it('does not take a name and a key for another name and another key', async () => {
    const run = await start({ withinMs: 1000, by: 'data.id' });

    expect([run.emit('a', { id: '1:bc' }), run.emit('a1:b', { id: 'c' }), run.emit('1:a', { id: 'bc' })]).not.toContain(
      undefined,
    );
  });

  it('holds nothing back for long if the clock is set back', async () => {
    const run = await start({ withinMs: 1000 });
    run.emit('e');
    now -= 3_600_000;

    expect([run.emit('e') !== undefined, run.emit('e') !== undefined]).toEqual([true, false]);
  });

  it('remembers no more events than it is told, the latest', async () => {
    const run = await start({ withinMs: 1000, maxKeys: 2 });
    const passed = ['a', 'b', 'c', 'b', 'a', 'c'].map((name) => run.emit(name) !== undefined);

    expect(passed).toEqual([true, true, true, false, true, false]);
  });

  it('holds the event back if its function fails', async () => {
    const run = await start({
      withinMs: 1000,
      by: () => {
        throw new Error('no key');
      },
    });

    expect(run.emit('e')).toBeUndefined();
    expect(run.counts.dropped).toEqual({ 'processor-failed': 1 });
  });

  it.each<[what: string, options: unknown, expected: RegExp]>([
    ['no time', {}, /withinMs is missing; expected a number greater than 0/],
    ['a time of 0', { withinMs: 0 }, /withinMs is 0/],
    ['a time in words', { withinMs: '5s' }, /withinMs is "5s"/],
    ['keys in parts', { withinMs: 1, maxKeys: 1.5 }, /maxKeys is 1\.5/],
    ['a misspelt option', { withinMs: 1, window: 1 }, /unknown option "window"/],
  ])('refuses at start %s', async (_what, options, expected) => {
    const errors = await errorsOf(processor(Dedupe, options as DedupeOptions));

    expect(errors.map(({ what }) => what).join('\n')).toMatch(expected);
  });

  it('lets at least one of each pass in each time, and never two of the same within one', () => {
    const arrivals = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 0, max: 400 })), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(arrivals, (all) => {
        const dedupe = new Dedupe({ withinMs: 500 });
        const passedAt = new Map<string, number>();
        for (const [name, waitMs] of all) {
          now += waitMs;
          const isDue = now - (passedAt.get(name) ?? Number.NEGATIVE_INFINITY) >= 500;
          const passes = dedupe.process({ name, timestamp: new Date(now), context: {}, data: { waitMs: 0 } }) !== null;
          expect(passes).toBe(isDue);
          if (passes) passedAt.set(name, now);
        }
      }),
      { numRuns: 300 },
    );
  });
});
