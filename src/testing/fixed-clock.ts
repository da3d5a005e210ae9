import type { TrackingClock } from '../common/clock';
import { showInFull, showValue } from '../common/tracking-config.exception';

export interface FixedClockOptions {
  /** Time added after each reading. Every event reads the clock once.  @default 0 */
  readonly stepMs?: number | undefined;
}

/** Clock for the option `clock` that does not advance between readings. */
export interface FixedClock extends TrackingClock {
  /** Reads the clock, as each event does. */
  (): Date;
  /** Advances the clock, or moves it back by a negative number. */
  advance(byMs: number): void;
  /** Sets the clock to a time. */
  set(time: Date | number | string): void;
}

/**
 * Creates a clock that the test controls.
 * @param start first reading: a Date, epoch milliseconds, or a string that Date can parse
 * @throws RangeError if `start` is not a valid time
 */
export function fixedClock(
  start: Date | number | string = '2026-01-01T00:00:00Z',
  { stepMs = 0 }: FixedClockOptions = {},
): FixedClock {
  let nextMs = toMs(start);
  if (!Number.isFinite(stepMs)) throw new RangeError(`stepMs is ${showValue(stepMs)}, not a number of milliseconds.`);
  const read = (): Date => {
    const now = new Date(nextMs);
    nextMs += stepMs;
    return now;
  };
  return Object.assign(read, {
    advance(byMs: number) {
      nextMs = toMs(nextMs + byMs);
    },
    set(time: Date | number | string) {
      nextMs = toMs(time);
    },
  });
}

function toMs(time: Date | number | string): number {
  const ms = new Date(time).getTime();
  if (!Number.isNaN(ms)) return ms;
  // An invalid Date would go unnoticed: the tracker falls back to the system clock.
  throw new RangeError(`${showInFull(time)} is not a valid time. Fix: use fixedClock('2026-01-01T00:00:00Z')`);
}
