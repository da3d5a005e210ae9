import type { IdentifiedEvent } from '../event/tracking-event';
import { countEvents, listEvents } from './event-list';
import { fitsName, showName, type NamePattern } from './event-pattern';
import { nearestName } from './nearest-event';

/** Thrown when the event that a test waits for is not tracked in time. */
export class EventNotTrackedException extends Error {
  override readonly name = 'EventNotTrackedException';

  /** Use `create` instead. The constructor is public so that `toThrow` accepts the class. */
  constructor(
    message: string,
    /** Events that were tracked instead, oldest first. */
    readonly tracked: readonly IdentifiedEvent[],
  ) {
    super(message);
  }

  static create(
    wanted: NamePattern,
    tracked: readonly IdentifiedEvent[],
    waitedMs: number,
    isOff: boolean,
  ): EventNotTrackedException {
    const isNamed = tracked.map(({ name }) => fitsName(wanted, name));
    const refused = isNamed.filter(Boolean).length;
    const meant = refused > 0 ? undefined : nearestName(wanted, tracked);
    const lines = [
      `no event ${showName(wanted)} was tracked within ${String(waitedMs)} ms.`,
      isOff ? 'Tracking is switched off (enabled: false).' : '',
      refused > 0 ? `The predicate rejected ${countEvents(refused)} of this name (marked x).` : '',
      meant === undefined ? '' : `The nearest name is ${showName(meant)}.`,
      tracked.length === 0
        ? 'There are no events.'
        : `Tracked, in order:\n${listEvents(tracked, (index) => isNamed[index] === true)}`,
    ];
    return new EventNotTrackedException(lines.filter((line) => line !== '').join('\n'), tracked);
  }
}
