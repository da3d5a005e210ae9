import fc from 'fast-check';
import { LinearMatcher } from '../../../src/processors/patterns/linear-matcher';
import { parsePattern } from '../../../src/processors/patterns/pattern-parser';
import { compilePattern } from '../../../src/processors/patterns/pattern-program';

function matcher(source: string, flags: string, isSearch: boolean): LinearMatcher {
  return new LinearMatcher(compilePattern(parsePattern(source, flags).root), isSearch, /[uv]/.test(flags));
}

const expected = (source: string, flags: string, isSearch: boolean, text: string): boolean =>
  new RegExp(isSearch ? source : `^(?:${source})`, flags.replace('m', isSearch ? 'm' : '')).test(text);

describe('LinearMatcher', () => {
  it.each<[string, string, string[]]>([
    ['ab', '', ['ab', 'xab', 'a', '']],
    ['a|bc', '', ['a', 'bc', 'b', 'c']],
    ['a*b+', '', ['b', 'aab', 'a', 'abb']],
    ['(a|ab)(c|bcd)', '', ['abcd', 'ac', 'abd']],
    ['a{2,3}$', '', ['aa', 'aaa', 'aaaa', 'a']],
    ['^a', '', ['a', 'ba', 'b\na']],
    ['a$', '', ['a', 'ab', 'a\nb']],
    ['\\ba\\b', '', ['a', 'ab', ' a ', 'a.b']],
    ['\\Ba', '', ['a', 'ba', ' a']],
    ['a(?=b)', '', ['ab', 'a', 'ac']],
    ['a(?!b)', '', ['ab', 'a', 'ac']],
    ['(?<=a)b', '', ['ab', 'b', 'cb']],
    ['(?<!a)b', '', ['ab', 'b', 'cb']],
    ['(?=.*x)a', '', ['ax', 'a', 'abx']],
    ['(?<=^a.*)x', '', ['abx', 'bx', 'ax']],
    ['A', 'i', ['a', 'A', 'b']],
    ['.', '', ['a', '\n', '']],
    ['.', 's', ['\n']],
    ['^.$', 'u', ['😀', 'ab']],
    ['(a*)*b', '', ['b', 'aab', 'a']],
  ])('decides about /%s/%s like the engine of the language', (source, flags, texts) => {
    for (const text of texts) {
      expect([text, matcher(source, flags, true).test(text)]).toEqual([text, expected(source, flags, true, text)]);
      expect([text, matcher(source, flags, false).test(text)]).toEqual([text, expected(source, flags, false, text)]);
    }
  });

  it('holds line ends in the middle of a text with the flag m', () => {
    expect(matcher('^a$', 'm', true).test('a')).toBe(true);
    for (const end of ['\n', '\r', '\u2028', '\u2029']) {
      expect(matcher('^b$', 'm', true).test(`a${end}b${end}c`)).toBe(true);
      expect(matcher('^b$', '', true).test(`a${end}b${end}c`)).toBe(false);
    }
  });

  it('decides about any text like the engine of the language', () => {
    const atom = fc.constantFrom('a', 'b', '.', '[ab]', '\\b', '^', '$', '(?=a)', '(?<!b)');
    const part = fc
      .tuple(atom, fc.constantFrom('', '', '*', '+', '?'))
      .map(([one, quantifier]) => (/^[ab.[]/.test(one) ? `${one}${quantifier}` : one));
    const pattern = fc.array(
      fc.array(part, { maxLength: 4 }).map((parts) => parts.join('')),
      { minLength: 1, maxLength: 3 },
    );
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '\n'), maxLength: 8 });
    fc.assert(
      fc.property(pattern, text, fc.boolean(), (options, given, isSearch) => {
        const source = options.join('|');
        expect(matcher(source, '', isSearch).test(given)).toBe(expected(source, '', isSearch, given));
      }),
    );
  });
});
