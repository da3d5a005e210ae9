import fc from 'fast-check';
import { LinearMatcher } from '../../../src/processors/patterns/linear-matcher';
import { MAX_MATCHED_LENGTH, NamePattern, PatternError } from '../../../src/processors/patterns/name-pattern';
import type { PatternNode } from '../../../src/processors/patterns/pattern-node';
import { maxSteps } from '../../../src/processors/patterns/pattern-cost';
import { parsePattern } from '../../../src/processors/patterns/pattern-parser';
import { compilePattern } from '../../../src/processors/patterns/pattern-program';
import { cpuGrowth, cpuMs, expectLinear, expectWithin } from '../../support/growth';

type Place = 'anywhere' | 'start';

const MAX_STEPS = 100_000;

const read = (source: string, flags: string, place: Place = 'anywhere'): NamePattern => {
  const pattern = NamePattern.read(source, flags, { place, maxSteps: () => MAX_STEPS });
  if (pattern instanceof PatternError) throw new Error(pattern.what);
  return pattern;
};

const byLanguage = (source: string, flags: string, place: Place, name: string): boolean =>
  new RegExp(source, place === 'start' ? `${flags}y` : flags).test(name);

const byAutomaton = (source: string, flags: string, place: Place, name: string): boolean =>
  new LinearMatcher(compilePattern(parsePattern(source, flags).root), place === 'anywhere', /[uv]/.test(flags)).test(
    name,
  );

/** Patterns that are taken with each of the flags. */
const atom = fc.constantFrom(
  ...['a', 'b', 'A', '.', '\\.', '-', ' ', '[ab]', '[^a]', '[^]', '[]', '\\w', '\\W', '\\d', '\\s', '\\S', '[\\w.-]'],
  ...[
    '^',
    '$',
    '\\b',
    '\\B',
    '(?![^])',
    '(?<![^])',
    '\\n',
    '\\x61',
    '\\u0061',
    '\u00e9',
    'k',
    's',
    '\u017f',
    '\u212a',
    '\\/',
  ],
  ...['\\cJ', '\\0', '\\t', '[\\]a]', '[a\\]]', '\ud83d\ude00', '\\ud83d\\ude00', '[\ud83d\ude00a]'],
);
const quantifier = fc.constantFrom('*', '+', '?', '{2}', '{1,}', '{0,2}', '{1,3}', '*?', '+?', '??', '{0}', '{2,3}?');
const { pattern } = fc.letrec<{ pattern: string; term: string }>((tie) => ({
  pattern: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    atom,
    fc.array(tie('term'), { maxLength: 4 }).map((parts) => parts.join('')),
    fc.tuple(tie('pattern'), tie('pattern')).map(([one, other]) => `${one}|${other}`),
  ),
  term: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    atom,
    fc.tuple(atom, quantifier).map(([one, times]) => (/^(?:[\^$]|\\[bB]|\(\?)/.test(one) ? one : `${one}${times}`)),
    fc
      .tuple(fc.constantFrom('(?:', '(', '(?<n>'), tie('pattern'), fc.option(quantifier))
      .map(([open, body, times]) => `${open}${body})${times ?? ''}`),
    fc.tuple(fc.constantFrom('(?=', '(?!', '(?<=', '(?<!'), tie('pattern')).map(([open, body]) => `${open}${body})`),
  ),
}));
const name = fc.string({
  unit: fc.constantFrom(
    ...Array.from('aabbAk.- \n1_sS'),
    '\u00e9',
    '\u00c9',
    '\u017f',
    '\u212a',
    '\u2028',
    '\r',
    '\0',
    '\ud83d\ude00',
    '\ud83d',
  ),
  maxLength: 9,
});
const flags = fc.constantFrom('', 'i', 'u', 'iu', 'm', 's', 'ms', 'ims', 'imsu');
const place = fc.constantFrom<Place>('anywhere', 'start');

/** Names of groups may be given once only. */
const isPattern = (source: string, given: string): boolean => {
  try {
    return new RegExp(source, given) instanceof RegExp;
  } catch {
    return false;
  }
};

