import { RequestFields } from '../../src/context/request-fields';

class ObjectId {
  toString(): string {
    return '65a1b2c3d4e5f60718293a4b';
  }
}

const fault = jest.fn();
const fields = new RequestFields({}, fault);

function userIdOf(user: unknown): unknown {
  const request = { headers: {}, user };
  const row = fields.atEmit(request, fields.enter(request, { id: undefined }));
  return row.get('user_id');
}

it.each<[unknown, unknown]>([
  [{ id: 7 }, 7],
  [{ _id: new ObjectId(), name: 'ann' }, '65a1b2c3d4e5f60718293a4b'],
  [{ id: 7, _id: new ObjectId() }, 7],
  [{ _id: 'u-1', sub: 'x' }, 'u-1'],
  [{ sub: 'auth0|1' }, 'auth0|1'],
  ['ann', 'ann'],
  [0, 0],
  [7, 7],
  [7n, 7n],
  ['', undefined],
  [NaN, undefined],
  [true, undefined],
  [Symbol('user'), undefined],
  [() => 7, undefined],
  [null, undefined],
  [undefined, undefined],
  [{}, undefined],
])('The user %p has the id %p', (user, id) => {
  expect(userIdOf(user)).toBe(id);
  expect(fault).not.toHaveBeenCalled();
});
