import { isIdKey } from '../../../src/cli/infer/id-keys';
import { cpuGrowth, expectLinear } from '../../support/growth';

describe('isIdKey: a key', () => {
  it.each([
    '12',
    'a1b2c3d4e5f6',
    'xyz-bbbbbbbbbbb1',
    '1bbbbbbbbbbb',
    'ann@secret.org',
    '2026-11-24',
    'user 12345',
    'i4x:a',
  ])('that is rather an id is known as one: %s', (key) => {
    expect(isIdKey(key)).toBe(true);
  });

  it.each(['mode', 'abcdefabcdef', 'a1', 'feedbeefcafe', 'answer_1', 'score 99'])('of a field is none: %s', (key) => {
    expect(isIdKey(key)).toBe(false);
  });

  it('is looked at in time linear in its length', () => {
    expectLinear(cpuGrowth(20_000, (size) => () => isIdKey('a'.repeat(size))));
  });
});