describe('A pattern for names', () => {
  it('matches by automaton what the language matches, whatever the flags and the place are', () => {
    fc.assert(
      fc.property(pattern, flags, place, fc.array(name, { minLength: 1, maxLength: 4 }), (source, given, at, names) => {
        fc.pre(isPattern(source, given));
        for (const written of names) {
          // V8 looks around in the middle of a surrogate pair when it searches, which the language
          // does not.
          const looksAround = given.includes('u') && /\(\?[=!<]|\\[bB]/.test(source);
          const each = looksAround ? written.replace(/[\ud800-\udfff]/g, '') : written;
          const expected = byLanguage(source, given, at, each);
          expect([source, given, at, each, byAutomaton(source, given, at, each)]).toEqual([
            source,
            given,
            at,
            each,
            expected,
          ]);
          expect(read(source, given, at).test(each)).toBe(expected);
        }
      }),
      { numRuns: 1500 },
    );
  });

  it('takes no more steps in an engine that goes back than are reckoned', () => {
    fc.assert(
      fc.property(pattern, flags, place, name, (source, given, at, text) => {
        fc.pre(isPattern(source, given));
        const { root } = parsePattern(source, given);
        const steps = backtrackingSteps(root, Array.from(text), at === 'anywhere');
        expect([source, steps <= maxSteps(root, text.length, at === 'anywhere')]).toEqual([source, true]);
      }),
      { numRuns: 1000 },
    );
  });

  it.each<[string, string]>([
    ['sloppy', '\\c{0}|\\8|a{,2}|]|}|{|\\_|\\x|\\u|\\k|\\p{2}|(?=a)*|\\12|[\\c]'],
    ['with names', '(?<n>a)|(?<m>b)'],
    ['with lone surrogates', '\ud83d|[\ude00]'],
    ['empty', ''],
    ['of nothing but options', 'a*'],
    ['with classes in classes', '[[a-z]--[aeiou]]'],
  ])('reads what is %s as the language does', (_, source) => {
    const given = source.includes('--') ? 'v' : '';
    for (const each of [
      '',
      'a',
      'b',
      '8',
      ']',
      '}',
      '{',
      '_',
      'x',
      'u',
      'k',
      'pp',
      'aa',
      '\n',
      '\\c',
      '\\',
      '\ud83d',
      '\ude00',
      'a{,2}',
    ])
      for (const at of ['anywhere', 'start'] as const) {
        const expected = byLanguage(source, given, at, each);
        expect([each, read(source, given, at).test(each)]).toEqual([each, expected]);
        expect([each, byAutomaton(source, given, at, each)]).toEqual([each, expected]);
      }
  });

  it.each(['(.)\\1\\1', '(?<w>ab)-\\k<w>', '(\\w+)-\\1', '^(?:(a)|b)\\1$', '\\1(a)', '(a\\1)'])(
    'takes %s, whose back-reference costs little',
    (source) => {
      for (const each of ['aaa', 'ab-ab', 'xy-xy', 'xy-yx', 'b', 'aa', 'a', ''])
        expect([each, read(source, 'u').test(each)]).toEqual([each, byLanguage(source, 'u', 'anywhere', each)]);
    },
  );

  it.each([
    ['(.*)*x\\1', 'u', /back-reference/],
    ['(a|b)*(c|d)\\2', '', /back-reference/],
    ['(?<n>.*).*\\k<n>', '', /back-reference/],
    ['(?:(?:(?:a{1,99}){1,99}){1,99}){1,99}', '', /too large/],
    [`${'('.repeat(300)}a${')'.repeat(300)}`, '', /inside each other/],
    ['[\\q{abc|d}]', 'v', /strings of several characters/],
    ['\\p{RGI_Emoji}', 'v', /strings of several characters/],
  ])('refuses %s', (source, given, what) => {
    const fault = NamePattern.read(source, given, { place: 'anywhere', maxSteps: () => 1000 });
    expect(fault).toBeInstanceOf(PatternError);
    expect((fault as PatternError).what).toMatch(what);
  });

  it('takes time linear in the name by automaton, and in the size of the pattern', () => {
    const sources = ['(a+)+$', '(.*?,){11}P', '(?=.*b)(?<!.*c)a*x', '^(?:(?=a*b)a)*$', '(?:a?){100}b', '\\ba*\\b.*$'];
    for (const source of sources) {
      const matcher = new LinearMatcher(compilePattern(parsePattern(source, '').root), true, false);
      expectLinear(cpuGrowth(20_000, (size) => () => matcher.test('a'.repeat(size))));
    }
  });

  it('takes a bounded time for the longest name that is matched, with the largest pattern that is taken', () => {
    const source = `(?:${'[ab]?'.repeat(490)})+c`;
    const matched = read(source, '');
    expectWithin(2000, () => cpuMs(() => matched.test('ab'.repeat(MAX_MATCHED_LENGTH / 2))));
  });
});

/**
 * How many attempts of a single part an engine makes that goes back, as those of the language do.
 */
function backtrackingSteps(root: PatternNode, characters: readonly string[], isSearch: boolean): number {
  let steps = 0;
  const isMatch = (node: PatternNode, at: number, rest: (at: number) => boolean): boolean => {
    if (++steps > 1e6) return true; // beyond any budget of the sizes that are tried
    switch (node.kind) {
      case 'character': {
        const character = characters[at];
        return character !== undefined && node.set.has(character) && rest(at + 1);
      }
      case 'assertion':
        return (node.holds !== 'start' || at === 0) && rest(at); // the others as if they always held: then there is more to try
      case 'look':
        isMatch(node.body, node.isBehind ? 0 : at, () => false);
        return rest(at);
      case 'sequence': {
        const from = (part: number, here: number): boolean => {
          const next = node.parts[part];
          return next === undefined ? rest(here) : isMatch(next, here, (after) => from(part + 1, after));
        };
        return from(0, at);
      }
      case 'choice':
        return node.options.some((option) => isMatch(option, at, rest));
      case 'repeat': {
        const round = (count: number, here: number): boolean => {
          const again =
            count < node.max &&
            isMatch(node.body, here, (after) => (count < node.min || after > here) && round(count + 1, after));
          return again || (count >= node.min && rest(here));
        };
        return round(0, at);
      }
      case 'back-reference':
        return rest(at);
    }
  };
  for (let at = 0; at <= (isSearch ? characters.length : 0); at++) isMatch(root, at, () => false);
  return steps;
}
