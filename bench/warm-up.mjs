// A subject is measured once the compiler has done its work: when it costs the same twice in a row.

const TOLERANCE = 0.03;

/**
 * Runs a subject in windows until two in a row differ by less than 3 % in CPU time per event, or a
 * limit is reached, which is then said. The first events are measured apart: a process that lives
 * for some requests only has no other ones.
 *
 * @param run runs a number of events and resolves with the CPU time in µs that they took in all
 * @param cold number of first events
 * @param window number of events of the next window, given the µs per event so far
 * @param maxWindows 0 measures the first events only
 */
export async function warmUp(run, { cold, window, maxWindows = 40, maxMs = 20_000, now = () => performance.now() }) {
  const startedAt = now();
  const coldUs = (await run(cold)) / cold;
  let events = cold;
  let last = Number.POSITIVE_INFINITY;
  let windows = 0;
  let isSteady = false;
  while (!isSteady && windows < maxWindows && now() - startedAt < maxMs) {
    const count = window(windows === 0 ? coldUs : last);
    const us = (await run(count)) / count;
    isSteady = Math.abs(us - last) < TOLERANCE * last;
    last = us;
    events += count;
    windows++;
  }
  return { coldUs, events, windows, warmUpMs: now() - startedAt, ...(maxWindows === 0 ? {} : { isSteady }) };
}

/**
 * The windows of work that is done in bursts: large enough for 100 ms of CPU time, so that a
 * collection of garbage is not 3 %.
 */
export function windowOf(burst) {
  return (us) => Math.ceil(100_000 / us / burst) * burst;
}
