import { warmUp, windowOf } from '../../bench/warm-up.mjs';

/** A subject whose events cost one of these after the other, in each window; then the last one. */
function subject(...costs: readonly number[]) {
  const counts: number[] = [];
  const run = async (count: number) => {
    await Promise.resolve();
    const us = costs[Math.min(counts.length, costs.length - 1)]!;
    counts.push(count);
    return us * count;
  };
  return { counts, run };
}
const window = () => 100;

describe('warmUp', () => {
  it('ends with the first two windows in a row that differ by less than 3 %', async () => {
    const { counts, run } = subject(90, 50, 48, 30, 29.2);
    const result = await warmUp(run, { cold: 10, window });
    expect(counts).toEqual([10, 100, 100, 100, 100]);
    expect(result).toMatchObject({ coldUs: 90, events: 410, windows: 4, isSteady: true });
  });

  it('counts a window that is dearer than the last one as different too', async () => {
    const { run } = subject(90, 20, 20.7, 21.4, 21.6);
    expect(await warmUp(run, { cold: 10, window })).toMatchObject({ windows: 4, isSteady: true });
  });

  it('compares no window with the first events', async () => {
    const { run } = subject(20, 20, 20);
    expect(await warmUp(run, { cold: 10, window })).toMatchObject({ windows: 2, isSteady: true });
  });

  it('says that it is not steady after the largest number of windows', async () => {
    const { counts, run } = subject(90, 64, 32, 16, 8, 4, 2);
    expect(await warmUp(run, { cold: 10, window, maxWindows: 3 })).toMatchObject({ windows: 3, isSteady: false });
    expect(counts).toHaveLength(4);
  });

  it('says that it is not steady after the longest time, and how long it took', async () => {
    let at = 5;
    const now = () => (at += 10);
    const { run } = subject(90, 64, 32, 16, 8, 4, 2);
    const result = await warmUp(run, { cold: 10, window, maxMs: 25, now });
    expect(result).toMatchObject({ windows: 2, isSteady: false, warmUpMs: 40 });
  });

  it('only measures the first events if there are to be no windows', async () => {
    const { counts, run } = subject(90);
    const result = await warmUp(run, { cold: 10, window, maxWindows: 0 });
    expect(result).toMatchObject({ coldUs: 90, events: 10, windows: 0 });
    expect(result).not.toHaveProperty('isSteady');
    expect(counts).toEqual([10]);
  });

  it('asks for the size of a window with the last cost of an event', async () => {
    const asked: number[] = [];
    const { run } = subject(90, 40, 20, 20);
    await warmUp(run, { cold: 10, window: (us) => asked.push(us) * 100 });
    expect(asked).toEqual([90, 40, 20]);
  });
});

describe('windowOf', () => {
  it('is 100 ms of CPU time, in whole bursts', () => {
    expect(windowOf(100)(10)).toBe(10_000);
    expect(windowOf(100)(7)).toBe(14_300);
    expect(windowOf(100)(1e6)).toBe(100);
  });
});
