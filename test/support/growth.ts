/** How much CPU time work takes of inputs of two sizes. */
export interface Growth {
  /** Milliseconds for the smaller input. */
  readonly small: number;
  /** Milliseconds for an input four times as long. */
  readonly large: number;
}

const ROUNDS = 3;

/** Measures CPU time, which a busy machine does not lengthen; the least of several rounds. */
export function cpuGrowth(size: number, prepare: (size: number) => () => void): Growth {
  return { small: cpuMs(prepare(size)), large: cpuMs(prepare(4 * size)) };
}

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

/**
 * Fails where the time grows with the square of the size, which is 16 times for four times as much.
 */
export function expectLinear({ small, large }: Growth): void {
  expect(large).toBeLessThan(8 * small + 50);
}
