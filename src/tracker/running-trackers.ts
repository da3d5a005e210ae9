import type { TrackerService } from './tracker.service';

/**
 * The trackers of all applications of this process that have started and not closed. The only state that applications share:
 * an instance that was made by `new`, by a factory of request scope, or inside a list, belongs to no application that could be
 * asked for its tracker. Weak, because tests forget to close applications.
 */
const running = new Set<WeakRef<RunningTracker>>();
const ofTracker = new WeakMap<TrackerService, RunningTracker>();

interface RunningTracker {
  readonly tracker: TrackerService;
  /** What the trackers of one application have in common. */
  readonly application: object;
}

export function trackerHasStarted(tracker: TrackerService, application: object): void {
  const entry = { tracker, application };
  ofTracker.set(tracker, entry); // keeps the entry for as long as the tracker lives
  running.add(new WeakRef(entry));
}

export function trackerHasClosed(tracker: TrackerService): void {
  for (const reference of running) {
    const entry = reference.deref();
    if (entry === undefined || entry.tracker === tracker) running.delete(reference);
  }
}

/** Those that run; only of the application of `beside`, if that is given and runs. */
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
