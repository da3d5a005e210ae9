import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { EventEmissionExit, processor } from '../../src/entries';
import type { ProcessorDescription } from '../../src/entries/types';
import { KeyNames } from '../../src/processors/paths/key-names';
import { OptionPlace } from '../../src/common/option-place';
import { Redact, type RedactOptions } from '../../src/processors/redact';
import { cpuMs, expectWithin } from '../support/growth';
import { errorsOf, startTwoBranches, type TwoBranches } from '../support/two-branches';

const redact = (options: RedactOptions): ProcessorDescription => processor(Redact, options);
const start = (options: RedactOptions): Promise<TwoBranches> => startTwoBranches([redact(options)]);
const SECRET = 'a secret of 32 characters, or so';
const hash = { keys: { k1: SECRET, k0: 'the secret of the year before' }, current: 'k1' };
const hmac = (text: string): string => createHmac('sha256', SECRET).update(text).digest('hex');

describe('Redact', () => {
  it('masks what its paths lead to, in its own branch only, and leaves the objects of the caller alone', async () => {
    const run = await start({ paths: ['data.email', 'data.users.*.email', 'data.list.1', 'context.ip'] });
    const data = {
      email: 'ada@example.org',
      users: [{ email: 'a@example.org', id: 1 }, { id: 2 }, { email: null, id: 3 }],
      list: ['a', 'b', 'c'],
      other: { email: 'kept', ip: 'kept' },
    };
    const given = structuredClone(data);
    const event = run.emit('e', data, { ip: '203.0.113.9', user_id: 5 });

    expect(event).toMatchObject({ name: 'e', context: { ip: '[redacted]', user_id: 5 } });
    expect(event?.data).toEqual({
      email: '[redacted]',
      users: [{ email: '[redacted]', id: 1 }, { id: 2 }, { email: '[redacted]', id: 3 }],
      list: ['a', '[redacted]', 'c'],
      other: { email: 'kept', ip: 'kept' },
    });
    expect(run.untouched).toMatchObject({ context: { ip: '203.0.113.9' }, data: given });
    expect(data).toEqual(given);
  });

  it('finds a key at any depth by **, in lists too, and replaces the whole value', async () => {
    const run = await start({ paths: ['**.password', 'data.a.**.b'] });
    const event = run.emit(
      'e',
      { password: { text: 'x' }, users: [[{ password: 'x', name: 'ada' }]], a: { b: 1, c: { d: { b: 2 } } }, b: 3 },
      { password: 1 },
    );

    expect(event?.context).toEqual({ password: '[redacted]' });
    expect(event?.data).toEqual({
      password: '[redacted]',
      users: [[{ password: '[redacted]', name: 'ada' }]],
      a: { b: '[redacted]', c: { d: { b: '[redacted]' } } },
      b: 3,
    });
  });

  it('finds fields by their names, in any case, at any depth and in lists, in context and in what processors added', async () => {
    const run = await startTwoBranches([
      (event) => ({ ...event, session: { Token: 'x', id: 1 } }),
      redact({ keys: ['password', /token$/g, /^SSN/y] }),
    ]);
    const event = run.emit(
      'e',
      {
        PassWord: 'x',
        passwords: 'kept',
        list: [
          { access_token: 'x', id_token: 'x' },
          { tokens: 'kept', ssn_1: 'x' },
        ],
        user: { Token: { deep: 'x' } },
      },
      { PASSWORD: 'x', user_id: 5 },
    );

    expect(event).toMatchObject({ session: { Token: '[redacted]', id: 1 } });
    expect(event?.context).toEqual({ PASSWORD: '[redacted]', user_id: 5 });
    expect(event?.data).toEqual({
      PassWord: '[redacted]',
      passwords: 'kept',
      list: [
        { access_token: '[redacted]', id_token: '[redacted]' },
        { tokens: 'kept', ssn_1: '[redacted]' },
      ],
      user: { Token: '[redacted]' },
    });
  });

  it('asks the predicate for each value that is no object or list, with its path, and hands out nothing of the event', async () => {
    const asked: [string, unknown][] = [];
    const run = await start({
      when: (path, value) => {
        asked.push([path, value]);
        if (value instanceof Date) value.setTime(0);
        return typeof value === 'string' && value.includes('@');
      },
    });
    const at = new Date(5);
    const event = run.emit('e', { notes: ['a@example.org', 'b'], n: 1, at, none: null }, { mail: 'c@example.org' });

    expect(event).toMatchObject({
      context: { mail: '[redacted]' },
      data: { notes: ['[redacted]', 'b'], n: 1, at: new Date(5), none: null },
    });
    expect(run.untouched.data).toMatchObject({ at: new Date(5) });
    expect(asked.map(([path]) => path)).toEqual([
      'context.mail',
      'data.notes.0',
      'data.notes.1',
      'data.n',
      'data.at',
      'data.none',
    ]);
  });

  it('asks for more paths by the name of the event, once for each name', async () => {
    const asked: string[] = [];
    const marks = (name: string): string[] | undefined => {
      asked.push(name);
      return name === 'with' ? ['data.b'] : undefined;
    };
    const run = await start({ paths: ['data.a'], marks });
    const data = { a: 1, b: 2 };

    expect(run.emit('with', data)?.data).toEqual({ a: '[redacted]', b: '[redacted]' });
    expect(run.emit('without', data)?.data).toEqual({ a: '[redacted]', b: 2 });
    expect(run.emit('with', data)?.data).toEqual({ a: '[redacted]', b: '[redacted]' });
    expect(asked).toEqual(['with', 'without']);
  });

  it('takes values away without leaving a gap', async () => {
    const run = await start({
      paths: ['data.a', 'data.list.0', 'context.ip'],
      when: (_path, value) => value === 'away',
      action: 'remove',
    });
    const event = run.emit('e', { a: 1, b: 2, list: ['first', 'away', { x: 'away', y: 1 }] }, { ip: 1, id: 2 });

    expect(event).toMatchObject({ context: { id: 2 } });
    expect(event?.context).not.toHaveProperty('ip');
    expect(event?.data).toEqual({ b: 2, list: [{ y: 1 }] });
  });

  it('leaves {} of data and context that are taken away whole', async () => {
    const run = await start({ paths: ['data', 'context'], action: 'remove' });

    expect(run.emit('e', { a: 1 }, { b: 2 })).toMatchObject({ context: {}, data: {} });
    expect(run.emit('e', 'a text')?.data).toEqual({});
  });

  it('writes another mask, also over data that is a text', async () => {
    const run = await start({ paths: ['data'], action: { mask: '***' } });

    expect(run.emit('e', 'a text')?.data).toBe('***');
    expect(run.emit('e', ['a', 'list'])?.data).toBe('***');
  });

  it('hashes: the same for the same value, with the id of its key, and nobody for nobody', async () => {
    const run = await start({ paths: ['context.user_id', 'data.*'], action: { hash } });
    const at = new Date('2026-01-02T03:04:05.678Z');
    const event = run.emit('e', { text: '10938', nobody: null, at, user: { id: 1 } }, { user_id: 10938 });

    expect(event?.context).toEqual({ user_id: `k1:${hmac('10938')}` });
    expect(event?.data).toEqual({
      text: `k1:${hmac('10938')}`,
      nobody: null,
      at: `k1:${hmac('2026-01-02T03:04:05.678Z')}`,
      user: `k1:${hmac('{"id":1}')}`,
    });
  });

  it('gives the hashes of a value by every key, the current one first', () => {
    const [now, before, ...more] = Redact.hashes(10938, hash);

    expect(now).toBe(`k1:${hmac('10938')}`);
    expect(before).toBe(Redact.hashes('10938', { ...hash, current: 'k0' })[0]);
    expect(before).toMatch(/^k0:[0-9a-f]{64}$/);
    expect(more).toEqual([]);
    expect(() => Redact.hashes(1, { keys: {}, current: 'k1' })).toThrow(
      'hash.current is "k1"; expected the id of a key',
    );
  });

  it('reads a backslash before a dot, a star or a bracket in a key as the sign itself', async () => {
    const run = await start({ paths: ['data.a\\.b', 'data.\\*', 'data.c\\[0\\]', 'data.\\\\'] });
    const event = run.emit('e', { 'a.b': 1, a: { b: 2 }, '*': 3, 'c[0]': 4, '\\': 5, other: 6 });

    const masked = '[redacted]';
    expect(event?.data).toEqual({ 'a.b': masked, a: { b: 2 }, '*': masked, 'c[0]': masked, '\\': masked, other: 6 });
  });

  it('takes a key of more than 1,000 characters for one that is meant, if there is a pattern', async () => {
    const [long, longest] = ['x'.repeat(1000), 'x'.repeat(1001)];
    const byPattern = await start({ keys: ['password', /token/] });
    expect(byPattern.emit('e', { [long]: 1, [longest]: 2 })?.data).toEqual({ [long]: 1, [longest]: '[redacted]' });
    const byName = await start({ keys: ['password'] });
    expect(byName.emit('e', { [long]: 1, [longest]: 2 })?.data).toEqual({ [long]: 1, [longest]: 2 });
  });

  it('finds a key of up to 1,000 characters by a pattern, however slow the pattern is elsewhere', async () => {
    const run = await start({ keys: [/^(a+)+$/, /pass.*word/] });
    const keys = [
      'a'.repeat(1000),
      `${'a'.repeat(999)}!`,
      `${'pass'.repeat(249)}word`,
      'pass'.repeat(250),
      'A',
      'PASS-word',
    ];
    const event = run.emit('e', Object.fromEntries(keys.map((key) => [key, 1])));
    expect(keys.map((key) => event?.data[key] === '[redacted]')).toEqual([true, false, true, false, true, true]);
  });

  it.each([/.*token.*/, /pass.*word/, /\s*token\s*$/, /(a+)+$/, /.*.*.*=.*/, /^(\w+\s?)*$/, /(x+x+)+y/])(
    'asks %s about thousands of long keys in bounded time',
    (pattern) => {
      const names = KeyNames.read([pattern], OptionPlace.named([], 'Redact', ''));
      const parts = ['pass', 'token', ' ', 'a', '=', 'x', 'word '];
      const keys = Array.from({ length: 1000 }, (_, at) =>
        `${String(at)}${(parts[at % parts.length] ?? '').repeat(1000)}`.slice(0, 1000),
      );
      expectWithin(2000, () => cpuMs(() => keys.filter((key) => names?.has(key))));
      const huge = ' '.repeat(1_000_000);
      expectWithin(50, () => cpuMs(() => names?.has(huge)));
    },
  );

  it('looks at own fields only, and takes keys such as __proto__ for ordinary ones', async () => {
    const run = await start({
      paths: ['data.constructor', 'data.toString.name', 'data.__proto__.token', 'data.list.length', '**.prototype'],
      keys: ['__proto__x', 'hasOwnProperty'],
    });
    const data: unknown = JSON.parse('{"__proto__":{"token":"x","id":1},"list":["a"],"a":{"b":1}}');
    const event = run.emit('e', data);

    expect(JSON.stringify(event?.data)).toBe('{"__proto__":{"token":"[redacted]","id":1},"list":["a"],"a":{"b":1}}');
    expect(({} as Record<string, unknown>)['token']).toBeUndefined();
  });

  it('finds nothing by a path that the event does not have, whatever its prototype has', async () => {
    const run = await start({ paths: ['data.constructor', 'data.a.toString', 'context.valueOf', 'data.list.length'] });

    expect(run.emit('e', { a: {}, list: [1] })).toEqual(run.untouched);
  });

  it('keeps a field called __proto__ where it takes another away', async () => {
    const run = await start({ keys: ['token'], action: 'remove' });
    const event = run.emit('e', JSON.parse('{"a":1,"__proto__":{"token":"x","id":1},"token":"x"}'));

    expect(JSON.stringify(event?.data)).toBe('{"a":1,"__proto__":{"id":1}}');
  });

  it('asks the predicate anew for each event of a scope', async () => {
    let isMeant = false;
    const run = await start({ when: () => isMeant });
    run.run.tracker.context({ ip: '203.0.113.9' }, () => {
      run.run.tracker.emit('e');
      isMeant = true;
      run.run.tracker.emit('e');
    });

    expect(run.events.map(({ context }) => context)).toEqual([{ ip: '203.0.113.9' }, { ip: '[redacted]' }]);
  });

  it('gives on the event as it is if nothing in it is meant', async () => {
    const run = await start({ paths: ['data.a.b.c', 'context.x'], keys: ['y'] });

    for (const data of [{ a: 1 }, { a: { b: [] } }, {}, 'text', [1, 2], 7]) {
      expect(run.emit('e', data)?.data).toEqual(run.untouched.data);
    }
  });

  it('holds back what it fails for, whatever onError says, tells and counts it; the other branch has it', async () => {
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
  ])('holds events back if it is given %s for marks', async (_what, marks) => {
    const run = await start({ marks: marks as () => string[] });

    expect(run.emit('e', { email: 1 })).toBeUndefined();
    expect(run.counts.dropped).toEqual({ 'processor-failed': 1 });
  });

  it('refuses a promise from its functions as it is refused from any processor', async () => {
    const late = (() => Promise.reject(new Error('late'))) as unknown as () => boolean;
    const run = await start({ when: late });

    expect(run.emit('e', { a: 1 })).toBeUndefined();
    await new Promise((resolve) => setImmediate(resolve)); // a rejection nobody hears would end the process here
    expect(run.counts.dropped).toEqual({ 'async-processor': 1 });
    expect(run.warnings.join('\n')).toMatch(/processors\[0\] \(Redact\) returned a promise.*Fix/);
  });

  it('lets its functions drop the event, and knows what they emit for events of their own', async () => {
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
  ])('refuses at start %s, with a fix', async (_what, options, expected) => {
    const [fault, ...more] = await errorsOf(processor(Redact, options as RedactOptions));

    expect(`${String(fault?.what)}\n${String(fault?.fix)}`).toMatch(expected);
    expect(fault).toMatchObject({ path: 'processors[0] (Redact)', fix: expect.stringMatching(/\S/) });
    expect(more.length).toBeLessThanOrEqual(1); // of a misspelt option it may also say what then is missing
  });

  it('reports all faults at once, and shows no secret', async () => {
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

/**
 * The same by a rule that is easy to believe: each place of the event is held against each path.
 */
type Pattern = readonly string[];

function leadsTo(pattern: Pattern, place: readonly string[]): boolean {
  const [step, ...steps] = pattern;
  if (step === undefined) return place.length === 0;
  const [key, ...rest] = place;
  if (step === '**') return leadsTo(steps, place) || (key !== undefined && leadsTo(pattern, rest));
  return key !== undefined && (step === '*' || step === key) && leadsTo(steps, rest);
}

/** @param places a value of a pair has several: its number in the list, and the key before it */
function expected(
  value: unknown,
  places: readonly (readonly string[])[],
  patterns: readonly Pattern[],
  action: 'mask' | 'remove',
): unknown {
  if (isMeant(places, patterns)) return action === 'mask' ? '[redacted]' : undefined;
  if (typeof value !== 'object' || value === null) return value;
  const below = (key: string): string[][] => places.map((place) => [...place, key]);
  if (Array.isArray(value)) {
    const items = value.map((item: unknown, at) => expectedItem(item, below, String(at), patterns, action));
    return items.filter((item) => item !== undefined);
  }
  const entries = Object.entries(value).map(
    ([key, field]) => [key, expected(field, below(key), patterns, action)] as const,
  );
  return Object.fromEntries(entries.filter(([, field]) => field !== undefined));
}

function expectedItem(
  item: unknown,
  below: (key: string) => string[][],
  at: string,
  patterns: readonly Pattern[],
  action: 'mask' | 'remove',
): unknown {
  const places = below(at);
  const isPair = Array.isArray(item) && item.length === 2 && (typeof item[0] !== 'object' || item[0] === null);
  if (!isPair || isMeant(places, patterns)) return expected(item, places, patterns, action);
  const [key, value] = item as [unknown, unknown];
  const named = below(String(key));
  const isGone = action === 'remove' && isMeant(named, patterns);
  const inPair = (number: string): string[][] => places.map((place) => [...place, number]);
  const pair = [
    expected(key, inPair('0'), patterns, action),
    expected(value, [...named, ...inPair('1')], patterns, action),
  ];
  return isGone ? undefined : pair.filter((each) => each !== undefined);
}

function isMeant(places: readonly (readonly string[])[], patterns: readonly Pattern[]): boolean {
  return places.some((place) =>
    // The parts themselves are no fields that a star could stand for.
    patterns.some((pattern) => leadsTo(pattern, place) && !(place.length === 1 && /^\*/.test(pattern[0] ?? ''))),
  );
}

const key = fc.constantFrom('a', 'b', 'c', '0', '1');
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    fc.constantFrom('x', 'a', 'b', 1, null),
    tie('list'),
    tie('fields'),
  ),
  list: fc.array(tie('value'), { maxLength: 3 }),
  fields: fc.dictionary(key, tie('value'), { maxKeys: 4 }),
}));
const pattern = fc
  .tuple(
    fc.constantFrom('data', 'context', '*', '**'),
    fc.array(fc.oneof(key, fc.constantFrom('*', '**')), { maxLength: 4 }),
    key,
  )
  .map(([part, between, last]): Pattern => [part, ...between, last]);

