import * as timers from 'node:timers';
import { MAX_TIMER_MS } from '../common/clock';
import type { IdentifiedEvent } from '../event/tracking-event';
import { showInFull } from '../common/tracking-config.exception';
import { EventNotTrackedException } from './event-not-tracked.exception';
import { fitsName, isNamePattern, type NamePattern, type TrackedEvent } from './event-pattern';
import { TrackedEvents, type SourceOptions, type TrackingSource } from './tracked-events';

/**
 * Timers imported from Node when this file is loaded, not the globals. The deadline must expire
 * even under a faked clock; otherwise a test whose event does not arrive ends without listing the
 * events that did.
 */
const { setTimeout: startTimer, clearTimeout: stopTimer } = timers;

export interface WaitOptions extends SourceOptions {
  /** Timeout in ms of the real clock, even if the test fakes the clock.  @default 1000 */
  readonly timeoutMs?: number | undefined;
}

/**
 * Resolves with the first event that has the name and satisfies the predicate: at once if it is
 * already tracked, otherwise as soon as it is tracked. It does not poll, so it works with faked
 * timers.
 * @param predicate condition for the event  @default any event of the name
 * @throws EventNotTrackedException after `timeoutMs`, with the events that were tracked instead
 * @throws UntrackedSourceException if `source` stores no events in memory
 */
export async function waitForEvent<
  Data extends object = IdentifiedEvent['data'],
  Context extends object = IdentifiedEvent['context'],
>(
  source: TrackingSource,
  name: NamePattern,
  predicate?: (event: TrackedEvent<Data, Context>) => boolean,
  { timeoutMs = 1000, ...where }: WaitOptions = {},
): Promise<TrackedEvent<Data, Context>> {
  if (!isNamePattern(name)) {
    throw new TypeError(
      `waitForEvent was given ${showInFull(name)} as the name. Fix: use waitForEvent(app, 'problem_check')`,
    );
  }
  const tracked = TrackedEvents.of(source, where);
  const isWanted = (event: IdentifiedEvent): boolean =>
    fitsName(name, event.name) && (predicate === undefined || predicate(event as TrackedEvent<Data, Context>));
  const event = tracked.all().find(isWanted) ?? (await next(tracked, isWanted, timeoutMs));
  if (event !== undefined) return event as TrackedEvent<Data, Context>;
  throw EventNotTrackedException.create(name, tracked.all(), timeoutMs, tracked.isOff);
}

/** Resolves with the next matching event, or undefined after the timeout. */
async function next(
  tracked: TrackedEvents,
  isWanted: (event: IdentifiedEvent) => boolean,
  timeoutMs: number,
): Promise<IdentifiedEvent | undefined> {
  let end = (): void => undefined;
  try {
    return await new Promise<IdentifiedEvent | undefined>((resolve, reject) => {
      const stopWatching = tracked.watch((event) => {
        try {
          if (isWanted(event)) resolve(event);
        } catch (error) {
          // Reports an error of the test's own predicate, which a timeout would hide.
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the original
          reject(error);
        }
      });
      // A delay above the timer limit would fire at once.
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
