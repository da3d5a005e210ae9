import fc from 'fast-check';
import { processor } from '../../src/entries';
import { DropFields, type DropFieldsOptions } from '../../src/processors/drop-fields';
import { errorsOf, startTwoBranches, type TwoBranches } from '../support/two-branches';

const start = (...paths: readonly string[]): Promise<TwoBranches> =>
  startTwoBranches([processor(DropFields, { paths })]);

describe('DropFields', () => {
  it('leaves out what its paths lead to, in its own branch only', async () => {
    const run = await start('data.debug', 'data.answers.*.seed', 'data.list.0', '**.internal', 'context.agent');
    const data = {
      debug: { much: true },
      answers: { q1: { seed: 1, answer: 'a' }, q2: { answer: 'b' } },
      list: [{ internal: 1 }, { internal: 1, kept: 2 }],
    };
    const event = run.emit('e', data, { agent: 'x', user_id: 5, internal: true });

    expect(event?.data).toEqual({ answers: { q1: { answer: 'a' }, q2: { answer: 'b' } }, list: [{ kept: 2 }] });
    expect(event?.context).toEqual({ user_id: 5 });
    expect(run.untouched).toMatchObject({ context: { agent: 'x' }, data });
  });

  it('leaves {} of the whole data or context', async () => {
    const run = await start('data', 'context');

    expect(run.emit('e', { a: 1 }, { b: 2 })).toMatchObject({ name: 'e', context: {}, data: {} });
  });

  it('takes the fields that processors have added by a path that begins with stars, and never name or timestamp', async () => {
    const run = await startTwoBranches([
      (event) => ({ ...event, session: 's', kept: 1 }),
      processor(DropFields, { paths: ['**.session', '**.name', '**.timestamp', '**.data'] }),
    ]);
    const event = run.emit('e', { a: 1, session: 's', name: 'n', data: 'd' });

    expect(event).toMatchObject({ name: 'e', timestamp: run.untouched.timestamp, kept: 1, data: { a: 1 } });
    expect(event).not.toHaveProperty('session');
    expect(event?.data).toEqual({ a: 1 });
  });

  it('goes on after an application that put a list in the place of the context', async () => {
    const run = await startTwoBranches([
      (event) => ({ ...event, context: ['a', { b: 1, c: 2 }] }),
      processor(DropFields, { paths: ['context.1.b'] }),
    ]);

    expect(run.emit('e')?.context).toEqual(['a', { c: 2 }]);
  });

  it.each<[what: string, options: unknown, expected: RegExp]>([
    ['no paths', {}, /paths is missing; expected a list of paths/],
    ['an empty list', { paths: [] }, /nothing would be dropped/],
    ['a path that begins nowhere', { paths: ['debug'] }, /"debug": it begins in no part/],
    ['a misspelt option', { path: ['data.a'] }, /unknown option "path"; known options: paths/],
  ])('refuses at start %s', async (_what, options, expected) => {
    const errors = await errorsOf(processor(DropFields, options as DropFieldsOptions));

    expect(errors.map(({ path, what }) => `${path}: ${what}`).join('\n')).toMatch(expected);
  });

  it('leaves nothing of a dropped field and everything else, for any event', async () => {
    const run = await start('**.a');
    const without = (value: unknown): unknown => {
      if (typeof value !== 'object' || value === null) return value;
      if (Array.isArray(value)) return value.map(without);
      const kept = Object.entries(value).filter(([key]) => key !== 'a');
      return Object.fromEntries(kept.map(([key, field]) => [key, without(field)]));
    };
    const fields = fc.dictionary(
      fc.constantFrom('a', 'b', 'c'),
      fc.jsonValue({ maxDepth: 3 }).map((value) => ({ a: value, list: [value, { a: 1, value }] })),
    );
    fc.assert(
      fc.property(fields, fields, (data, context) => {
        const event = run.emit('e', data, context);
        expect(event?.data).toEqual(without(run.untouched.data));
        expect(event?.context).toEqual(without(run.untouched.context));
      }),
    );
  });
});
