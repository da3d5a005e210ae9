import { backend, MemoryBackend, NameAllowlist, processor } from 'nestjs-event-tracking';
import type { NameAllowlistOptions } from 'nestjs-event-tracking/types';
import { buildTracking, expectBalance, startTracking } from '../support/start-tracking';

function allowing(options: unknown): Parameters<typeof buildTracking>[0] {
  return {
    processors: [processor(NameAllowlist, options as NameAllowlistOptions)],
    backends: { sink: backend(MemoryBackend) },
  };
}

async function passing(names: Iterable<string>, emitted: readonly unknown[]): Promise<string[]> {
  const run = await startTracking(allowing({ names }));
  for (const name of emitted) run.tracker.emit(name as string);
  const passed = run.names();
  expect(run.ledger.node('')).toMatchObject({ received: emitted.length, passed: passed.length });
  expect(run.ledger.node('')?.dropped['filtered'] ?? 0).toBe(emitted.length - passed.length);
  expectBalance(run.ledger);
  return passed;
}

describe('NameAllowlist', () => {
  it('lets exactly its names pass: no pattern, no case folding, no normalising', async () => {
    expect(
      await passing(
        ['play_video', 'é', 'a.c', ''],
        ['play_video', 'play_video2', 'PLAY_VIDEO', 'e\u0301', 'é', 'abc', 'a.c'],
      ),
    ).toEqual(['play_video', 'é', 'a.c']);
  });

  it.each<readonly [what: string, names: Iterable<string>]>([
    ['an array', ['a', 'b']],
    ['a Set', new Set(['a', 'b'])],
    ['the keys of a Map', new Map([['a', 1], ['b', 2]]).keys()], // prettier-ignore
    ['a generator', (function* () { yield 'a'; yield 'b'; })()], // prettier-ignore
    ['a frozen array with a name twice', Object.freeze(['a', 'b', 'a'])],
  ])('takes %s', async (_what, names) => {
    expect(await passing(names, ['a', 'b', 'c'])).toEqual(['a', 'b']);
  });

  it('lets nothing pass when it is empty', async () => {
    expect(await passing([], ['a', ''])).toEqual([]);
  });

  it('compares the text that a name has become', async () => {
    expect(await passing(['7', 'unknown', '["a"]'], [7, undefined, null, ['a'], ['b']])).toEqual([
      '7',
      'unknown',
      'unknown',
      '["a"]',
    ]);
  });

  it('is not confused by names of prototypes', async () => {
    expect(await passing(['a'], ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'a'])).toEqual(['a']);
  });

  it('does not change when the list does that it was given', async () => {
    const names = ['a'];
    const run = await startTracking(allowing({ names }));
    names.push('b');
    run.tracker.emit('b');
    expect(run.names()).toEqual([]);
  });

  it('sees the name that earlier processors left, and holds back below its node only', async () => {
    const run = await startTracking({
      backends: {
        filtered: backend(
          MemoryBackend,
          {},
          {
            processors: [
              ({ name }) => ({ name: `new.${name}`, timestamp: new Date(), context: {}, data: {} }),
              processor(NameAllowlist, { names: ['new.a'] }),
            ],
          },
        ),
        all: backend(MemoryBackend),
      },
    });
    run.tracker.emit('a');
    run.tracker.emit('b');
    expect(run.names('filtered')).toEqual(['new.a']);
    expect(run.names('all')).toEqual(['a', 'b']);
    expectBalance(run.ledger);
  });

  it.each<readonly [what: string, options: unknown, fault: string]>([
    ['a text', { names: 'play_video' }, 'names is a string of 10 characters; expected a list of strings.'],
    ['null', { names: null }, 'names is null; expected a list of strings.'],
    ['no names', {}, 'names is missing; expected a list of strings.'],
    ['no options', undefined, 'names is missing; expected a list of strings.'],
    ['options that are null', null, 'the options are null; expected an object.'],
    ['an object', { names: { a: true } }, 'names is an object; expected a list of strings.'],
    ['a number', { names: 7 }, 'names is 7; expected a list of strings.'],
    ['a function', { names: () => ['a'] }, 'names is the function names; expected a list of strings.'],
    ['a list with a number', { names: ['a', 7] }, 'names contains 7; expected a string.'],
    ['a list with a hole', { names: ['a', undefined] }, 'names contains undefined; expected a string.'],
    ['a list of nothing but undefined', { names: [undefined] }, 'names contains undefined; expected a string.'],
    ['a list with null', { names: [null] }, 'names contains null; expected a string.'],
    ['a list with a list', { names: [['a']] }, 'names contains a list of 1; expected a string.'],
    ['a Map', { names: new Map([['a', 1]]) }, 'names contains a list of 2; expected a string.'],
  ])('refuses %s at start', async (_what, options, what) => {
    await expect(buildTracking(allowing(options))).rejects.toMatchObject({
      errors: [
        {
          path: 'processors[0] (NameAllowlist)',
          what,
          fix: "processor(NameAllowlist, { names: ['problem_check', 'play_video'] })",
        },
      ],
    });
  });
});
