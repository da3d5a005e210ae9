import { MAX_TIMER_MS } from './clock';

interface Delays {
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
}

/** 2 ** 1024 is Infinity, and 0 times that no number: a wait that would never end. */
const MAX_DOUBLINGS = 52;

/**
 * `minDelayMs`, doubled so many times, up to `maxDelayMs`. Always a finite number.
 * @param doublings from 0
 */
export function doubledDelayMs(doublings: number, { minDelayMs, maxDelayMs }: Delays): number {
  return Math.min(maxDelayMs, minDelayMs * 2 ** Math.min(doublings, MAX_DOUBLINGS), MAX_TIMER_MS);
}

/**
 * Exponential with full jitter: clients that failed together must not come back together.
 * @param failures in a row, from 1
 * @param random from 0 to 1
 */
export function backoffMs(failures: number, delays: Delays, random: () => number = Math.random): number {
  return Math.round(random() * doubledDelayMs(failures - 1, delays));
}
