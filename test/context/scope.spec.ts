import { Scope } from '../../src/context/scope';

const valuesOf = (scope: Scope): object => scope.view().values;

describe('Scope', () => {
  it('has no values at first', () => {
    expect(valuesOf(new Scope(undefined))).toEqual({});
  });

  it('merges its entries, the latest of a key wins', () => {
    const scope = new Scope(undefined);
    scope.enter('a', { x: 1, y: 1 });
    scope.enter('b', { y: 2, z: 2 });
    expect(valuesOf(scope)).toEqual({ x: 1, y: 2, z: 2 });
  });

  it('adds the values of its parent, and hides them by its own', () => {
    const parent = new Scope(undefined);
    parent.enter('a', { x: 1, y: 1 });
    const child = parent.open('b', { y: 2 });
    expect(valuesOf(child)).toEqual({ x: 1, y: 2 });
    expect(valuesOf(parent)).toEqual({ x: 1, y: 1 });
  });

  it('keeps a key in the position in which it first appeared', () => {
    const parent = new Scope(undefined);
    parent.enter('a', { x: 1, y: 1 });
    expect(Object.keys(valuesOf(parent.open('b', { z: 1, x: 2 })))).toEqual(['x', 'y', 'z']);
  });

  it('sees later changes of its parent', () => {
    const parent = new Scope(undefined);
    const child = parent.open('b', { y: 2 });
    expect(valuesOf(child)).toEqual({ y: 2 });
    parent.enter('a', { x: 1 });
    expect(valuesOf(child)).toEqual({ x: 1, y: 2 });
    parent.exit('a');
    expect(valuesOf(child)).toEqual({ y: 2 });
  });

  it('returns the same view until an entry changes', () => {
    const parent = new Scope(undefined);
    const child = parent.open('b', { y: 2 });
    const view = child.view();
    expect(child.view()).toBe(view);
    child.enter('c', { z: 3 });
    expect(child.view()).not.toBe(view);
    const again = child.view();
    parent.enter('a', { x: 1 });
    expect(child.view()).not.toBe(again);
  });

  it('shares the view of its parent if it has no entries', () => {
    const parent = new Scope(undefined);
    parent.enter('a', { x: 1 });
    expect(new Scope(parent).view()).toBe(parent.view());
  });

  describe('exit', () => {
    it('removes the latest entry with the name, and shows what it hid', () => {
      const scope = new Scope(undefined);
      scope.enter('a', { x: 1 });
      scope.enter('b', { y: 1 });
      scope.enter('a', { x: 2 });
      expect(scope.exit('a')).toBe(true);
      expect(valuesOf(scope)).toEqual({ x: 1, y: 1 });
      expect(scope.exit('a')).toBe(true);
      expect(valuesOf(scope)).toEqual({ y: 1 });
    });

    it('returns false, and changes nothing, without an entry of that name', () => {
      const parent = new Scope(undefined);
      parent.enter('a', { x: 1 });
      const child = parent.open('b', { y: 2 });
      expect(child.exit('a')).toBe(false);
      expect(valuesOf(child)).toEqual({ x: 1, y: 2 });
    });
  });

  it('lists the names of the open entries, innermost first', () => {
    const parent = new Scope(undefined);
    parent.enter('a', {});
    const child = parent.open('b', {});
    child.enter('c', {});
    expect(child.openNames()).toEqual(['c', 'b', 'a']);
  });

  it('starts with the entries that it is given', () => {
    expect(valuesOf(new Scope(undefined, [{ name: 'a', values: { x: 1 } }]))).toEqual({ x: 1 });
  });

  describe('in a chain of more than a hundred scopes', () => {
    function chain(depth: number): { readonly root: Scope; readonly end: Scope } {
      const root = new Scope(undefined);
      root.enter('root', { root: 1 });
      let end = root;
      for (let round = 1; round <= depth; round++) end = end.open(`round ${String(round)}`, { round, first: 1 });
      return { root, end };
    }

    it('keeps the values of all', () => {
      expect(valuesOf(chain(100_000).end)).toEqual({ root: 1, round: 100_000, first: 1 });
    });

    it('keeps the names of at most a hundred', () => {
      expect(chain(1000).end.openNames().length).toBeLessThanOrEqual(102);
      expect(chain(1000).end.openNames()).toContain('(folded)');
      expect(chain(100).end.openNames()).not.toContain('(folded)');
    });

    it('still sees changes of the root', () => {
      const { root, end } = chain(1000);
      root.enter('late', { late: 1 });
      expect(valuesOf(end)).toMatchObject({ late: 1, round: 1000 });
    });

    it('prefers the innermost value where scopes were folded', () => {
      const root = new Scope(undefined);
      let end = root;
      for (let round = 1; round <= 250; round++)
        end = end.open('x', round === 50 ? { x: 'old' } : round === 51 ? { x: 'new' } : {});
      expect(valuesOf(end)).toEqual({ x: 'new' });
    });
  });
});
