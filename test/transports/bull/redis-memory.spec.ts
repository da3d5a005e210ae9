import { isOutOfMemory, RedisMemory } from '../../../src/transports/bull/redis-memory';
import { FakeQueue } from './fake-queue';

const MB = 1_048_576;
const infoOf = (usedMb: number, maxMb: number, policy = 'noeviction', uncountedMb = 0): string =>
  [
    `used_memory:${String(usedMb * MB)}`,
    `mem_not_counted_for_evict:${String(uncountedMb * MB)}`,
    `maxmemory:${String(maxMb * MB)}`,
    `maxmemory_policy:${policy}`,
  ].join('\r\n');

/** The memory of a Redis that uses `usedMb` of `maxMb`, and what is reported of it. */
function setUp(info: string) {
  const queue = new FakeQueue();
  const reports: string[] = [];
  const memory = new RedisMemory(queue.asQueue, {
    warn: (text) => reports.push(`warn ${text}`),
    tell: (text) => reports.push(`tell ${text}`),
  });
  queue.client.info.mockResolvedValue(info);
  const set = (next: string): void => void queue.client.info.mockResolvedValue(next);
  return { queue, reports, memory, set };
}

describe('RedisMemory', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it.each([
    [79, 100, true],
    [80, 100, false],
    [9743, 10_000, true], // 256 MiB are kept free at most
    [9744, 10_000, false],
  ])('at %d of %d MB has capacity: %s', async (used, max, hasRoom) => {
    const { memory } = setUp(infoOf(used, max));
    expect(await memory.hasRoom()).toBe(hasRoom);
  });

  it.each([
    ['without a limit', infoOf(1000, 0)],
    ['that evicts keys', infoOf(100, 100, 'allkeys-lru')],
    ['whose buffers fill the rest', infoOf(90, 100, 'noeviction', 20)],
  ])('of a Redis %s has capacity', async (_, info) => {
    const { memory } = setUp(info);
    expect(await memory.hasRoom()).toBe(true);
  });

  it('has capacity and knows no policy if the user may not run INFO', async () => {
    const { queue, memory } = setUp('');
    queue.client.info.mockRejectedValue(new Error('NOPERM'));
    expect([await memory.hasRoom(), await memory.look()]).toEqual([true, undefined]);
  });

  it('returns the policy of Redis', async () => {
    const { memory } = setUp(infoOf(1, 100, 'volatile-lru'));
    expect(await memory.look()).toBe('volatile-lru');
  });

  it('asks Redis once a second at most', async () => {
    const { queue, memory } = setUp(infoOf(10, 100));
    await memory.hasRoom();
    await memory.hasRoom();
    jest.advanceTimersByTime(1000);
    await memory.hasRoom();
    expect(queue.client.info).toHaveBeenCalledTimes(1);
    jest.advanceTimersByTime(1);
    await memory.hasRoom();
    expect(queue.client.info).toHaveBeenCalledTimes(2);
  });

  it('asks at once when the jobs added since would fill it', async () => {
    const { queue, memory, set } = setUp(infoOf(70, 100));
    await memory.hasRoom();
    memory.add(9 * MB); // counts as a quarter more
    set(infoOf(81, 100));
    expect([await memory.hasRoom(), queue.client.info.mock.calls.length]).toEqual([false, 2]);
  });

  it('asks after Redis has refused a job', async () => {
    const { queue, memory } = setUp(infoOf(10, 100));
    await memory.hasRoom();
    memory.refused();
    await memory.hasRoom();
    expect(queue.client.info).toHaveBeenCalledTimes(2);
  });

  it('reports once that it is full, and once that it has memory again', async () => {
    const { memory, reports, set } = setUp(infoOf(90, 100));
    await memory.look();
    await memory.look();
    expect(reports).toEqual([
      expect.stringMatching(
        /^warn the Redis of the queue "tracking" is full \(90\.0 of maxmemory 100\.0 MB are used\).*Fix: /,
      ),
    ]);
    jest.advanceTimersByTime(10_001);
    set(infoOf(39, 100));
    await memory.look();
    await memory.look();
    expect(reports.slice(1)).toEqual(['tell the Redis of the queue "tracking" has free memory again.']);
  });

  it.each([
    ['it is half full', 10_001, 41],
    ['it was full ten seconds ago', 10_000, 10],
  ])('still counts as full if %s', async (_, passedMs, usedMb) => {
    const { memory, reports, set } = setUp(infoOf(90, 100));
    await memory.look();
    jest.advanceTimersByTime(passedMs);
    set(infoOf(usedMb, 100));
    await memory.look();
    expect(reports).toHaveLength(1);
  });

  it('counts as full after a refused job until a job is accepted', async () => {
    const { memory, reports } = setUp(infoOf(10, 100));
    memory.refused();
    jest.advanceTimersByTime(10_001);
    await memory.look();
    expect(reports).toEqual([expect.stringMatching(/is full: new events wait/)]);
    memory.add(100);
    await memory.look();
    expect(reports).toHaveLength(2);
  });

  it('has memory again with the next accepted job if Redis has no known limit', () => {
    const { memory, reports } = setUp('');
    memory.refused();
    memory.add(100);
    expect(reports).toHaveLength(2);
  });

  it('recognizes the refusal of a full Redis', () => {
    const refusal = new Error("OOM command not allowed when used memory > 'maxmemory'.");
    expect([refusal, new Error('NOAUTH'), 'OOM command not allowed'].map(isOutOfMemory)).toEqual([true, false, false]);
  });
});
