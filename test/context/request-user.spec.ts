import { isScalar, userId, username } from '../../src/context/request-user';

class ObjectId {
  toString(): string {
    return '65f0';
  }
}

describe('userId', () => {
  it.each([
    ['id', { id: 7, sub: 's' }, 7],
    ['_id', { _id: new ObjectId(), sub: 's' }, '65f0'],
    ['user_id', { user_id: 'u' }, 'u'],
    ['userId', { userId: 'u' }, 'u'],
    ['sub', { sub: 's' }, 's'],
    ['nothing', { email: 'a@b' }, undefined],
    ['an object that is no id', { id: {} }, undefined],
  ])('reads %s of the user', (_, user, expected) => {
    expect(userId({ user })).toBe(expected);
  });

  it.each([
    ['u1', 'u1'],
    [7, 7],
    [7n, 7n],
    ['', undefined],
    [true, undefined],
    [Number.NaN, undefined],
    [null, undefined],
    [undefined, undefined],
  ])('is the user itself, if a guard set an id: %p', (user, expected) => {
    expect(userId({ user })).toBe(expected);
  });

  it('reads the user of the raw request', () => {
    expect(userId({ raw: { user: { id: 7 } } })).toBe(7);
    expect(userId({ user: { id: 8 }, raw: { user: { id: 7 } } })).toBe(8);
  });
});

describe('username', () => {
  it.each([
    [{ username: 'u', name: 'n' }, 'u'],
    [{ preferred_username: 'p', name: 'n' }, 'p'],
    [{ name: 'n' }, 'n'],
    [{ name: {} }, undefined],
    ['u1', undefined],
    [undefined, undefined],
  ])('is read from %p', (user, expected) => {
    expect(username({ user })).toBe(expected);
  });
});

describe('isScalar', () => {
  it.each([
    ['a', true],
    [1, true],
    [true, true],
    [1n, true],
    [null, false],
    [undefined, false],
    [{}, false],
    [() => 1, false],
  ])('of %p is %p', (value, expected) => expect(isScalar(value)).toBe(expected));
});
