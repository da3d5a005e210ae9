import { isWithin } from '../../src/event/within-limits';

const within = (value: unknown, more: object = {}): boolean =>
  isWithin(value, { maxDepth: 3, maxNodes: 6, maxTextLength: 20, ...more });

describe('isWithin', () => {
  it.each([[{ a: [1, 'b', null, true] }], [[[[]]]], [{ at: new Date(0) }], ['x'.repeat(20)], [1.5], [false], [null]])(
    'accepts %j',
    (value) => {
      expect(within(value)).toBe(true);
    },
  );

  it.each([
    ['a value too deep in objects', { a: { b: { c: {} } } }],
    ['a value too deep in arrays', [[[[]]]].map((each) => [each])],
    ['too many values in an array', [1, 2, 3, 4, 5, 6]],
    ['too many strings in an object', { a: 'a', b: 'b', c: 'c', d: 'd', e: 'e', f: 'f' }],
    [
      'too many values in several objects',
      [
        { a: 1, b: 2 },
        { c: 3, d: 4 },
      ],
    ],
    ['a long string', 'x'.repeat(21)],
    ['long strings in an array', ['x'.repeat(10), 'y'.repeat(11)]],
    ['a long string in an object', { a: 'x'.repeat(20) }],
    ['a long key', { ['x'.repeat(21)]: 1 }],
    ['a long key of an object', { ['x'.repeat(21)]: {} }],
    ['a number that is not finite', JSON.parse('1e999')],
    ['such a number in an array', [1, Infinity]],
    ['such a number in an object', { a: -Infinity }],
  ])('refuses %s', (_what, value) => {
    expect(within(value)).toBe(false);
  });

  it('looks no deeper than the limit', () => {
    let deep: unknown = 1;
    for (let at = 0; at < 100_000; at++) deep = at % 2 === 0 ? [deep] : { a: deep };
    expect(within(deep, { maxDepth: 16, maxNodes: 1e9, maxTextLength: 1e9 })).toBe(false);
  });
});
