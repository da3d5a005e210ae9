import { Waiters } from '../../src/common/waiters';

describe('Waiters', () => {
  it('releases everyone who waits, in the order of their calls', async () => {
    const waiters = new Waiters();
    const released: number[] = [];
    const all = [1, 2, 3].map((each) => waiters.wait().then(() => released.push(each)));
    expect(waiters.size).toBe(3);
    waiters.release();
    await Promise.all(all);
    expect([released, waiters.size]).toEqual([[1, 2, 3], 0]);
  });

  it('keeps a later caller waiting until the next release', async () => {
    const waiters = new Waiters();
    waiters.release(); // no one waits
    let isReleased = false;
    const first = waiters.wait();
    waiters.release();
    const second = waiters.wait().then(() => (isReleased = true));
    await first;
    expect([isReleased, waiters.size]).toEqual([false, 1]);
    waiters.release();
    await second;
    expect(isReleased).toBe(true);
  });
});
