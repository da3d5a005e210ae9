/**
 * Exponential with full jitter: clients that failed together must not come back together.
 * @param failures in a row, from 1
 * @param random from 0 to 1
 */
export function backoffMs(
  failures: number,
  { minDelayMs, maxDelayMs }: { readonly minDelayMs: number; readonly maxDelayMs: number },
  random: () => number = Math.random,
): number {
  return Math.round(random() * Math.min(maxDelayMs, minDelayMs * 2 ** (failures - 1)));
}
