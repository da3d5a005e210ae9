import { backend, MemoryBackend, processor, RegexFilter, TrackingConfigException } from 'nestjs-event-tracking';
import type { RegexFilterOptions } from 'nestjs-event-tracking/types';
import { cpuMs, expectWithin } from '../support/growth';
import { buildTracking, expectBalance, startTracking } from '../support/start-tracking';

function filtering(options: unknown): Parameters<typeof buildTracking>[0] {
  return {
    processors: [processor(RegexFilter, options as RegexFilterOptions)],
    backends: { sink: backend(MemoryBackend) },
  };
}

async function passing(options: RegexFilterOptions | undefined, emitted: readonly unknown[]): Promise<string[]> {
  const run = await startTracking(filtering(options));
  for (const name of emitted) run.tracker.emit(name as string);
  const passed = run.names();
  expect(run.ledger.node('')).toMatchObject({ received: emitted.length, passed: passed.length });
  expect(run.ledger.node('')?.dropped['filtered'] ?? 0).toBe(emitted.length - passed.length);
  expectBalance(run.ledger);
  return passed;
}

/** Which names one pattern matches; the blocklist has to hold back exactly those. */
async function matching(pattern: string, ...names: readonly string[]): Promise<string[]> {
  const matched = await passing({ regularExpressions: [pattern] }, names);
  const unmatched = await passing({ filterType: 'blocklist', regularExpressions: [pattern] }, names);
  expect(unmatched).toEqual(names.filter((name) => !matched.includes(name)));
  return matched;
}

async function errorsOf(options: unknown): Promise<TrackingConfigException['errors']> {
  const refused: unknown = await buildTracking(filtering(options)).then(
    () => new Error('it was not refused'),
    (error: unknown) => error,
  );
  if (refused instanceof TrackingConfigException) return refused.errors;
  throw refused as Error;
}

