/**
 * Function that returns the time of an event, as epoch milliseconds or a Date.
 * @default Date.now
 */
export type TrackingClock = () => number | Date;

/**
 * Returns the time of `clock`. Falls back to the system time if `clock` throws or returns no valid
 * time, because an event without a time is useless to its readers.
 */
export function readClock(clock: TrackingClock): number {
  try {
    const time = Number(clock());
    if (Math.abs(time) <= MAX_TIME_MS) return time;
  } catch {
    // An error in the application's clock must not lose the event; the system time is used below.
  }
  return Date.now();
}

/** Range of a Date (ECMA-262, 21.4.1.1): 100,000,000 days before and after 1970. */
const MAX_TIME_MS = 8.64e15;

/**
 * Maximum delay of setTimeout. It fires immediately above this, so a wait of a month would not wait
 * at all.
 */
export const MAX_TIMER_MS = 2 ** 31 - 1;
