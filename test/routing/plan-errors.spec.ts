import { PlanErrors } from '../../src/routing/plan-errors';

let errors: PlanErrors;

beforeEach(() => {
  errors = new PlanErrors();
});

const reported = (): string[] => errors.all.map(({ path, what }) => `${path}: ${what}`);

describe('PlanErrors', () => {
  it('keeps errors in the order in which they were added', () => {
    errors.add('a', 'first.', 'do this');
    errors.add('b', 'second.', 'do that');
    expect(errors.all).toEqual([
      { path: 'a', what: 'first.', fix: 'do this' },
      { path: 'b', what: 'second.', fix: 'do that' },
    ]);
  });

  it('accepts a name of letters, digits and "_.-", and reports any other', () => {
    for (const name of ['a', 'tracking_logs', 'v1.2-x']) errors.checkName('here', name);
    expect(reported()).toEqual([]);
    for (const name of ['', '.', 'a/b', 'a b']) errors.checkName('here', name);
    expect(errors.all).toHaveLength(4);
  });

  it('reports each setting that is less than the least value, or no number', () => {
    errors.checkLeast('here', { a: 1, b: 2.5, c: Infinity }, 1);
    expect(reported()).toEqual([]);
    errors.checkLeast('here', { a: 0, b: '1', c: NaN }, 1);
    expect(reported()).toEqual([
      'here: a is 0, not a number from 1 up.',
      'here: b is "1", not a number from 1 up.',
      'here: c is NaN, not a number from 1 up.',
    ]);
  });

  it('reports each key that is not known, with those that are', () => {
    errors.checkKeys('here', 'third argument', { imports: [], url: 1 }, ['imports', 'backends']);
    expect(reported()).toEqual([
      expect.stringMatching(/^here: the third argument has the unknown field .*url.*; known are imports, backends\.$/),
    ]);
  });

  it('reads a list of modules', () => {
    class Module {}
    expect(errors.readImports('imports', undefined)).toEqual([]);
    expect(errors.readImports('imports', [Module])).toEqual([Module]);
    expect(reported()).toEqual([]);
    expect(errors.readImports('imports', Module)).toEqual([]);
    expect(reported()).toEqual([expect.stringMatching(/^imports: it is .*, not a list of modules\.$/)]);
  });

  it('reads the entries of an object of nodes', () => {
    expect(errors.readNodes('backends', 'backends', undefined, 'fix')).toEqual([]);
    expect(errors.readNodes('backends', 'backends', { a: 1, b: 2 }, 'fix')).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
    expect(reported()).toEqual([]);
  });

  it.each([[null], [[]], ['text'], [() => undefined]])('reports %p instead of an object of nodes', (given) => {
    expect(errors.readNodes('backends', 'backends', given, 'fix')).toEqual([]);
    expect(errors.all).toMatchObject([
      { path: 'backends', what: expect.stringContaining('not an object of backends by name'), fix: 'fix' },
    ]);
  });
});
