import { boundedKey } from '../../src/common/bounded-key';

describe('boundedKey', () => {
  it('is the string itself up to 200 characters', () => {
    expect(boundedKey('')).toBe('');
    expect(boundedKey('a'.repeat(200))).toBe('a'.repeat(200));
  });

  it('is a short hash of a longer string, which differs for strings that differ at their end', () => {
    const [one, other] = ['a', 'b'].map((end) => boundedKey(`${'x'.repeat(20_000)}${end}`));
    expect(one).toHaveLength(44);
    expect(one).not.toBe(other);
    expect(boundedKey(`${'x'.repeat(20_000)}a`)).toBe(one);
    expect(boundedKey('a'.repeat(201))).toHaveLength(44);
  });
});
