import fc from 'fast-check';
import { isNear, nameDistance, nearestName } from '../../src/common/nearest-name';

describe('nearest-name', () => {
  it.each<[string, string, number]>([
    ['', '', 0],
    ['a', '', 1],
    ['', 'ab', 2],
    ['kitten', 'sitting', 3],
    ['abc', 'acb', 2],
    ['abc', 'abc', 0],
  ])('counts the letters between %p and %p', (from, to, distance) => {
    expect(nameDistance(from, to)).toBe(distance);
    expect(nameDistance(to, from)).toBe(distance);
  });

  it('is a distance: 0 for equal names only, and never longer over a third name', () => {
    const name = fc.string({ maxLength: 8 });
    fc.assert(
      fc.property(name, name, name, (a, b, c) => {
        expect(nameDistance(a, b) === 0).toBe(a === b);
        expect(nameDistance(a, c)).toBeLessThanOrEqual(nameDistance(a, b) + nameDistance(b, c));
      }),
    );
  });

  it('compares long names by their beginning', () => {
    expect(nameDistance(`${'a'.repeat(200)}x`, `${'a'.repeat(200)}yyy`)).toBe(0);
  });

  it('finds the name that was probably meant', () => {
    expect(nearestName('shiped', ['order.placed', 'shipped', 'skipped'])).toBe('shipped');
    expect(nearestName('xyz', ['order.placed', 'shipped'])).toBeUndefined();
    expect(nearestName('a', [])).toBeUndefined();
  });

  it('takes half of the longer name for near, and no more', () => {
    expect(isNear(2, 'abcd', 'ab')).toBe(true);
    expect(isNear(3, 'abcd', 'a')).toBe(false);
  });
});
