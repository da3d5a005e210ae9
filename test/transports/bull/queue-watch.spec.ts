import { setImmediate as turn } from 'node:timers/promises';
import { QueueWatch, settledKey } from '../../../src/transports/bull/queue-watch';
import { FakeQueue } from './fake-queue';

const watches: QueueWatch[] = [];

/** A watch over a fake queue, whose keys are in `keys`. */
function setUp() {
  const queue = new FakeQueue();
  const keys = new Map<string, string>();
  const { client } = queue;
  client.mget.mockImplementation((...names) => Promise.resolve(names.map((name) => keys.get(name) ?? null)));
  client.get.mockImplementation((name) => Promise.resolve(keys.get(name) ?? null));
  client.set.mockImplementation((name, value) => {
    if (!keys.has(String(name))) keys.set(String(name), String(value));
    return Promise.resolve('OK');
  });
  const reports: string[] = [];
  const watch = new QueueWatch(queue.asQueue, {
    warn: (text) => reports.push(`warn ${text}`),
    tell: (text) => reports.push(`tell ${text}`),
  });
  watches.push(watch);
  const settle = (emitter: string, count: number): void => {
    keys.set(settledKey(queue.asQueue, emitter), String(count));
  };
  /** Empties Redis, as FLUSHALL does; another process may write its key at once. */
  const empty = (epoch?: string): void => {
    keys.clear();
    if (epoch !== undefined) keys.set('bull:tracking:tracking:epoch', epoch);
  };
  return { queue, keys, reports, watch, settle, empty };
}

const settled = async (): Promise<void> => {
  for (let at = 0; at < 10; at++) await turn();
};

