import { errorsOf } from './regex-filter-parts';

describe('RegexFilter, with wrong options,', () => {
  it.each([
    '(',
    '*b',
    '[z-a]',
    '(?P<n>a)(?P<n>b)',
    '\\',
    'a{,3}',
    '(?#comment)a',
    '(?x)a b',
    '(?i',
    'a(?i)b',
    '(?P=none)',
    '(?P>n)',
    '\\p',
    '\\z',
    '\\U0001F600',
    '[\\A]',
    '[]a]',
    'a{2',
    'a++',
    '(?>a)',
    '(?(1)a|b)',
    '[a\\Z]',
  ])('refuses %j rather than misread it', async (pattern) => {
    expect(await errorsOf({ regularExpressions: [pattern] })).toEqual([
      {
        path: 'processors[0] (RegexFilter)',
        what: expect.stringContaining(`${JSON.stringify(pattern)} is not a regular expression`),
        fix: expect.any(String),
        cause: expect.any(Error),
      },
    ]);
  });

  it.each([
    [undefined],
    [{}],
    [{ filterType: 'allowlist', regularExpressions: undefined }],
    [{ filterType: 'blocklist' }],
  ])('refuses %j, which has no expressions', async (options) => {
    expect(await errorsOf(options as never)).toEqual([
      {
        path: 'processors[0] (RegexFilter)',
        what: expect.stringMatching(/^regularExpressions is (missing|undefined); expected a list of strings\.$/),
        fix: expect.stringContaining('processor(RegexFilter, {'),
      },
    ]);
  });

  it.each<readonly [what: string, options: unknown, fault: string]>([
    [
      'a text instead of a list',
      { regularExpressions: 'edx' },
      'regularExpressions is a string of 3 characters; expected a list of strings.',
    ],
    ['null instead of a list', { regularExpressions: null }, 'regularExpressions is null; expected a list of strings.'],
    [
      'an object instead of a list',
      { regularExpressions: { 0: 'a' } },
      'regularExpressions is an object; expected a list of strings.',
    ],
    ['a list with null', { regularExpressions: ['a', null] }, 'regularExpressions contains null; expected a string.'],
    [
      'a list with undefined',
      { regularExpressions: [undefined] },
      'regularExpressions contains undefined; expected a string.',
    ],
    [
      'a list with a RegExp',
      { regularExpressions: [/a/] },
      'regularExpressions contains an object of the class RegExp; expected a string.',
    ],
    [
      'the type whitelist',
      { filterType: 'whitelist', regularExpressions: ['a'] },
      'filterType is "whitelist"; expected "allowlist" or "blocklist".',
    ],
    [
      'the type in upper case',
      { filterType: 'Allowlist', regularExpressions: ['a'] },
      'filterType is "Allowlist"; expected "allowlist" or "blocklist".',
    ],
    [
      'an empty type',
      { filterType: '', regularExpressions: ['a'] },
      'filterType is ""; expected "allowlist" or "blocklist".',
    ],
    [
      'the type null',
      { filterType: null, regularExpressions: ['a'] },
      'filterType is null; expected "allowlist" or "blocklist".',
    ],
    ['a text as options', 'edx', 'the options are a string of 3 characters; expected an object.'],
    ['null as options', null, 'the options are null; expected an object.'],
    ['a list as options', ['edx'], 'the options are a list of 1; expected an object.'],
  ])('refuses %s', async (_what, options, what) => {
    expect(await errorsOf(options)).toEqual([
      { path: 'processors[0] (RegexFilter)', what, fix: expect.stringContaining('processor(RegexFilter, {') },
    ]);
  });

  it.each([
    ['regularExpression', 'regularExpressions'],
    ['filter_type', 'filterType'],
  ])('refuses the unknown option %s, and names the one that may be meant', async (option, meant) => {
    expect(await errorsOf({ regularExpressions: ['a'], [option]: 'blocklist' })).toEqual([
      {
        path: 'processors[0] (RegexFilter)',
        what: `unknown option "${option}"; known options: filterType, regularExpressions.`,
        fix: `did you mean ${meant}?`,
      },
    ]);
  });

  it('reports all its errors at once', async () => {
    const errors = await errorsOf({
      filterType: 'x',
      regularExpressions: ['(', 'fine', null, '(.*)*x\\1', '*'],
      more: 1,
    });
    expect(errors.map(({ what }) => what)).toEqual([
      expect.stringContaining('filterType is a string of 1 character;'),
      expect.stringContaining('unknown option "more"'),
      expect.stringContaining('contains null'),
      expect.stringContaining('"(" is not a regular expression'),
      expect.stringContaining('"(.*)*x\\\\1" has a back-reference'),
      expect.stringContaining('"*" is not a regular expression'),
    ]);
  });
});
