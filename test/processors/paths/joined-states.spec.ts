import fc from 'fast-check';
import { ANY_DEPTH, ANY_KEY, type PathStep } from '../../../src/processors/paths/event-path';
import { joined } from '../../../src/processors/paths/joined-states';
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

describe('joined', () => {
  it('ends where one of both does, for any paths and keys', () => {
    fc.assert(
      fc.property(paths, paths, paths, fc.array(key, { maxLength: 5 }), (one, two, three, keys) => {
        const all = [one, two, three].map((each) => PathState.of(each) as PathPlace | undefined).reduce(joined);
        expect(ends(all, keys)).toBe([...one, ...two, ...three].some((steps) => matches(steps, keys)));
      }),
    );
  });

  it('is the other place where there is only one, or where both are the same', () => {
    const place = PathState.of([['a', 'b']]);
    expect(joined(undefined, undefined)).toBeUndefined();
    expect(joined(place, undefined)).toBe(place);
    expect(joined(undefined, place)).toBe(place);
    expect(joined(place, place)).toBe(place);
  });

  it('lists the keys of both once, and leads anywhere if one of both does', () => {
    const [one, two] = [PathState.of([['a', 'x'], ['b', 'x']]), PathState.of([['b', 'y'], ['c', 'y']])]; // prettier-ignore
    const both = joined(one, two);
    expect(both?.keys).toEqual(['a', 'b', 'c']);
    expect(both?.leadsAnywhere).toBe(false);
    expect(both?.ends).toBe(false);
    expect(both?.next('b')?.keys).toEqual(['x', 'y']);
    expect(joined(both, PathState.of([[ANY_KEY, 'z']]))?.leadsAnywhere).toBe(true);
    expect(joined(PathState.of([['0', 'x']]), PathState.of([['0', 'y']]))?.nextItem(0)?.keys).toEqual(['x', 'y']);
  });
});
