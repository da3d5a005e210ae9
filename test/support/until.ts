import { setTimeout as wait } from 'node:timers/promises';

/** Polls until it is so; fails after `deadlineMs`, with what `state` shows by then. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  state: () => unknown = () => '',
  deadlineMs = 10_000,
): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`not so after ${String(deadlineMs)} ms: ${String(state())}`);
    await wait(2);
  }
}
