import {
  countGroups,
  NUMBERED_REFERENCE,
  PatternCursor,
  QUANTIFIER,
} from '../../../src/processors/patterns/pattern-cursor';

const PLAIN = { isUnicode: false, isSets: false };
const UNICODE = { isUnicode: true, isSets: false };
const SETS = { isUnicode: true, isSets: true };

describe('PatternCursor', () => {
  it('shows the signs at its position, and nothing behind the end', () => {
    const cursor = new PatternCursor('ab', PLAIN);
    expect([cursor.sign(), cursor.sign(1), cursor.sign(2)]).toEqual(['a', 'b', '']);
  });

  it('is at the end of an alternative before | and ), and at the end of the source', () => {
    for (const source of ['', '|a', ')']) expect(new PatternCursor(source, PLAIN).isAtEnd).toBe(true);
    expect(new PatternCursor('a', PLAIN).isAtEnd).toBe(false);
  });

  it('skips a string only where the source continues with it', () => {
    const cursor = new PatternCursor('(?=a', PLAIN);
    expect(cursor.skip('(?!')).toBe(false);
    expect(cursor.at).toBe(0);
    expect(cursor.skip('(?=')).toBe(true);
    expect(cursor.at).toBe(3);
  });

  it('takes a token at its position, and only looks at it with match', () => {
    const cursor = new PatternCursor('a{2,3}b', PLAIN);
    expect(cursor.take(QUANTIFIER)).toBeUndefined();
    expect(cursor.at).toBe(0);
    cursor.at = 1;
    expect(cursor.match(QUANTIFIER)?.[0]).toBe('{2,3}');
    expect(cursor.at).toBe(1);
    expect(cursor.take(QUANTIFIER)?.slice(1)).toEqual(['2', ',', '3']);
    expect(cursor.at).toBe(6);
    expect(new PatternCursor('\\12', PLAIN).match(NUMBERED_REFERENCE)?.[1]).toBe('12');
  });

  it('takes the source up to an end', () => {
    const cursor = new PatternCursor('abc', PLAIN);
    expect(cursor.takeTo(2)).toBe('ab');
    expect(cursor.sign()).toBe('c');
  });

  it.each<[string, object, number]>([
    ['a', PLAIN, 1],
    ['😀', PLAIN, 1],
    ['😀', UNICODE, 2],
    ['é', UNICODE, 1],
  ])('ends the literal %s of %j at %d', (source, modes, end) => {
    expect(new PatternCursor(source, modes as typeof PLAIN).literalEnd).toBe(end);
  });

  it.each<[string, object, number]>([
    ['\\.', PLAIN, 2],
    ['\\d', PLAIN, 2],
    ['\\0', UNICODE, 2],
    ['\\123', PLAIN, 4],
    ['\\477', PLAIN, 3],
    ['\\8', PLAIN, 2],
    ['\\x41', PLAIN, 4],
    ['\\u0041', PLAIN, 6],
    ['\\cA', PLAIN, 3],
    ['\\ud83d\\ude00', UNICODE, 12],
    ['\\ud83d\\ude00', PLAIN, 6],
    ['\\u{1f600}', UNICODE, 9],
    ['\\u{1f600}', PLAIN, 2],
    ['\\p{L}', UNICODE, 5],
    ['\\😀', UNICODE, 3],
  ])('ends the escape %s of %j at %d', (source, modes, end) => {
    expect(new PatternCursor(`${source}z`, modes as typeof PLAIN).escapeEnd).toBe(end);
  });

  it.each<[string, object, number]>([
    ['[abc]d', PLAIN, 5],
    ['[a\\]b]c', PLAIN, 6],
    ['[[a]b]', PLAIN, 4],
    ['[[a]b]c', SETS, 6],
    ['[a', PLAIN, 2],
  ])('ends the class %s of %j at %d', (source, modes, end) => {
    expect(new PatternCursor(source, modes as typeof PLAIN).classEnd).toBe(end);
  });
});

describe('countGroups', () => {
  it.each<[string, number, boolean]>([
    ['a', 0, false],
    ['(a)(b)', 2, false],
    ['(?:a)(?=b)(?!c)(?<=d)(?<!e)', 0, false],
    ['(?<x>a)(b)', 2, true],
    ['\\((a)', 1, false],
    ['[(](a)', 1, false],
    ['((a)', 2, false],
  ])('counts the groups of %s', (source, count, areNamed) => {
    expect(countGroups(source, false)).toEqual({ count, areNamed });
  });
});
