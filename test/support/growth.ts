/** How much CPU time work takes of inputs of two sizes. */
export interface Growth {
  /** Milliseconds for the smaller input. */
  readonly small: number;
  /** Milliseconds for an input four times as long. */
  readonly large: number;
}

const ROUNDS = 3;

/** Times measured again before a limit counts as missed. */
const TRIES = 10;

/** Measures CPU time, the least of several rounds; up to ten times, while it is not linear. */
export function cpuGrowth(size: number, prepare: (size: number) => () => void): Growth {
  const measured = (): Growth => ({ small: cpuMs(prepare(size)), large: cpuMs(prepare(4 * size)) });
  let growth = measured();
  for (let tries = 1; tries < TRIES && !isLinear(growth); tries++) growth = measured();
  return growth;
}

/**
 * Expects that work can be done in less than `limitMs`. It is measured again, up to ten times,
 * since the other thread of a core can double the CPU time of a single measurement.
 */
export function expectWithin(limitMs: number, measuredMs: () => number): void {
  let least = Infinity;
  for (let tries = 0; tries < TRIES && least >= limitMs; tries++) least = Math.min(least, measuredMs());
  expect(least).toBeLessThan(limitMs);
}

/** The least CPU time of several rounds, in milliseconds. */

export function cpuMs(work: () => void): number {
  let least = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

/** Fails where the time grows with the square of the size: 16 times for four times as much. */
export function expectLinear({ small, large }: Growth): void {
  expect(large).toBeLessThan(8 * small + 50);
}

const isLinear = ({ small, large }: Growth): boolean => large < 8 * small + 50;
