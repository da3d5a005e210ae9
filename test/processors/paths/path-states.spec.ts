import fc from 'fast-check';
import { ANY_DEPTH, ANY_KEY, type PathStep } from '../../../src/processors/paths/event-path';
import { PathState, type PathPlace } from '../../../src/processors/paths/path-states';

/** Follows keys as the rewriter does: a place where a path ends includes everything below it. */
function ends(place: PathPlace | undefined, keys: readonly string[]): boolean {
  if (place === undefined) return false;
  const [key, ...rest] = keys;
  return place.ends || (key !== undefined && ends(place.next(key), rest));
}

/** The meaning of one path, written as a definition. */
function matches(steps: readonly PathStep[], keys: readonly string[]): boolean {
  const [step, ...others] = steps;
  if (step === undefined) return true;
  const [key, ...rest] = keys;
  if (step === ANY_DEPTH) return matches(others, keys) || (key !== undefined && matches(steps, rest));
  return key !== undefined && (step === ANY_KEY || step === key) && matches(others, rest);
}

const key = fc.constantFrom('a', 'b', '0');
const step = fc.oneof({ weight: 3, arbitrary: key }, fc.constant(ANY_KEY), fc.constant(ANY_DEPTH));
const path = fc.tuple(fc.array(step, { maxLength: 4 }), key).map(([steps, last]) => [...steps, last]);
const paths = fc.array(path, { minLength: 1, maxLength: 4 });

describe('PathState', () => {
  it('ends where one of its paths does, for any paths and keys', () => {
    fc.assert(
      fc.property(paths, fc.array(key, { maxLength: 6 }), (all, keys) => {
        expect(ends(PathState.of(all), keys)).toBe(all.some((steps) => matches(steps, keys)));
      }),
    );
  });

  it('does not exist without a path', () => {
    expect(PathState.of([])).toBeUndefined();
  });

  it('lists the keys that it names, and says whether any other key leads on', () => {
    const named = PathState.of([['a'], ['b', 'c']]);
    expect(named?.keys).toEqual(['a', 'b']);
    expect(named?.leadsAnywhere).toBe(false);
    expect(named?.next('z')).toBeUndefined();
    const starred = PathState.of([['a'], [ANY_KEY, 'c']]);
    expect(starred?.leadsAnywhere).toBe(true);
    expect(starred?.next('z')?.keys).toEqual(['c']);
  });

  it('names an item of a list by its index', () => {
    const state = PathState.of([['1', 'a']]);
    expect(state?.nextItem(1)?.keys).toEqual(['a']);
    expect(state?.nextItem(0)).toBeUndefined();
    expect(PathState.of([[ANY_KEY, 'a']])?.nextItem(3)?.keys).toEqual(['a']);
  });

  it('shares the state of places from which the same paths go on', () => {
    const state = PathState.of([[ANY_DEPTH, 'a']]);
    expect(state?.next('b')).toBe(state);
    expect(state?.next('b')?.next('c')).toBe(state);
  });

  it('refuses paths whose stars multiply', () => {
    const stars = Array.from({ length: 14 }, (): PathStep => ANY_KEY);
    expect(() => PathState.of([[ANY_DEPTH, 'a', ...stars, 'b']])).toThrow(RangeError);
    expect(() => PathState.of([[ANY_DEPTH, 'a', ...stars.slice(8), 'b']])).not.toThrow();
  });
});
