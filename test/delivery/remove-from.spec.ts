import { removeFrom } from '../../src/delivery/remove-from';

describe('removeFrom', () => {
  it('removes one item in place and leaves the others in their order', () => {
    const list = ['a', 'b', 'c'];
    expect(removeFrom(list, 'b')).toBe(true);
    expect(list).toEqual(['a', 'c']);
  });

  it('reports that the list does not have the item', () => {
    const list = ['a'];
    expect(removeFrom(list, 'b')).toBe(false);
    expect(list).toEqual(['a']);
  });
});
