import fc from 'fast-check';
import { NameAllowlist, processor } from '../../src/entries';
import { RenameEvent, type RenameEventOptions } from '../../src/processors/rename-event';
import { errorsOf, startTwoBranches, type TwoBranches } from '../support/two-branches';

const start = (names: RenameEventOptions['names']): Promise<TwoBranches> =>
  startTwoBranches([processor(RenameEvent, { names })]);

describe('RenameEvent', () => {
  it('gives the names of its list, in its own branch only, and changes nothing else', async () => {
    const run = await start({ play_video: 'edx.video.played', __proto__x: 'proto' });
    const event = run.emit('play_video', { a: 1 }, { user_id: 5 });

    expect(event).toEqual({ ...run.untouched, name: 'edx.video.played' });
    expect(run.emit('pause_video')?.name).toBe('pause_video');
    expect(run.emit('toString')?.name).toBe('toString');
    expect(run.counts.failures).toEqual({});
  });

  it('gives the name that a function makes', async () => {
    const run = await start((name) => name.replace(/^edx\./, ''));

    expect(run.emit('edx.video.played')?.name).toBe('video.played');
    expect(run.emit('other')?.name).toBe('other');
  });

  it('names the event for what comes after it', async () => {
    const run = await startTwoBranches([
      processor(RenameEvent, { names: { old: 'new' } }),
      processor(NameAllowlist, { names: ['new'] }),
      processor(RenameEvent, { names: { new: 'newest' } }),
    ]);

    expect(run.emit('old')?.name).toBe('newest');
    expect(run.emit('new')?.name).toBe('newest');
    expect(run.emit('other')).toBeUndefined();
  });

  it.each([
    ['no text', () => 5],
    ['an empty name', () => ''],
    ['nothing', () => undefined],
  ])('keeps the name if its function gives %s, and counts it', async (_what, names) => {
    const run = await start(names as () => string);

    expect(run.emit('old')?.name).toBe('old');
    expect(run.counts.failures).toEqual({ 'backends.processed.processors[0] (RenameEvent)': 1 });
  });

  it('drops the event if its function gives a promise', async () => {
    const run = await start((() => Promise.resolve('new')) as unknown as () => string);

    expect(run.emit('old')).toBeUndefined();
    expect(run.counts.dropped).toEqual({ 'async-processor': 1 });
  });

  it('holds the event back with onError: drop if its function fails', async () => {
    const names = (): string => {
      throw new Error('no name');
    };
    const run = await startTwoBranches([processor(RenameEvent, { names }, { onError: 'drop' })]);

    expect(run.emit('old')).toBeUndefined();
    expect(run.counts.dropped).toEqual({ 'processor-failed': 1 });
  });

  it.each<[what: string, options: unknown, expected: RegExp]>([
    ['no names', {}, /names is missing/],
    ['a list', { names: ['old', 'new'] }, /names is a list of 2/],
    ['a name that is none', { names: { old: '', older: 5 } }, /names\["old"\] is "".*names\["older"\] is 5/s],
    ['an async function', { names: async () => Promise.resolve('x') }, /names is an async function/],
  ])('refuses at start %s', async (_what, options, expected) => {
    const errors = await errorsOf(processor(RenameEvent, options as RenameEventOptions));

    expect(errors.map(({ what }) => what).join('\n')).toMatch(expected);
  });

  it('renames exactly the events of its list, for any names', async () => {
    const word = fc.string({ minLength: 1, maxLength: 5, unit: fc.constantFrom('a', '_', 'p', '.', 'é') });
    await fc.assert(
      fc.asyncProperty(fc.dictionary(word, word), fc.array(word, { maxLength: 5 }), async (names, emitted) => {
        const run = await start(names);
        for (const name of [...emitted, ...Object.keys(names)]) {
          expect(run.emit(name)?.name).toBe(new Map(Object.entries(names)).get(name) ?? name);
        }
        await run.close();
      }),
      { numRuns: 30 },
    );
  });
});
