import { contextOf, dataOf, SHAPES } from '../../bench/emit/events.mjs';

const textOf = (bytes: number, shape?: string) => {
  const context: object = Object.assign({}, ...contextOf(bytes, shape));
  return JSON.stringify({ name: 'problem_check', timestamp: new Date(), context, data: dataOf(bytes, shape) });
};

describe.each(SHAPES)('An event of the shape %s', (shape) => {
  it.each([200, 1024, 4096])('of %i bytes is about so long', (bytes) => {
    const length = Buffer.byteLength(textOf(bytes, shape));
    expect(Math.abs(length - bytes)).toBeLessThan(Math.max(70, 0.05 * bytes));
  });

  it('is the same in every process', () => {
    expect(dataOf(1024, shape)).toEqual(dataOf(1024, shape));
  });

  it('has a number that a processor can change', () => {
    expect(dataOf(1024, shape)).toHaveProperty('attempts', 3);
  });
});

describe('The shapes', () => {
  it('have what they are called after', () => {
    expect(Object.values(dataOf(1024, 'flat')).filter((value) => typeof value === 'object').length).toBeLessThan(6);
    expect(textOf(1024, 'non-ascii')).toMatch(/[^\0-\xff]/);
    expect(JSON.stringify(contextOf(1024, 'non-ascii'))).toMatch(/[^\0-\xff]/);
    expect(textOf(1024, 'event')).toMatch(/^[\0-\x7f]*$/);
    expect(textOf(4096, 'long')).toMatch(/\\n.*\\"/);
    expect(dataOf(1024, 'dates')['seen_at']).toEqual(expect.arrayContaining([expect.any(Date)]));
    expect(dataOf(1024, 'numbers')['speeds']).toEqual(expect.arrayContaining([expect.any(Number)]));
    expect(textOf(1024, 'nested')).toContain('}]}]}]}]}]}');
  });
});
