import { parsePattern } from '../../../src/processors/patterns/pattern-parser';
import { compilePattern, PatternTooLarge, type Program } from '../../../src/processors/patterns/pattern-program';

const compiled = (source: string): Program => compilePattern(parsePattern(source, '').root);
const sizeOf = (source: string): number => compiled(source).instructions.length;

describe('compilePattern', () => {
  it('leads from the start through each character to the match', () => {
    const { instructions, start } = compiled('ab');
    const first = instructions[start];
    const second = instructions[first?.next ?? -1];
    expect([first?.set?.source, second?.set?.source, instructions[second?.next ?? -1]?.op]).toEqual([
      'a',
      'b',
      'match',
    ]);
  });

  it('has one instruction for the match, for each character, and for each split', () => {
    expect(sizeOf('')).toBe(1);
    expect(sizeOf('abc')).toBe(4);
    expect(sizeOf('a|b')).toBe(4);
    expect(sizeOf('a*')).toBe(3);
    expect(sizeOf('a+')).toBe(3);
    expect(sizeOf('a?')).toBe(3);
    expect(sizeOf('a{3}')).toBe(4);
    expect(sizeOf('a{2,4}')).toBe(7);
    expect(sizeOf('a{3,}')).toBe(5);
  });

  it.each<[string, string]>([
    ['a', 'character'],
    ['^a', 'assert'],
    ['(?=a)b', 'look'],
    ['a*b', 'split'],
    ['a+b', 'character'],
    ['a?b', 'split'],
    ['a{2}', 'character'],
    ['a|b', 'split'],
    ['', 'match'],
  ])('starts /%s/ with the instruction %s', (source, op) => {
    const { instructions, start } = compiled(source);
    expect(instructions[start]?.op).toBe(op);
  });

  it('reads a lookahead backwards and a lookbehind forwards, in a program of its own', () => {
    for (const [source, first] of [
      ['(?=ab)', 'b'],
      ['(?<=ab)', 'a'],
    ]) {
      // prettier-ignore
      const { instructions, start } = compiled(source ?? '');
      const look = instructions[start]?.look;
      expect(look?.program.instructions[look.program.start]?.set?.source).toBe(first);
      expect(look).toMatchObject({ isBehind: source === '(?<=ab)', isNegative: false });
    }
  });

  it('refuses a pattern that is too large, lookarounds included', () => {
    expect(() => compiled('a{999}')).not.toThrow();
    expect(() => compiled('a{1000}')).toThrow(PatternTooLarge);
    expect(() => compiled('(a{40}){40}')).toThrow(PatternTooLarge);
    expect(() => compiled('(?=a{500})b{500}')).toThrow(PatternTooLarge);
  });

  it('refuses back-references', () => {
    expect(() => compiled('(a)\\1')).toThrow(TypeError);
  });
});
