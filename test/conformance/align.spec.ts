import fc from 'fast-check';
import { align } from './align';

const same = (one: number, other: number): number => (one === other ? 2 : 0);
const numbers = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 8 });

function paired(expected: readonly number[], got: readonly number[]): readonly string[] {
  return align(expected, got, same).map((pair) => `${pair.expected?.value ?? '-'}:${pair.got?.value ?? '-'}`);
}

describe('Aligning two lists of events', () => {
  it.each<[string, number[], number[], string[]]>([
    ['pairs equal lists by position', [1, 2], [1, 2], ['1:1', '2:2']],
    ['finds one too few', [1, 2, 3], [1, 3], ['1:1', '2:-', '3:3']],
    ['finds one too many', [2], [1, 2], ['-:1', '2:2']],
    ['finds one too few and one too many', [1, 2], [2, 3], ['1:-', '2:2', '-:3']],
    ['pairs what does not fit if nothing else fits it', [1], [2], ['1:2']],
  ])('%s', (_what, expected, got, pairs) => {
    expect(paired(expected, got)).toEqual(pairs);
  });

  it('has every event of both lists once, in their order', () => {
    fc.assert(
      fc.property(numbers, numbers, (expected, got) => {
        const pairs = align(expected, got, same);
        expect(pairs.flatMap((pair) => (pair.expected ? [pair.expected.value] : []))).toEqual(expected);
        expect(pairs.flatMap((pair) => (pair.got ? [pair.got.value] : []))).toEqual(got);
        for (const key of ['expected', 'got'] as const) {
          const positions = pairs.flatMap((pair) => (pair[key] ? [pair[key].at] : []));
          expect(positions).toEqual(positions.map((_, at) => at));
        }
      }),
    );
  });
});
