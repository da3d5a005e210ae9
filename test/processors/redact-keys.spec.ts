import { KeyNames } from '../../src/processors/paths/key-names';
import { OptionPlace } from '../../src/common/option-place';
import { cpuMs, expectWithin } from '../support/growth';
import { startTwoBranches } from '../support/two-branches';
import { redact, start } from './redact-parts';

describe('Redact, for keys and paths,', () => {
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

  it('reads a backslash before a dot, a star or a bracket in a key as that character', async () => {
    const run = await start({ paths: ['data.a\\.b', 'data.\\*', 'data.c\\[0\\]', 'data.\\\\'] });
    const event = run.emit('e', { 'a.b': 1, a: { b: 2 }, '*': 3, 'c[0]': 4, '\\': 5, other: 6 });

    const masked = '[redacted]';
    expect(event?.data).toEqual({ 'a.b': masked, a: { b: 2 }, '*': masked, 'c[0]': masked, '\\': masked, other: 6 });
  });

  it('redacts a key of more than 1,000 characters if a pattern is configured', async () => {
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
    'matches %s against thousands of long keys in bounded time',
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

  it('reads own fields only, and treats keys such as __proto__ as ordinary keys', async () => {
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

  it('keeps a field called __proto__ when it removes another field', async () => {
    const run = await start({ keys: ['token'], action: 'remove' });
    const event = run.emit('e', JSON.parse('{"a":1,"__proto__":{"token":"x","id":1},"token":"x"}'));

    expect(JSON.stringify(event?.data)).toBe('{"a":1,"__proto__":{"id":1}}');
  });
});