describe('RegexFilter', () => {
  it('matches at the start of the name, and not to its end', async () => {
    expect(
      await matching('edx.course', 'edx.course', 'edx.course.enrollment', 'pre.edx.course', 'edx', 'edxXcourse'),
    ).toEqual(['edx.course', 'edx.course.enrollment', 'edxXcourse']);
  });

  it('matches at the start of the name in every alternative', async () => {
    expect(await matching('z|y', 'zed', 'yak', 'xyz')).toEqual(['zed', 'yak']);
  });

  it('needs one of several patterns', async () => {
    const regularExpressions = ['edx\\.a', 'edx\\.b\\.[0-9]+$', 'edx\\.a'];
    const names = ['edx.a', 'edx.abc', 'edx.b.12', 'edx.b.x'];
    expect(await passing({ regularExpressions }, names)).toEqual(['edx.a', 'edx.abc', 'edx.b.12']);
    expect(await passing({ filterType: 'blocklist', regularExpressions }, names)).toEqual(['edx.b.x']);
  });

  it('keeps nothing as an allowlist with an empty list, which it is by default, and all as a blocklist', async () => {
    expect(await passing({ regularExpressions: [] }, ['a', ''])).toEqual([]);
    expect(await passing({ filterType: 'allowlist', regularExpressions: [] }, ['a'])).toEqual([]);
    expect(await passing({ filterType: 'blocklist', regularExpressions: [] }, ['a', ''])).toEqual(['a', 'unknown']);
    expect(await passing({ regularExpressions: [''] }, ['a', ''])).toEqual(['a', 'unknown']);
  });

  it('judges each name afresh, whatever the one before was', async () => {
    expect(await matching('abc', 'abc', 'abc', 'xabc', 'abc')).toEqual(['abc', 'abc', 'abc']);
  });

  it('takes any collection of patterns', async () => {
    expect(await passing({ regularExpressions: new Set(['a']) }, ['a', 'b'])).toEqual(['a']);
    const once = (function* () { yield 'a'; })(); // prettier-ignore
    expect(await passing({ regularExpressions: once }, ['a', 'b', 'a'])).toEqual(['a', 'a']);
  });

  it('judges the text that a name has become', async () => {
    expect(await passing({ regularExpressions: ['7', 'unk', '\\["e'] }, [7, 8, undefined, ['e']])).toEqual([
      '7',
      'unknown',
      '["e"]',
    ]);
  });

  it('sees the name that earlier processors left', async () => {
    const run = await startTracking({
      processors: [
        (event) => ({ ...event, name: event.name.replace('legacy', 'edx.new') }),
        processor(RegexFilter, { regularExpressions: ['edx\\.'] }),
        processor(RegexFilter, { filterType: 'blocklist', regularExpressions: ['.*private'] }),
      ],
    });
    for (const name of ['legacy', 'legacy2', 'edx.private', 'x']) run.tracker.emit(name);
    expect(run.names()).toEqual(['edx.new', 'edx.new2']);
  });

  it.each<readonly [pattern: string, matched: readonly string[], others: readonly string[]]>([
    // Anchors. The end may be followed by one newline, as in the reference: a blocklist must not
    // let `edx.private\n` pass.
    [
      '^edx\\.play$',
      ['edx.play', 'edx.play\n'],
      ['edx.play.x', 'x.edx.play', 'edx.play\n\n', 'edx.play\r', 'edx.play\u2028'],
    ],
    ['edx\\.(a|b$)', ['edx.a', 'edx.ab', 'edx.b', 'edx.b\n'], ['edx.bc', 'edx.b\nc']],
    ['\\Aedx\\.play\\Z', ['edx.play'], ['edx.play\n', 'edx.play.x', 'Aedx.playZ', 'Aedx']],
    ['edx\\.\\$x\\^', ['edx.$x^'], ['edx.x']],
    ['[$^]a', ['$a', '^a'], ['a']],
    ['[\\]$]a', [']a', '$a'], ['a']],
    ['(?m)a$', ['a', 'a\nb'], ['ab']],
    ['(?m)^a$\n^b$', ['a\nb'], ['ab']],
    ['a\\b', ['a', 'a.b'], ['ab']],

    // Flags and groups in the reference's spelling.
    ['(?i)edx\\.Video', ['EDX.VIDEO.play', 'edx.video'], ['edxavideo']],
    ['(?s)a.b', ['a\nb', 'axb'], ['ab']],
    ['a.b', ['axb', 'a\u{1f600}b'], ['a\nb', 'ab']],
    ['(?is)A.b', ['a\nB'], ['aB']],
    ['(?P<w>ab)-(?P=w)', ['ab-ab'], ['ab-ba', 'ab-']],
    ['(?P<y>[0-9]{4})-(?P<m>[0-9]{2})', ['2024-02'], ['2024-2']],
    ['(?<w>ab)-\\k<w>', ['ab-ab'], ['ab-ba']],
    ['(.)\\1\\1', ['aaab'], ['aab']],
    ['[(?P<]x', ['(x', '?x', 'Px', '<x'], ['x']],
    ['[(?P=w)]x', ['=x', 'wx'], ['x']],

    // Escapes that are not needed stand for the sign itself; in the reference as well.
    ['edx\\_a\\-b\\:c\\ d\\"e', ['edx_a-b:c d"e'], ['edx\\_a']],
    ["\\'\\,\\;\\<\\>\\=\\!\\@\\#\\%\\&\\~\\`", ["',;<>=!@#%&~`"], ['x']],
    ['[a\\-z\\_]x', ['ax', '-x', 'zx', '_x'], ['bx']],
    ['[\\w\\-\\.]+$', ['a-b.c'], ['a b']],
    ['a\\/b', ['a/b'], ['ab']],
    ['\\x41\\u0042', ['AB'], ['x41']],
    ['problem\\[[0-9]{2,3}\\]', ['problem[12]'], ['problem[1]', 'problem[1234]']],
    ['[^a-z]{3}', ['ABC'], ['AB', '12a']],

    // Looking around.
    ['edx(?!\\.private)', ['edx.public'], ['edx.private.x']],
    ['a(?=b)', ['ab'], ['ac']],
    ['xy(?<=y)z', ['xyz'], ['yz']],

    // With the `u` flag a dot is a character, not half of one.
    ['^.$', ['é', '\u{1f600}'], ['e\u0301', 'ab']],
    ['[\u{1f600}]x', ['\u{1f600}x'], ['\ud83dx']],
    ['(?i)\u00c9', ['é', 'É'], ['e']],
  ])('reads %j as the reference does', async (pattern, matched, others) => {
    expect(await matching(pattern, ...matched, ...others)).toEqual(matched);
  });

  it.each<readonly [pattern: string, attack: string]>([
    // Exponential for an engine that goes back.
    ['(a+)+$', `${'a'.repeat(999)}!`],
    ['(a|a)*b', 'a'.repeat(1000)],
    ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a'.repeat(1000)],
    ['(x+x+)+y', 'x'.repeat(1000)],
    ['(?i)(edx\\.)?(.*\\.)*video', '.'.repeat(1000)],
    ['^(a+)+\\Z', `${'a'.repeat(999)}!`],
    ['(a+)+(?=b)', 'a'.repeat(1000)],
    ['^(a?){50}x', 'a'.repeat(1000)],
    ['^(?:a|b|ab)*c', 'ab'.repeat(500)],
    // Polynomial.
    ['.*.*.*=.*', 'x'.repeat(1000)],
    ['(.*?,){11}P', ','.repeat(1000)],
    ['.*\\.course\\..*\\.activated$', '.course.'.repeat(125)],
    ['^/courses/[^/]+/xblock/.*/handler/.*$', `/courses/x/xblock/${'/handler/'.repeat(109)}\n`],
    ['.*a.*b', 'a'.repeat(1000)],
    ['(\\w+\\.)+\\w+$', `${'a.'.repeat(499)}!`],
    ['edx(?!.*.*private)', `edx${'x'.repeat(997)}`],
    ['\\s*(?<=\\s*\\s*)x', ' '.repeat(1000)],
  ])('asks %j about a name that was made to stop the process, in milliseconds', (pattern, attack) => {
    const filter = new RegexFilter({ regularExpressions: [pattern] });
    expect(attack.length).toBeLessThanOrEqual(1000);
    expectWithin(100, () => cpuMs(() => filter.keepsName(attack)));
  });

  it('is made in milliseconds, whatever the pattern is', () => {
    const patterns = [
      ...['^/courses/[^/]+/xblock/.*/handler/.*$', '^a/b/[^/]+/c/.*$', '(a|b)+c', '.*\\.bookmark\\.(added|removed)'],
      ...['^edx\\.course\\.', '(.)\\1\\1', 'a(?=b)', 'xy(?<=y)z', '^\\w+$', '(?i)^\\w+$', '(\\w+\\.)+\\w+$'],
      ...['^(edx|ora2)\\..*\\.(created|updated|deleted)$', '.*a.*b', '\\Aedx\\..*\\Z', '(.*?,){11}P', '(a+)+$'],
    ];
    for (const pattern of patterns) {
      expectWithin(20, () => cpuMs(() => new RegexFilter({ regularExpressions: [pattern] })));
    }
    const many = Array.from({ length: 2000 }, (_, at) => `^/courses/${String(at)}/[^/]+/xblock/.*/handler/.*$`);
    expectWithin(4000, () => cpuMs(() => new RegexFilter({ regularExpressions: many })));
  });

  it.each(['allowlist', 'blocklist'] as const)(
    'holds back a name of more than 1,000 characters, as %s',
    (filterType) => {
      // Asked itself: emit cuts a name at 1,000 characters unless `limits` says otherwise.
      const long = 'a'.repeat(1001);
      const filter = new RegexFilter({ filterType, regularExpressions: [filterType === 'allowlist' ? 'a' : 'b'] });
      expect([filter.keepsName('a'), filter.keepsName(long)]).toEqual([true, false]);
      const empty = new RegexFilter({ filterType, regularExpressions: [] });
      expect(empty.keepsName(long)).toBe(filterType === 'blocklist');
    },
  );

  it('holds back by its pattern a name of exactly 1,000 characters', async () => {
    const [fit, unfit] = [`${'a'.repeat(999)}b`, `${'a'.repeat(999)}c`];
    expect(await matching('a+b', fit, unfit)).toEqual([fit]);
    expect(await matching('(a+)+b', fit, unfit)).toEqual([fit]);
  });

  it.each([
    ['(.*)*x\\1', 'has a back-reference, and repetitions whose ways multiply'],
    ['(\\w+).*(\\w+)\\1\\2', 'has a back-reference, and repetitions whose ways multiply'],
    ['((a{1,50}){1,50}){1,50}(b+)+', 'is too large'],
  ])('refuses %j, which cannot be matched in bounded time', async (pattern, what) => {
    expect(await errorsOf({ regularExpressions: [pattern] })).toEqual([
      {
        path: 'processors[0] (RegexFilter)',
        what: expect.stringContaining(`${JSON.stringify(pattern)} ${what}`),
        fix: expect.stringMatching(/^(write it without|use smaller counts)/),
      },
    ]);
  });

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
  ])('refuses %j, rather than read it as something else', async (pattern) => {
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

  it('reports all its faults at once', async () => {
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

  it('holds the event back when it cannot decide', async () => {
    const filter = new RegexFilter({ filterType: 'blocklist', regularExpressions: ['a'] });
    filter.keepsName = () => {
      throw new Error('no');
    };
    const run = await startTracking();
    run.tracker.registerProcessor(filter);
    run.tracker.emit('b');
    expect(run.names()).toEqual([]);
    expect(run.ledger.node('')).toMatchObject({ dropped: { 'processor-failed': 1 } });
  });
});