describe('QueueWatch', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
  });
  afterEach(() => {
    for (const watch of watches.splice(0)) watch.end();
    jest.useRealTimers();
  });

  it('counts the events that were added and are not settled', async () => {
    const { watch, settle } = setUp();
    await watch.look();
    watch.put(10, watch.emitter);
    settle(watch.emitter, 4);
    await watch.look();
    expect(watch.read()).toMatchObject({ unsettledEvents: 6, emptiedEvents: 0 });
  });

  it('does not count events as unsettled again when their count expires', async () => {
    const { watch, settle, keys, queue } = setUp();
    await watch.look();
    watch.put(10, watch.emitter);
    settle(watch.emitter, 10);
    await watch.look();
    keys.delete(settledKey(queue.asQueue, watch.emitter));
    await watch.look();
    watch.put(2, watch.emitter);
    expect(watch.read().unsettledEvents).toBe(2);
  });

  it.each([
    ['this process finds first', undefined],
    ['another process has found', 'other'],
  ])('counts the unsettled events as lost when Redis was emptied, which %s', async (_, epoch) => {
    const { watch, settle, empty, reports } = setUp();
    await watch.look();
    watch.put(10, watch.emitter);
    settle(watch.emitter, 4);
    await watch.look();
    empty(epoch);
    await watch.look();
    await watch.look();
    expect(watch.read()).toMatchObject({ unsettledEvents: 0, emptiedEvents: 6 });
    expect(reports).toEqual([expect.stringMatching(/^warn the queue "tracking" was emptied .*at most 6 .*Fix: /)]);
  });

  it('adopts the key of other processes at the start', async () => {
    const { watch, empty, reports } = setUp();
    empty('other');
    await watch.look();
    await watch.look();
    expect(reports).toEqual([]);
  });

  it('counts for the previous emitter a batch that was being sent when the queue was found empty', async () => {
    const { watch, empty } = setUp();
    await watch.look();
    const { emitter } = watch;
    empty();
    await watch.look();
    watch.put(5, emitter);
    expect([watch.emitter === emitter, watch.read().unsettledEvents]).toEqual([false, 5]);
  });

  it('counts waiting and active jobs at each interval', async () => {
    const { queue, watch } = setUp();
    watch.begin();
    await settled();
    queue.counts = { waiting: 1, active: 2, delayed: 3, failed: 9, completed: 9, paused: 4 };
    await jest.advanceTimersByTimeAsync(5000);
    expect(watch.read()).toMatchObject({ waitingJobs: 8, activeJobs: 2, lookedAt: new Date() });
  });

  it('reports jobs that were removed, after six checks with the same numbers', async () => {
    const { watch, reports } = setUp();
    watch.begin();
    await settled();
    await watch.look();
    watch.put(3, watch.emitter);
    await jest.advanceTimersByTimeAsync(25_000);
    expect(reports).toEqual([]);
    await jest.advanceTimersByTimeAsync(5000);
    expect(reports).toEqual([expect.stringMatching(/holds no jobs any more.*at most 3 .*Fix: /)]);
  });

  it('reports an outage once, and its end', async () => {
    const { queue, watch, reports } = setUp();
    watch.begin();
    await settled();
    queue.client.status = 'reconnecting';
    queue.emit('error', new Error('ECONNREFUSED'));
    queue.emit('error', new Error('ECONNREFUSED'));
    queue.client.connect();
    await settled();
    await jest.advanceTimersByTimeAsync(1000);
    expect(reports).toEqual([
      expect.stringMatching(/^warn the Redis of the queue "tracking" cannot be reached \(ECONNREFUSED\).*Fix: /),
      'tell the Redis of the queue "tracking" answers again.',
    ]);
  });

  it('asks Redis whether an error of a command was one of its own', async () => {
    const { queue, watch, reports } = setUp();
    watch.begin();
    await settled();
    queue.client.ping.mockRejectedValueOnce(new Error('NOAUTH Authentication required.'));
    queue.emit('error', new Error('Missing lock for job 7'));
    queue.emit('error', new Error('Missing lock for job 8'));
    await settled();
    expect(reports).toEqual([expect.stringContaining('cannot be reached (NOAUTH Authentication required.)')]);
  });

  it('asks a new connection once, and logs nothing of a Redis that is right', async () => {
    const { queue, watch, reports } = setUp();
    queue.client.info.mockResolvedValue('maxmemory_policy:noeviction\r\n');
    watch.begin();
    queue.client.connect(); // while the first check is in progress
    await settled();
    expect([queue.client.ping.mock.calls.length, reports]).toEqual([1, []]);
  });

  it('warns of a Redis that may evict jobs', async () => {
    const { queue, watch, reports } = setUp();
    queue.client.info.mockResolvedValue('maxmemory_policy:allkeys-lru\r\n');
    watch.begin();
    await settled();
    expect(reports).toEqual([expect.stringMatching(/may evict jobs .*\(maxmemory-policy allkeys-lru\).*Fix: /)]);
  });

  it('warns once of a cluster that its client does not know', async () => {
    const { queue, watch, reports } = setUp();
    queue.client.info.mockImplementation((section) =>
      Promise.resolve(section === 'cluster' ? 'cluster_enabled:1' : ''),
    );
    watch.begin();
    await settled();
    queue.client.connect();
    await settled();
    expect(reports).toEqual([
      expect.stringMatching(/is a Redis Cluster, but its client is not a cluster client.*Fix: /),
    ]);
  });

  it('asks nothing while Redis is not ready, and nothing after `end`', async () => {
    const { queue, watch } = setUp();
    queue.client.status = 'connecting';
    watch.begin();
    await jest.advanceTimersByTimeAsync(10_000);
    expect([queue.client.ping.mock.calls.length, queue.client.info.mock.calls.length]).toEqual([0, 0]);
    watch.end();
    queue.client.connect();
    await jest.advanceTimersByTimeAsync(10_000);
    expect([queue.client.ping.mock.calls.length, queue.listenerCount('error'), jest.getTimerCount()]).toEqual([
      0, 0, 0,
    ]);
  });
});