describe('Redact, for a Map that became a list of pairs', () => {
  const map = (): Map<unknown, unknown> =>
    new Map<unknown, unknown>([
      ['password', 'hunter2'],
      [1, 'a'],
      ['1', { email: 'ada@example.org' }],
      [{ id: 1 }, { email: 'kept' }],
    ]);

  it.each<readonly [options: RedactOptions, expected: unknown]>([
    [
      { keys: ['password'] },
      [
        ['password', '[redacted]'],
        [1, 'a'],
        ['1', { email: 'ada@example.org' }],
      ],
    ],
    [
      { keys: [/^pass/] },
      [
        ['password', '[redacted]'],
        [1, 'a'],
        ['1', { email: 'ada@example.org' }],
      ],
    ],
    [
      { paths: ['**.password'] },
      [
        ['password', '[redacted]'],
        [1, 'a'],
        ['1', { email: 'ada@example.org' }],
      ],
    ],
    [
      { paths: ['data.map.password'] },
      [
        ['password', '[redacted]'],
        [1, 'a'],
        ['1', { email: 'ada@example.org' }],
      ],
    ],
    [
      { paths: ['data.map.1.email'] },
      [
        ['password', 'hunter2'],
        [1, 'a'],
        ['1', { email: '[redacted]' }],
      ],
    ],
    [
      { paths: ['data.map.0.1'] },
      [
        ['password', '[redacted]'],
        [1, 'a'],
        ['1', { email: 'ada@example.org' }],
      ],
    ],
    [
      { paths: ['data.map.1.email', 'data.*.password'], action: 'remove' },
      [
        [1, 'a'],
        ['1', {}],
      ],
    ],
    [
      { keys: ['password'], action: 'remove' },
      [
        [1, 'a'],
        ['1', { email: 'ada@example.org' }],
      ],
    ],
  ])('finds its keys: %j', async (options, expected) => {
    const run = await start(options);
    const { map: pairs } = run.emit('e', { map: map() })?.data as unknown as { map: unknown[] };
    expect(pairs.slice(0, -1)).toEqual(expected);
  });

  it('finds them wherever the Map stands: in lists, in Maps, in the context', async () => {
    const run = await start({ keys: ['password'] });
    const event = run.emit('e', { list: [[map()], new Map([[{}, map()]])] }, { map: map() });
    expect(JSON.stringify(event)).not.toContain('hunter2');
  });

  it('walks pairs in pairs once, however many ways the paths have to name them', async () => {
    const run = await start({ paths: ['**.a.b', '**.b.a', '**.c.*.a', 'data.**.d'] });
    let value: unknown = 'x';
    for (let at = 0; at < 30; at++) value = [['abc'.charAt(at % 3), value]];
    expect(run.emit('e', { value })?.data).toBeDefined(); // it would not come back within the life of the machine
  });
});

