import * as timers from 'node:timers';
import { MAX_TIMER_MS } from '../common/clock';
import type { StoredEvent } from '../event/tracking-event';
import { showInFull } from '../common/tracking-config.exception';
import { EventNotTrackedException } from './event-not-tracked.exception';
import { fitsName, isNamePattern, type NamePattern, type TrackedEvent } from './event-pattern';
import { TrackedEvents, type SourceOptions, type TrackingSource } from './tracked-events';

/**
 * Taken when this file is loaded, from Node and not from the globals: under a faked clock the deadline must still come, or a
 * test whose event does not arrive ends without saying what did.
 */
const { setTimeout: startTimer, clearTimeout: stopTimer } = timers;

export interface WaitOptions extends SourceOptions {
  /** How long to wait, by the real clock whatever clock the test has faked.  @default 1000 */
  readonly timeoutMs?: number | undefined;
}

/**
 * Resolves with the first event of that name for which the predicate holds: at once if it was tracked already, else in the
 * very moment in which it is. Nothing is polled, so faked timers do not stand in its way.
 * @param predicate  @default any event of the name
 * @throws EventNotTrackedException after `timeoutMs`, with what was tracked instead
 * @throws UntrackedSourceException if `source` keeps no events in memory
 */
export async function waitForEvent<
  Data extends object = StoredEvent['data'],
  Context extends object = StoredEvent['context'],
>(
  source: TrackingSource,
  name: NamePattern,
  predicate?: (event: TrackedEvent<Data, Context>) => boolean,
  { timeoutMs = 1000, ...where }: WaitOptions = {},
): Promise<TrackedEvent<Data, Context>> {
  if (!isNamePattern(name)) {
    throw new TypeError(
      `waitForEvent was given ${showInFull(name)} as the name. Fix: waitForEvent(app, 'problem_check')`,
    );
  }
  const tracked = TrackedEvents.of(source, where);
  const isWanted = (event: StoredEvent): boolean =>
    fitsName(name, event.name) && (predicate === undefined || predicate(event as TrackedEvent<Data, Context>));
  const event = tracked.all().find(isWanted) ?? (await next(tracked, isWanted, timeoutMs));
  if (event !== undefined) return event as TrackedEvent<Data, Context>;
  throw EventNotTrackedException.create(name, tracked.all(), timeoutMs, tracked.isOff);
}

/** The next event that is wanted; undefined when there is none in time. */
async function next(
  tracked: TrackedEvents,
  isWanted: (event: StoredEvent) => boolean,
  timeoutMs: number,
): Promise<StoredEvent | undefined> {
  let end = (): void => undefined;
  try {
    return await new Promise<StoredEvent | undefined>((resolve, reject) => {
      const stopWatching = tracked.watch((event) => {
        try {
          if (isWanted(event)) resolve(event);
        } catch (error) {
          // Of the test's own predicate: a wait that only times out would hide it.
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- it goes on as it was thrown
          reject(error);
        }
      });
      // Longer than a timer can be, it would fire at once.
      const timer = startTimer(resolve, Math.min(timeoutMs, MAX_TIMER_MS), undefined);
      end = () => {
        stopTimer(timer);
        stopWatching();
      };
    });
  } finally {
    end();
  }
}
