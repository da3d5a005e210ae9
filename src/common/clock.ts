/** What tells the time of events. Epoch milliseconds or a Date. @default Date.now */
export type Clock = () => number | Date;

/** The time by `clock`; by the system's if `clock` fails or tells no time, since an event without a time is lost to its readers. */
export function readClock(clock: Clock): number {
  try {
    const time = Number(clock());
    if (Math.abs(time) <= MAX_TIME_MS) return time;
  } catch {
    // The system's clock is right below; a clock of the application that throws must not cost it the event.
  }
  return Date.now();
}

/** ECMA-262, 21.4.1.1: a Date holds 100,000,000 days on either side of 1970. */
const MAX_TIME_MS = 8.64e15;

/** setTimeout fires at once beyond it: a wait of a month would be none. */
export const MAX_TIMER_MS = 2 ** 31 - 1;