describe('Redact, for any event and any paths', () => {
  it.each(['mask', 'remove'] as const)(
    'does to each place what one would expect (%s), and nothing else to anybody',
    async (action) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(pattern, { minLength: 1, maxLength: 4 }),
          fc.array(fc.tuple(json.fields, json.fields), { minLength: 1, maxLength: 5 }),
          async (patterns, events) => {
            const run = await start({ paths: patterns.map((steps) => steps.join('.')), action });
            for (const [data, context] of events) {
              const event = run.emit('e', data, context);
              expect(event?.data).toEqual(expected(data, [['data']], patterns, action));
              expect(event?.context).toEqual(expected(context, [['context']], patterns, action));
              expect([run.untouched.context, run.untouched.data]).toEqual([context, data]);
            }
            await run.close();
          },
        ),
        { numRuns: 100 },
      );
    },
    60_000,
  );

  it('leaves no value of a field that is meant by its name, wherever it stands', async () => {
    const run = await start({ keys: ['a', /^b$/], action: { hash } });
    fc.assert(
      fc.property(json.fields, json.fields, (data, context) => {
        const event = run.emit('e', data, context);
        const left: string[] = [];
        JSON.stringify([event?.data, event?.context], (name: string, value: unknown) => {
          if (/^[ab]$/i.test(name) && value !== null && !(typeof value === 'string' && /^k1:[0-9a-f]{64}$/.test(value)))
            left.push(name);
          return value;
        });
        expect(left).toEqual([]);
      }),
    );
  });
});
