import { setTimeout as wait } from 'node:timers/promises';

/** Milliseconds between two checks. */
const LOOK_MS = 5;

/**
 * Resolves once `isSo` is true, `isEnding` is true, or `maxMs` milliseconds have passed. Does not
 * keep the process alive.
 */
export async function whenSo(isSo: () => boolean, isEnding: () => boolean, maxMs: number): Promise<void> {
  const deadline = performance.now() + maxMs;
  while (!isSo() && !isEnding() && performance.now() < deadline) await wait(LOOK_MS, undefined, { ref: false });
}
