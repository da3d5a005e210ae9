import type { TrackerService } from './tracker.service';

/**
 * Trackers of all applications in this process that have started and not closed.
 * This is the only state that applications share. An instance created by `new`, by a request-scoped
 * factory, or inside a list belongs to no application that it could get its tracker from. The
 * references are weak, because tests forget to close applications.
 */
const running = new Set<WeakRef<RunningTracker>>();
const ofTracker = new WeakMap<TrackerService, RunningTracker>();

interface RunningTracker {
  readonly tracker: TrackerService;
  /** Object that identifies the application: the same for all its trackers. */
  readonly application: object;
}

export function trackerHasStarted(tracker: TrackerService, application: object): void {
  const entry = { tracker, application };
  ofTracker.set(tracker, entry); // keeps the entry alive as long as the tracker
  running.add(new WeakRef(entry));
}

export function trackerHasClosed(tracker: TrackerService): void {
  for (const reference of running) {
    const entry = reference.deref();
    if (entry === undefined || entry.tracker === tracker) running.delete(reference);
  }
}

/**
 * Returns the running trackers.
 * @param beside limits the result to the application of this tracker, if the tracker is running
 */
export function runningTrackers(beside?: TrackerService): TrackerService[] {
  const application = beside && ofTracker.get(beside)?.application;
  const found: TrackerService[] = [];
  for (const reference of running) {
    const entry = reference.deref();
    if (entry === undefined) running.delete(reference);
    else if (application === undefined || entry.application === application) found.push(entry.tracker);
  }
  return found;
}
