import type { PathPlace } from './path-states';

/** Combines two places; undefined if there is neither. */
export function joined(first: PathPlace | undefined, second: PathPlace | undefined): PathPlace | undefined {
  if (first === undefined || first === second) return second;
  if (second === undefined) return first;
  const all = [...new Set([...partsOf(first), ...partsOf(second)])];
  return all.find(({ ends }) => ends) ?? new JoinedStates(all);
}

function partsOf(place: PathPlace): readonly PathPlace[] {
  return place instanceof JoinedStates ? place.parts : [place];
}

/**
 * Combines the places of a value that has several paths: the value of a pair has one by its key and
 * one by its index. The value is walked once for all of them; otherwise each nested pair would
 * double the work. There are never more parts than states.
 */
class JoinedStates implements PathPlace {
  readonly ends = false;

  /** @param parts different places, none of which ends */
  constructor(readonly parts: readonly PathPlace[]) {}

  get leadsAnywhere(): boolean {
    return this.parts.some(({ leadsAnywhere }) => leadsAnywhere);
  }

  get keys(): readonly string[] {
    return [...new Set(this.parts.flatMap(({ keys }) => keys))];
  }

  next(key: string): PathPlace | undefined {
    return this.parts.map((part) => part.next(key)).reduce(joined);
  }

  nextItem(at: number): PathPlace | undefined {
    return this.parts.map((part) => part.nextItem(at)).reduce(joined);
  }
}
