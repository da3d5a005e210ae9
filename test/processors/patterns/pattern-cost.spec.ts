import { maxSteps, safeLength } from '../../../src/processors/patterns/pattern-cost';
import { parsePattern } from '../../../src/processors/patterns/pattern-parser';

const steps = (source: string, length: number, isSearch = false): number =>
  maxSteps(parsePattern(source, '').root, length, isSearch);

/**
 * How the steps grow when the name becomes twice as long: 1 for constant, 2 for linear, 4 for
 * quadratic.
 */
const growth = (source: string, isSearch = false): number =>
  Math.round(steps(source, 2000, isSearch) / steps(source, 1000, isSearch));

describe('maxSteps', () => {
  it.each<[string, number]>([
    ['edx\\.course', 1],
    ['a|b|c', 1],
    ['a*', 2],
    ['[^/]*/x', 2],
    ['[^/]+/[^/]+/x', 2],
    ['.*x', 2],
    ['.*x.*y', 4],
    ['a{3}', 1],
    ['a{0,5}b', 1],
    ['^a', 1],
  ])('of /%s/ grow by %d where it is matched at the start', (source, times) => {
    expect(growth(source)).toBe(times);
  });

  it.each<[string, number]>([
    ['abc', 2],
    ['a*', 4],
    ['^a*', 2],
    ['^abc', 2],
    ['^a|^b', 2],
    ['^a|b', 2],
  ])('of /%s/ grow by %d where it is searched', (source, times) => {
    expect(growth(source, true)).toBe(times);
  });

  it('are out of any bound where repetitions nest', () => {
    expect(steps('(a*)*x', 1000)).toBeGreaterThan(1e300);
    expect(steps('(a|a)*x', 1000)).toBeGreaterThan(1e300);
  });

  it('count the characters that a back-reference compares', () => {
    expect(steps('(abc)\\1', 1000)).toBeLessThan(20);
    expect(steps('(a*)\\1', 1000)).toBeGreaterThan(100_000);
    expect(steps('(a\\1)', 1000)).toBeGreaterThan(1000);
  });

  it('include one round more than the name has characters, which finds its end', () => {
    expect(steps('a*', 10)).toBe(25);
  });

  it('are more for more parts, options and rounds', () => {
    expect(steps('ab', 10)).toBeGreaterThan(steps('a', 10));
    expect(steps('a|b', 10)).toBeGreaterThan(steps('a', 10));
    expect(steps('a{5}', 10)).toBeGreaterThan(steps('a{2}', 10));
    expect(steps('(?=ab)', 10)).toBeGreaterThan(steps('(?=a)', 10));
  });
});

describe('safeLength', () => {
  const safe = (source: string, budget: number, limit = 1000): number =>
    safeLength(parsePattern(source, '').root, false, () => budget, limit);

  it('is the limit where the pattern stays within its budget', () => {
    expect(safe('abc', 100)).toBe(1000);
  });

  it('is the greatest length within the budget otherwise', () => {
    const length = safe('.*x.*y', 10_000);
    expect(length).toBeGreaterThan(10);
    expect(length).toBeLessThan(1000);
    expect(steps('.*x.*y', length)).toBeLessThanOrEqual(10_000);
    expect(steps('.*x.*y', length + 1)).toBeGreaterThan(10_000);
  });

  it('is -1 where no length is safe', () => {
    expect(safe('abcdefgh', 2)).toBe(-1);
  });
});
