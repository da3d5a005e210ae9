import type { PatternNode } from '../../../src/processors/patterns/pattern-node';
import { parsePattern, UnreadPattern } from '../../../src/processors/patterns/pattern-parser';

/** Writes the structure in one line: what a reader of the pattern would say. */
function shown(node: PatternNode): string {
  switch (node.kind) {
    case 'character':
      return `${node.set.source}${node.set.flags === '' ? '' : `/${node.set.flags}`}`;
    case 'assertion':
      return `<${node.holds}>`;
    case 'sequence':
      return node.parts.map(shown).join(' ');
    case 'choice':
      return `(${node.options.map(shown).join(' | ')})`;
    case 'repeat':
      return `{${shown(node.body)}}${String(node.min)}-${String(node.max)}`;
    case 'look':
      return `<${node.isNegative ? 'not ' : ''}${node.isBehind ? 'behind' : 'ahead'} ${shown(node.body)}>`;
    case 'back-reference':
      return `<again ${node.groups.map(shown).join(', ')}>`;
  }
}

const structure = (source: string, flags = ''): string => shown(parsePattern(source, flags).root);

describe('parsePattern', () => {
  it.each<[string, string, string]>([
    ['', '', ''],
    ['abc', '', 'a b c'],
    ['a|b|', '', '(a | b | )'],
    ['(a|b)c', '', '(a | b) c'],
    ['(?:ab)', '', 'a b'],
    ['a*b+c?', '', '{a}0-Infinity {b}1-Infinity {c}0-1'],
    ['a*?b+?', '', '{a}0-Infinity {b}1-Infinity'],
    ['a{2}b{2,}c{2,3}', '', '{a}2-2 {b}2-Infinity {c}2-3'],
    ['a{x}', '', 'a \\{ x \\}'],
    ['.[^/]\\w', '', '. [^/] \\w'],
    ['^a$', '', '<start> a <end>'],
    ['^a$', 'm', '<line-start> a <line-end>'],
    ['\\ba\\B', '', '<word-boundary> a <no-word-boundary>'],
    ['(?=a)(?!b)(?<=c)(?<!d)', '', '<ahead a> <not ahead b> <behind c> <not behind d>'],
    ['a(?![^])', '', 'a <end>'],
    ['(?<![^])a', '', '<start> a'],
    ['(?=[^])', '', '<ahead [^]>'],
    ['(a)\\1', '', 'a <again a>'],
    ['\\2(a)(b)', '', '<again b> a b'],
    ['(?<x>a)\\k<x>', '', 'a <again a>'],
    ['(?<x>a)|(?<x>b)\\k<x>', '', '(a | b <again a, b>)'],
    ['\\1', '', '\\1'],
    ['\\k<x>', '', '\\k < x >'],
    ['a.', 'is', 'a/is ./is'],
    ['(?i:a)b', '', 'a/i b'],
    ['(?-i:a)b', 'i', 'a b/i'],
    ['😀', 'u', '😀/u'],
    ['[[a]b]', 'v', '[[a]b]/v'],
    ['\\u{1f600}', 'u', '\\u{1f600}/u'],
    ['\\c', '', '\\\\ c'],
  ])('reads /%s/%s', (source, flags, expected) => {
    expect(structure(source, flags)).toBe(expected);
  });

  it('knows where the outermost parts end, unless the pattern is a choice', () => {
    expect(parsePattern('ab+(c|d)', '').partEnds).toEqual([1, 3, 8]);
    expect(parsePattern('a|b', '').partEnds).toBeUndefined();
    expect(parsePattern('a\\c', '').partEnds).toBeUndefined();
  });

  it('says whether there are back-references', () => {
    expect(parsePattern('(a)', '').hasBackReferences).toBe(false);
    expect(parsePattern('(a)\\1', '').hasBackReferences).toBe(true);
  });

  it('matches the same characters with one set for equal atoms', () => {
    const { root } = parsePattern('aab', '');
    const [first, second, third] = root.kind === 'sequence' ? root.parts : [];
    const setOf = (node: PatternNode | undefined): unknown => (node?.kind === 'character' ? node.set : undefined);
    expect(setOf(first)).toBe(setOf(second));
    expect(setOf(first)).not.toBe(setOf(third));
  });

  it('refuses groups that are nested too deeply, and classes with strings', () => {
    expect(() => parsePattern('('.repeat(199) + ')'.repeat(199), '')).not.toThrow();
    expect(() => parsePattern('('.repeat(200) + ')'.repeat(200), '')).toThrow(UnreadPattern);
    expect(() => parsePattern('(a)'.repeat(300), '')).not.toThrow();
    expect(() => parsePattern('[\\q{ab}]', 'v')).toThrow('has a class with strings of several characters');
  });
});
