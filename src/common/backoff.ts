import { MAX_TIMER_MS } from './clock';

export interface Delays {
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
}

/**
 * Upper limit of the exponent: 2 ** 1024 is Infinity, and 0 * Infinity is NaN, so the wait would
 * never end.
 */
const MAX_DOUBLINGS = 52;

/**
 * Returns `minDelayMs` doubled the given number of times, up to `maxDelayMs`. Always a finite
 * number.
 * @param doublings number of doublings, from 0
 */
export function doubledDelayMs(doublings: number, { minDelayMs, maxDelayMs }: Delays): number {
  return Math.min(maxDelayMs, minDelayMs * 2 ** Math.min(doublings, MAX_DOUBLINGS), MAX_TIMER_MS);
}

/**
 * Returns an exponential delay with full jitter, so that clients that failed together do not retry
 * together.
 * @param failures number of consecutive failures, from 1
 * @param random returns a number from 0 to 1
 */
export function backoffMs(failures: number, delays: Delays, random: () => number = Math.random): number {
  return Math.round(random() * doubledDelayMs(failures - 1, delays));
}
