import fc from 'fast-check';
import { processor } from '../../src/entries';
import type { ProcessorSettings } from '../../src/entries/types';
import { AddContext, type AddContextOptions } from '../../src/processors/add-context';
import { errorsOf, startTwoBranches, type TwoBranches } from '../support/two-branches';

const start = (options: AddContextOptions, settings?: ProcessorSettings): Promise<TwoBranches> =>
  startTwoBranches([processor(AddContext, options, settings)]);

describe('AddContext', () => {
  it('adds its values to the context, in its own branch only; what the event has stays', async () => {
    const run = await start({ values: { release: '2026.11', region: 'eu', since: new Date(5) } });
    const event = run.emit('e', { a: 1 }, { user_id: 5, region: 'us' });

    expect(event?.context).toEqual({ user_id: 5, region: 'us', release: '2026.11', since: new Date(5) });
    expect(run.untouched.context).toEqual({ user_id: 5, region: 'us' });
    expect(event).toEqual({ ...run.untouched, context: event?.context });
  });

  it('puts its values in the place of those of the event if it is told to', async () => {
    const run = await start({ values: { region: 'eu' }, override: true });

    expect(run.emit('e', {}, { region: 'us', user_id: 5 })?.context).toEqual({ region: 'eu', user_id: 5 });
  });

  it('takes its values from a function of the event, which may give none', async () => {
    const run = await start({
      values: (event) => (event.name === 'e' ? { org: String(event.data['course']).split('+')[0], n: 1n } : undefined),
    });

    expect(run.emit('e', { course: 'edX+DemoX' })?.context).toEqual({ org: 'edX', n: '1' });
    expect(run.emit('f')?.context).toEqual({});
    expect(run.counts.failures).toEqual({});
  });

  it('gives the events of each scope that scope, whatever was emitted between them', async () => {
    const run = await start({ values: { release: 1 } });
    const { tracker } = run.run;
    tracker.emit('outside');
    tracker.context({ user_id: 5 }, () => {
      tracker.emit('inside');
      tracker.enterContext('later', { course_id: 'x' });
      tracker.emit('inside');
    });
    tracker.emit('outside');

    expect(run.events.map(({ context }) => context)).toEqual([
      { release: 1 },
      { user_id: 5, release: 1 },
      { user_id: 5, course_id: 'x', release: 1 },
      { release: 1 },
    ]);
  });

  it('counts what is replaced in what its function gives, under the name of the event', async () => {
    const run = await start({ values: () => ({ f: () => 1 }) });

    expect(run.emit('e')?.context).toEqual({ f: '[Function: f]' });
    expect(run.run.ledger.tracker().replaced).toEqual({ function: 1 });
    expect(run.warnings).toEqual([expect.stringContaining('a value of "e" at context.f')]);
  });

  it('shares nothing with its function: neither the event, nor what it gave', async () => {
    const given = { list: [1] };
    const run = await start({
      values: (event) => {
        event.data['list'] = 'changed';
        event.context['user'] = 'changed';
        return given;
      },
    });
    const event = run.emit('e', { list: [2] }, { user: 5 });
    given.list.push(2);

    expect(event).toMatchObject({ context: { user: 5, list: [1] }, data: { list: [2] } });
    expect(run.events.at(-1)).toEqual(event);
    expect(run.untouched).toMatchObject({ context: { user: 5 }, data: { list: [2] } });
  });

  it.each([
    ['fails', () => { throw new Error('no'); }], // prettier-ignore
    ['gives a text', () => 'text'],
    ['gives a list', () => [1]],
    ['gives a date', () => new Date()],
  ])(
    'lets the event go on as it was if its function %s, or holds it back with onError: drop',
    async (_what, values) => {
      const options = { values: values as () => object };
      const skipping = await start(options);
      expect(skipping.emit('e', {}, { user_id: 5 })?.context).toEqual({ user_id: 5 });
      expect(skipping.counts.failures).toEqual({ 'backends.processed.processors[0] (AddContext)': 1 });

      const dropping = await start(options, { onError: 'drop' });
      expect(dropping.emit('e')).toBeUndefined();
      expect(dropping.counts.dropped).toEqual({ 'processor-failed': 1 });
    },
  );

  it('leaves a context alone that an application has made a text', async () => {
    const run = await startTwoBranches([
      (event) => ({ ...event, context: 'a text' as unknown as object }),
      processor(AddContext, { values: { release: 1 } }),
      processor(AddContext, { values: () => ({ release: 1 }) }),
    ]);

    expect(run.emit('e')?.context).toBe('a text');
  });

  it.each<[what: string, options: unknown, expected: RegExp]>([
    ['no values', {}, /values is missing; expected an object/],
    ['a list of values', { values: [1] }, /values is a list of 1/],
    ['a value that cannot be written', { values: { a: { b: () => 1 } } }, /values\.a\.b has no JSON form \(function\)/],
    ['an async function', { values: async () => Promise.resolve({}) }, /values is an async function/],
    ['an override that is a text', { values: { a: 1 }, override: 'yes' }, /override is "yes"; expected true or false/],
  ])('refuses at start %s', async (_what, options, expected) => {
    const errors = await errorsOf(processor(AddContext, options as AddContextOptions));

    expect(errors.map(({ what }) => what).join('\n')).toMatch(expected);
  });

  it('gives every event of every scope the values of both, in the log as in memory', async () => {
    const key = fc.constantFrom('a', 'b', 'c', '__proto__', 'd');
    const values = fc.dictionary(key, fc.jsonValue({ maxDepth: 1 }).map(asJson), { noNullPrototype: true });
    await fc.assert(
      fc.asyncProperty(values, fc.boolean(), fc.array(fc.tuple(values, values)), async (added, override, scopes) => {
        const run = await start({ values: added, override });
        for (const [outer, inner] of scopes) {
          run.run.tracker.context(outer, () => {
            const ofEvent = merged(outer, inner);
            const both = override ? merged(ofEvent, added) : merged(added, ofEvent);
            for (const name of ['first', 'second']) {
              expect(sorted(run.emit(name, {}, inner)?.context)).toEqual(sorted(both));
              expect(sorted(run.untouched.context)).toEqual(sorted(ofEvent));
            }
          });
        }
        await run.close();
      }),
      { numRuns: 50 },
    );
  }, 60_000);
});

/** -0 has no JSON of its own. */
function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function merged(...layers: readonly object[]): object {
  return Object.fromEntries(layers.flatMap((layer) => Object.entries(layer)));
}

function sorted(fields: object | undefined): unknown {
  return Object.entries(fields ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
}
