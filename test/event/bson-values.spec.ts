import { Binary, Decimal128, Long, ObjectId, UUID } from 'bson';
import { DEFAULT_LIMITS, toNormalForm } from '../../src/event/normal-form';

describe('The normal form of values of MongoDB', () => {
  const hex = '550e8400-e29b-41d4-a716-446655440000';

  it.each<[string, unknown, unknown]>([
    ['a UUID', new UUID(hex), hex],
    ['a UUID in a list', [new UUID(hex)], [hex]],
    ['an ObjectId', new ObjectId('65a1b2c3d4e5f60718293a4b'), '65a1b2c3d4e5f60718293a4b'],
    ['a Long', Long.fromString('9007199254740993'), '9007199254740993'],
    ['a Decimal128', Decimal128.fromString('1.10'), '1.10'],
  ])('writes %s as a string', (_what, value, expected) => {
    expect(toNormalForm({ it: value }, DEFAULT_LIMITS as never, jest.fn())).toEqual({ it: expected });
  });

  it('does not take other binary data for a UUID', () => {
    const form = toNormalForm({ it: new Binary(Buffer.from('abc')) }, DEFAULT_LIMITS, jest.fn());
    expect(form).not.toEqual({ it: hex });
    expect(JSON.parse(JSON.stringify(form))).toEqual(form);
  });
});
