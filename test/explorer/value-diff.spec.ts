import fc from 'fast-check';
import { changesBetween } from '../../src/explorer/value-diff';

describe('changesBetween', () => {
  it('lists nothing for equal values', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(changesBetween(value, structuredClone(value), 'data')).toEqual([]);
      }),
    );
  });

  it('lists what was added, removed and changed, by path', () => {
    const before = { same: 1, gone: 2, list: [1, { a: 'x' }], odd: { 'a key': 1 } };
    const after = { same: 1, list: [1, { a: 'y' }, 3], odd: { 'a key': 2 }, fresh: null };
    expect(changesBetween(before, after, 'data')).toEqual([
      { path: 'data.gone', kind: 'removed', before: 2 },
      { path: 'data.list[1].a', kind: 'changed', before: 'x', after: 'y' },
      { path: 'data.list[2]', kind: 'added', after: 3 },
      { path: 'data.odd["a key"]', kind: 'changed', before: 1, after: 2 },
      { path: 'data.fresh', kind: 'added', after: null },
    ]);
  });

  it('shows a value that became another kind of value as one change', () => {
    expect(changesBetween({ a: [1] }, { a: { 0: 1 } }, 'data')).toEqual([
      { path: 'data.a', kind: 'changed', before: [1], after: { 0: 1 } },
    ]);
  });

  it('ends after 200 changes, and at a bounded depth', () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`k${String(at)}`, at]));
    expect(changesBetween({}, many, 'data')).toHaveLength(200);
    const deep = (leaf: number, levels: number): unknown => (levels === 0 ? leaf : { in: deep(leaf, levels - 1) });
    expect(changesBetween(deep(1, 100), deep(2, 100), 'data')).toHaveLength(1);
  });
});
