import type { Clock } from '../common/clock';
import { showInFull, showValue } from '../common/tracking-config.exception';

export interface FixedClockOptions {
  /** How much later each reading is than the one before; every event reads the clock once.  @default 0 */
  readonly stepMs?: number | undefined;
}

/** A clock for the option `clock`, which stands still between readings. */
export interface FixedClock extends Clock {
  /** Reads it, as each event does. */
  (): Date;
  /** Moves it on, or back by a negative number. */
  advance(byMs: number): void;
  /** Sets it to a time. */
  set(time: Date | number | string): void;
}

/**
 * A clock that shows what the test says.
 * @param start the first reading: a Date, epoch milliseconds, or text that a Date can be made of
 * @throws RangeError if that is no time
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
  // An invalid Date would not show: the tracker reads the system's clock in the place of one that tells no time.
  throw new RangeError(`${showInFull(time)} is no time. Fix: fixedClock('2026-01-01T00:00:00Z')`);
}
