import { FinishedJobs } from '../../../src/transports/bull/finished-jobs';
import { FakeQueue } from './fake-queue';

describe('FinishedJobs', () => {
  const MINUTE = 60_000;
  let queue: FakeQueue;
  let finished: FinishedJobs;

  beforeEach(() => {
    jest.useFakeTimers({ now: 10 * MINUTE });
    queue = new FakeQueue();
    finished = new FinishedJobs(queue.asQueue);
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const searched = (): unknown[] => queue.client.zrangebyscore.mock.calls.map(([, from, to]) => [from, to]);

  /** Ids of the jobs of each removal. */
  const removed = (): unknown[] => queue.client.eval.mock.calls.map((args) => args.slice(2 + Number(args[1]) + 2));

  it('removes jobs together that finish within a moment, and at once if there are many', async () => {
    finished.remove('1');
    finished.remove('2');
    expect(removed()).toEqual([]);
    await jest.advanceTimersByTimeAsync(50);
    expect(removed()).toEqual([['1', '2']]);
    const many = Array.from({ length: 101 }, (_, at) => String(at));
    for (const id of many) finished.remove(id);
    expect(removed().slice(1)).toEqual([many.slice(0, 100)]);
    await jest.advanceTimersByTimeAsync(50);
    expect(removed().slice(2)).toEqual([['100']]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('resolves whenRemoved once all removals have ended, also after a failure', async () => {
    const ends: ((value: unknown) => void)[] = [];
    queue.client.eval.mockImplementation(() => new Promise((resolve) => ends.push(resolve)));
    finished.remove('1');
    await jest.advanceTimersByTimeAsync(50);
    queue.client.eval.mockRejectedValueOnce(new Error('the connection was lost'));
    finished.remove('2');
    let isOver = false;
    const ended = finished.whenRemoved().then(() => (isOver = true));
    await jest.advanceTimersByTimeAsync(0);
    expect(isOver).toBe(false);
    ends[0]?.(0);
    await ended;
    await finished.whenRemoved(); // nothing is in progress any more
    expect(queue.client.eval).toHaveBeenCalledTimes(2);
  });

  it('searches everything first, and later only what may have finished since', async () => {
    await finished.removeMissed();
    jest.setSystemTime(13 * MINUTE);
    await finished.removeMissed();
    expect(searched()).toEqual([
      ['-inf', 10 * MINUTE],
      [9 * MINUTE, 13 * MINUTE],
    ]);
  });

  it('searches the same time again after a failure', async () => {
    queue.client.zrangebyscore.mockRejectedValueOnce(new Error('the connection was lost'));
    await finished.removeMissed();
    await finished.removeMissed();
    expect(searched()).toEqual([
      ['-inf', 10 * MINUTE],
      ['-inf', 10 * MINUTE],
    ]);
  });

  it('passes over jobs of the application, which it does not remove', async () => {
    const pages = [['own', '1', '2'], ['own']];
    queue.client.zrangebyscore.mockImplementation((_key, _from, _to, _limit, skipped) =>
      Promise.resolve((pages.shift() ?? []).slice(skipped as number)),
    );
    queue.client.eval.mockImplementation((...args) => Promise.resolve(args.includes('own') ? 1 : 0));
    await finished.removeMissed();
    expect(queue.client.zrangebyscore.mock.calls.map(([, , , , skipped]) => skipped)).toEqual([0, 1]);
  });
});
