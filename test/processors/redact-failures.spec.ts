import { EventEmissionExit, processor } from '../../src/entries';
import { Redact, type RedactOptions } from '../../src/processors/redact';
import { errorsOf, startTwoBranches } from '../support/two-branches';
import { SECRET, hash, redact, start } from './redact-parts';

describe('Redact, when it fails or is misconfigured,', () => {
  it('holds back an event that it fails for, whatever onError says, reports and counts it; the other branch gets the event', async () => {
    const failing = processor(
      Redact,
      {
        when: () => {
          throw new Error('no idea');
        },
      },
      { onError: 'skip' },
    );
    const run = await startTwoBranches([failing]);

    expect(run.emit('e', { a: 1 })).toBeUndefined();
    expect(run.emit('e', { a: 2 })).toBeUndefined();
    expect(run.counts).toMatchObject({ dropped: { 'processor-failed': 2 } });
    expect(run.counts.failures).toEqual({ 'backends.processed.processors[0] (Redact)': 2 });
    expect(run.untouched.data).toEqual({ a: 2 });
    expect(run.warnings.filter((text) => text.includes('no idea'))).toEqual([
      expect.stringMatching(/processors\[0\] \(Redact\) failed: Error: no idea\. The event was held back/),
    ]);
  });

  it.each([
    ['a path that is none', () => ['email']],
    ['a text', () => 'data.email'],
    ['a path to the whole context', () => ['context']],
    ['a list that cannot be read', () => new Proxy([], { get: () => { throw new Error('no'); } })], // prettier-ignore
    ['an error', () => { throw new Error('no'); }], // prettier-ignore
    ['an error that cannot be read', () => { throw revoked(); }], // prettier-ignore
  ])('holds events back if it is given %s as marks', async (_what, marks) => {
    const run = await start({ marks: marks as () => string[] });

    expect(run.emit('e', { email: 1 })).toBeUndefined();
    expect(run.counts.dropped).toEqual({ 'processor-failed': 1 });
  });

  it('refuses a promise from its functions, as from any processor', async () => {
    const late = (() => Promise.reject(new Error('late'))) as unknown as () => boolean;
    const run = await start({ when: late });

    expect(run.emit('e', { a: 1 })).toBeUndefined();
    await new Promise((resolve) => setImmediate(resolve)); // a rejection nobody hears would end the process here
    expect(run.counts.dropped).toEqual({ 'async-processor': 1 });
    expect(run.warnings.join('\n')).toMatch(/processors\[0\] \(Redact\) returned a promise.*Fix/);
  });

  it('lets its functions drop the event, and treats what they emit as separate events', async () => {
    const run = await start({
      when: (_path, value) => {
        if (value === 'stop') throw new EventEmissionExit();
        if (value === 'tell') run.run.tracker.emit('told');
        return false;
      },
    });

    expect(run.emit('e', { a: 'stop' })).toBeUndefined();
    expect(run.counts.dropped).toEqual({ cancelled: 1 });
    run.run.tracker.emit('e', { a: 'tell' });
    expect(run.run.names('untouched')).toEqual(['e', 'told', 'e']);
    // Derived from the event being processed (UUIDv8), so that a replay emits it under the same id.
    expect(run.run.events('untouched')[1]?.id[14]).toBe('8');
  });

  it.each<[what: string, options: unknown, expected: RegExp]>([
    ['no options', undefined, /paths, keys, when and marks are missing/],
    ['options that are a list', [], /the options are a list of 0/],
    ['nothing to look for', { action: 'remove' }, /nothing would be redacted/],
    ['a misspelt option', { path: ['data.a'], keys: ['a'] }, /unknown option "path"; known options: paths, keys/],
    ['a path that begins nowhere', { paths: ['email'] }, /"email": it begins in no part of an event.*'\*\*\.email'/s],
    ['a path to the name', { paths: ['name'] }, /an event keeps its name/],
    ['a path to an empty key', { paths: ['data..a'] }, /a key in it is empty/],
    ['an empty path', { paths: [''] }, /a key in it is empty/],
    ['a path with brackets', { paths: ['data.users[*].email'] }, /it has brackets.*'data\.users\.\*\.email'/s],
    ['a path with a star in a key', { paths: ['data.user_*'] }, /a star in it is a part of a key/],
    ['a path that ends in **', { paths: ['data.**'] }, /ends in \*\*/],
    ['a path to everything', { paths: ['*'] }, /every part of the event/],
    ['a path that ends in a backslash', { paths: ['data.a\\'] }, /ends in a backslash/],
    ['a path to the context, to mask it', { paths: ['context'] }, /a string cannot replace/],
    ['a path that is no text', { paths: [5] }, /paths contains 5: it is not a string/],
    ['paths that are a text', { paths: 'data.a' }, /paths is a string of 6 characters; expected a list/],
    ['paths of too many stars', { paths: [`**.a${'.*'.repeat(14)}`] }, /too many stars/],
    ['a key that is no name', { keys: [''] }, /keys contains ""; expected the name of a field/],
    ['a pattern that cannot be matched in bounded time', { keys: [/(.*)*x\1/] }, /back-reference/],
    ['a predicate that is none', { when: true }, /when is true; expected a function/],
    ['an async predicate', { when: async () => Promise.resolve(true) }, /when is an async function/],
    ['async marks', { marks: async () => Promise.resolve([]) }, /marks is an async function/],
    ['an action that it has not', { keys: ['a'], action: 'hide' }, /action is "hide"/],
    ['an action that is null', { keys: ['a'], action: null }, /action is null/],
    ['a mask that is no text', { keys: ['a'], action: { mask: 5 } }, /action is an object/],
    ['a hash without keys', { keys: ['a'], action: { hash: {} } }, /action\.hash\.keys is undefined/],
    [
      'a hash without its current key',
      { keys: ['a'], action: { hash: { ...hash, current: 'k2' } } },
      /action\.hash\.current is "k2"; expected "k1" or "k0"/,
    ],
    [
      'an id that has a colon',
      { keys: ['a'], action: { hash: { keys: { 'a:b': SECRET }, current: 'a:b' } } },
      /action\.hash\.keys\[0\] has an id with characters other/,
    ],
  ])('refuses %s at start, with a fix', async (_what, options, expected) => {
    const [fault, ...more] = await errorsOf(processor(Redact, options as RedactOptions));

    expect(`${String(fault?.what)}\n${String(fault?.fix)}`).toMatch(expected);
    expect(fault).toMatchObject({ path: 'processors[0] (Redact)', fix: expect.stringMatching(/\S/) });
    expect(more.length).toBeLessThanOrEqual(1); // of a misspelt option it may also say what then is missing
  });

  it('reports all errors at once, and shows no secret', async () => {
    const secrets = { short: 'hunter2', number: 123456789 as unknown as string };
    const errors = await errorsOf(
      redact({ paths: ['a', 'b'], keys: [5 as unknown as string], action: { hash: { keys: secrets, current: 'c' } } }),
    );

    expect(errors).toHaveLength(6);
    expect(JSON.stringify(errors)).not.toMatch(/hunter2|123456789/);
  });
});

function revoked(): Error {
  const { proxy, revoke } = Proxy.revocable(new Error('no'), {});
  revoke();
  return proxy;
}
