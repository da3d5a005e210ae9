import { trackerIn, trackerProperty } from './tracker-property';
import { runningTrackers } from './running-trackers';
import { runtimeOf } from './runtime-of';
import { currentTracker, type TrackerService } from './tracker.service';

/** Tracker that a decorator asks for. */
export interface TrackerRequest {
  /** Name of the decorator, for example `@TrackEvent`. */
  readonly decorator: string;
  /** Name of the tracker. */
  readonly tracker: string;
  /**
   * Property under which the instance holds the tracker. Created once, because `Symbol.for` looks
   * up a string on each call.
   */
  readonly property: symbol;
}

export function trackerRequest(decorator: string, tracker: string): TrackerRequest {
  return { decorator, tracker, property: trackerProperty(tracker) };
}

/**
 * Finds the tracker for one call: first on the instance, then in the flow, then the only running
 * tracker of that name in this process.
 * @param place the class and method, for a warning
 * @returns the tracker; undefined without TrackingModule (as in a unit test) or after a warning
 */
export function findTracker(
  self: unknown,
  request: TrackerRequest,
  call: { readonly place: string },
): TrackerService | undefined {
  const own = trackerIn(self, request.property);
  if (own !== undefined) return own;
  const current = currentTracker();
  return current?.name === request.tracker ? current : findRunning(request, call, current);
}

function findRunning(
  { decorator, tracker }: TrackerRequest,
  call: { readonly place: string },
  current: TrackerService | undefined,
): TrackerService | undefined {
  const all = runningTrackers(current);
  const found = all.filter(({ name }) => name === tracker);
  if (found.length === 1 || all.length === 0) return found[0];
  const { place } = call;
  for (const each of found.length === 0 ? all : found) {
    runtimeOf(each).parts.notices.once(`no tracker ${tracker} ${place}`, () =>
      found.length === 0
        ? `${decorator} on ${place} names the tracker ${JSON.stringify(tracker)}, but no tracker with this name is running, so the method is not tracked. ` +
          `Fix: TrackingModule.forRoot({ name: ${JSON.stringify(tracker)}, ... }), or name one that is running: ${namesOf(all)}.`
        : `${decorator} on ${place} cannot find out which application its instance belongs to, because ${String(found.length)} applications in this process ` +
          `run a tracker ${JSON.stringify(tracker)}; the method is not tracked. ` +
          'Fix: make the instance a provider, or call the method inside a scope: tracker.context(values, body).',
    );
  }
  return undefined;
}

function namesOf(trackers: readonly TrackerService[]): string {
  return [...new Set(trackers.map(({ name }) => JSON.stringify(name)))].join(', ');
}
