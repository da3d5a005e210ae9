import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { processor } from '../../src/entries';
import { Sample, type SampleOptions } from '../../src/processors/sample';
import { errorsOf, startTwoBranches, type TwoBranches } from '../support/two-branches';

const start = (options: SampleOptions): Promise<TwoBranches> => startTwoBranches([processor(Sample, options)]);
const events = (name: string, user: unknown): Parameters<Sample['process']>[0] => ({
  name,
  timestamp: new Date(),
  context: { user_id: user },
  data: {},
});
const keeps = (options: SampleOptions, name: string, user: unknown): boolean =>
  new Sample(options).process(events(name, user)) !== null;

describe('Sample', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('keeps all at 1 and none at 0, by name, in its own branch only, and counts them as sampled', async () => {
    const run = await start({ rates: { rare: 1, noise: 0 }, defaultRate: 0 });
    const names = ['rare', 'noise', 'other'].map((name) => run.emit(name)?.name);

    expect(names).toEqual(['rare', undefined, undefined]);
    expect(run.counts).toMatchObject({ received: 3, passed: 1, dropped: { sampled: 2 } });
    expect(run.run.names('untouched')).toEqual(['rare', 'noise', 'other']);
  });

  it('is a wish and no loss: nothing is warned of, and a confirmed emit is filtered', async () => {
    const run = await start({ defaultRate: 0 });
    const { destinations } = await run.run.tracker.emitConfirmed('e');

    expect(destinations).toMatchObject({ 'processed/sink': 'filtered', untouched: 'delivered' });
    expect(run.warnings).toEqual([]);
  });

  it('draws each event at random without a key', async () => {
    const run = await start({ rates: { e: 0.3 }, defaultRate: 1 });
    const draws = [0.1, 0.29, 0.3, 0.9];
    jest.spyOn(Math, 'random').mockImplementation(() => draws.shift() ?? 1);

    expect([1, 2, 3, 4].map(() => run.emit('e') !== undefined)).toEqual([true, true, false, false]);
    expect(run.emit('other')).toBeDefined();
  });

  it('draws events at random that lack the key, and nobody can tell them apart by null or an empty text', async () => {
    const run = await start({ defaultRate: 0.5, by: 'context.user_id' });
    const random = jest.spyOn(Math, 'random').mockReturnValue(0.4);

    for (const context of [{}, { user_id: null }, { user_id: '' }]) expect(run.emit('e', {}, context)).toBeDefined();
    expect(random).toHaveBeenCalledTimes(3);
    random.mockReturnValue(0.6);
    expect(run.emit('e')).toBeUndefined();
  });

  it('keeps a user whose SHA-256 begins below the share, so that anybody can tell who is in', async () => {
    const run = await start({ defaultRate: 0.25, by: 'context.user_id', seed: 'autumn' });
    for (let user = 0; user < 200; user++) {
      const digest = createHash('sha256')
        .update(`autumn:${String(user)}`)
        .digest();
      const isIn = digest.readUInt32BE() / 2 ** 32 < 0.25;
      expect(run.emit('e', {}, { user_id: user }) !== undefined).toBe(isIn);
    }
  });

  it('takes about its share of the users, and another share by another seed', () => {
    const users = Array.from({ length: 4000 }, (_item, at) => at);
    const kept = (seed: string): Set<number> =>
      new Set(users.filter((user) => keeps({ defaultRate: 0.2, by: 'context.user_id', seed }, 'e', user)));
    const [one, other] = [kept('one'), kept('other')];

    // Six standard deviations to each side.
    for (const { size } of [one, other]) expect(Math.abs(size - 800)).toBeLessThan(152);
    expect([...one].filter((user) => other.has(user)).length).toBeLessThan(300);
  });

  it('asks a function for the key, which gets a copy of the event', async () => {
    const run = await start({
      defaultRate: 0.5,
      by: (event) => {
        event.data['id'] = 'changed';
        return event.data['session'];
      },
    });
    for (let session = 0; session < 20; session++) {
      const isIn = keeps({ defaultRate: 0.5, by: 'context.user_id' }, 'e', session);
      expect(run.emit('e', { session, id: 1 })?.data).toEqual(isIn ? { session, id: 1 } : undefined);
    }
  });

  it('holds the event back if its function fails', async () => {
    const run = await start({
      defaultRate: 0.5,
      by: () => {
        throw new Error('no key');
      },
    });

    expect(run.emit('e')).toBeUndefined();
    expect(run.counts.dropped).toEqual({ 'processor-failed': 1 });
  });

  it('writes the share to the context if it is told to, unless it is 1, and multiplies with that of a sample before it', async () => {
    jest.spyOn(Math, 'random').mockReturnValue(0);
    const options = { rates: { half: 0.5, all: 1 }, defaultRate: 0.1, writeShare: true };
    const run = await startTwoBranches([processor(Sample, options)]);

    expect(run.emit('half', {}, { user_id: 5 })?.context).toEqual({ user_id: 5, sample_rate: 0.5 });
    expect(run.emit('all')?.context).toEqual({});
    expect(run.emit('other')?.context).toEqual({ sample_rate: 0.1 });
    expect(run.emit('half', {}, { sample_rate: 'of the application' })?.context).toEqual({ sample_rate: 0.5 });

    const twice = await startTwoBranches([processor(Sample, options), processor(Sample, options)]);
    expect(twice.emit('half')?.context).toEqual({ sample_rate: 0.25 });
    expect(twice.untouched.context).toEqual({});
  });

  it.each<[what: string, options: unknown, expected: RegExp]>([
    ['no rates', {}, /rates and defaultRate are missing/],
    ['a share above 1', { rates: { e: 10 } }, /rates\["e"\] is 10; expected a number from 0 to 1/],
    ['a share that is none', { rates: { e: Number.NaN } }, /rates\["e"\] is NaN/],
    ['a share that is a text', { defaultRate: '0.5' }, /defaultRate is "0\.5"/],
    ['rates that are a list', { rates: [0.5] }, /rates is a list of 1/],
    ['a key that leads nowhere', { defaultRate: 0.5, by: 'user_id' }, /by is "user_id": it leads to no value/],
    ['an async key', { defaultRate: 0.5, by: async () => Promise.resolve(1) }, /by is an async function/],
    ['a seed that is no text', { defaultRate: 0.5, seed: 5 }, /seed is 5; expected a string/],
    ['a misspelt option', { defaultRate: 0.5, key: 'context.user_id' }, /unknown option "key"/],
  ])('refuses at start %s', async (_what, options, expected) => {
    const errors = await errorsOf(processor(Sample, options as SampleOptions));

    expect(errors.map(({ what }) => what).join('\n')).toMatch(expected);
  });

  it('says the same of a key in every process and for every name of a rate, and keeps at more whom it keeps at less', () => {
    const rate = fc.double({ min: 0, max: 1, noNaN: true });
    const user = fc.oneof(fc.string(), fc.integer(), fc.uuid(), fc.record({ id: fc.integer() }));
    jest.spyOn(Math, 'random').mockReturnValue(0.5); // for those without a key
    fc.assert(
      fc.property(rate, rate, user, (one, other, key) => {
        const [less, more] = one < other ? [one, other] : [other, one];
        const options = { rates: { less, alsoLess: less, more }, by: 'context.user_id' };
        const isIn = keeps(options, 'less', key);
        expect(keeps(options, 'alsoLess', key)).toBe(isIn);
        expect(keeps({ defaultRate: less, by: (event) => event.context['user_id'] }, 'any', key)).toBe(isIn);
        if (isIn) expect(keeps(options, 'more', key)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
