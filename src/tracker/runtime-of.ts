import type { TrackerRuntime } from './tracker-runtime';

/**
 * Key under which a TrackerService keeps its runtime. The property is not enumerable, so that code
 * which prints, copies or compares a tracker does not traverse the whole tree. It is not a private
 * field either, because `emit` must also work through a proxy around the tracker.
 */
const RUNTIME = Symbol('runtime');

interface WithRuntime {
  readonly [RUNTIME]: TrackerRuntime;
}

/** Connects a TrackerService with its runtime. Called once, by its constructor. */
export function setRuntime(tracker: object, runtime: TrackerRuntime): void {
  Object.defineProperty(tracker, RUNTIME, { value: runtime });
}

/** Returns the runtime of a TrackerService. */
export function runtimeOf(tracker: object): TrackerRuntime {
  return (tracker as WithRuntime)[RUNTIME];
}

/** Returns the runtime of a tracker; undefined for a stub that a unit test injects. */
export function findRuntime(tracker: object): TrackerRuntime | undefined {
  return (tracker as Partial<WithRuntime>)[RUNTIME];
}
