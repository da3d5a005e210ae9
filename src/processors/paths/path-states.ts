import { ANY_DEPTH, ANY_KEY, type PathStep } from './event-path';

/** Maximum number of states. Each star after a ** doubles the states. */
const MAX_STATES = 1000;

/** Progress of a set of paths at one place of a value. */
export interface PathPlace {
  /** True if a path ends here, so that it matches the value with all its contents. */
  readonly ends: boolean;
  /** True if a path continues after any key. */
  readonly leadsAnywhere: boolean;
  /** Keys that paths name here. */
  readonly keys: readonly string[];
  /** Returns the place after a key of the value; undefined if no path continues there. */
  next(key: string): PathPlace | undefined;
  /** Returns the place after an item of a list; undefined if no path continues there. */
  nextItem(at: number): PathPlace | undefined;
}

/**
 * Implements the progress of a set of paths as the state of an automaton.
 * All paths are followed at once, and one step down costs one lookup for any number of paths. The
 * states are created before the first event.
 */
export class PathState implements PathPlace {
  private static readonly end = new PathState(true);
  private readonly byKey = new Map<string, PathState>();
  private readonly keyList: string[] = [];
  /** State after a key that no path names; undefined if no path continues there. */
  private otherwise: PathState | undefined;

  /** @param ends true if a path ends here, so that it matches the value with all its contents */
  private constructor(readonly ends: boolean) {}

  /**
   * Returns the state before the first step; undefined if there are no paths.
   * @throws RangeError if the paths have too many stars
   */
  static of(paths: readonly (readonly PathStep[])[]): PathState | undefined {
    if (paths.length === 0) return undefined;
    const known = new Map<string, PathState>();
    const enter = (positions: readonly Position[]): PathState | undefined => {
      if (positions.length === 0) return undefined;
      // By id: one position can be reached in several ways.
      const byId = new Map(withoutDepths(positions).map((position) => [idOf(position), position]));
      const all = [...byId.values()];
      if (all.some(isAtEnd)) return PathState.end;
      const id = [...byId.keys()].sort().join(' ');
      const before = known.get(id);
      if (before !== undefined) return before;
      if (known.size >= MAX_STATES) throw new RangeError('the paths have too many stars after a **');
      const state = new PathState(false);
      known.set(id, state);
      state.lead(all, enter);
      return state;
    };
    return enter(paths.map((steps, path) => ({ path, at: 0, steps })));
  }

  get leadsAnywhere(): boolean {
    return this.otherwise !== undefined;
  }

  /** Keys that paths name here. */
  get keys(): readonly string[] {
    return this.keyList;
  }

  next(key: string): PathState | undefined {
    return this.byKey.get(key) ?? this.otherwise;
  }

  /** Returns the state after an item of a list; undefined if no path continues there. */
  nextItem(at: number): PathState | undefined {
    return this.byKey.size === 0 ? this.otherwise : this.next(String(at));
  }

  private lead(positions: readonly Position[], enter: (positions: readonly Position[]) => PathState | undefined): void {
    const onAnyKey: Position[] = [];
    const onKey = new Map<string, Position[]>();
    for (const position of positions) {
      const step = position.steps[position.at];
      if (step === ANY_DEPTH) onAnyKey.push(position);
      else if (step === ANY_KEY) onAnyKey.push(after(position));
      else if (step !== undefined) {
        const reached = onKey.get(step);
        if (reached === undefined) onKey.set(step, [after(position)]);
        else reached.push(after(position));
      }
    }
    this.otherwise = enter(onAnyKey);
    for (const [key, reached] of onKey) {
      this.byKey.set(key, enter([...reached, ...onAnyKey]) as PathState);
      this.keyList.push(key);
    }
  }
}

/** One path, with the number of its completed steps. */
interface Position {
  readonly path: number;
  readonly at: number;
  readonly steps: readonly PathStep[];
}

function idOf({ path, at }: Position): string {
  return `${String(path)}:${String(at)}`;
}

function isAtEnd({ at, steps }: Position): boolean {
  return at === steps.length;
}

function after(position: Position): Position {
  return { ...position, at: position.at + 1 };
}

/** Adds the positions after each `**`, which also matches no key at all. */
function withoutDepths(positions: readonly Position[]): Position[] {
  return positions.flatMap((position): Position[] =>
    position.steps[position.at] === ANY_DEPTH ? [position, ...withoutDepths([after(position)])] : [position],
  );
}
