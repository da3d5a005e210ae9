import { EventEmitter } from 'node:events';
import type { Redis, RedisOptions } from 'ioredis';
import { RedisLink } from '../../../src/transports/redis-streams/redis-link';

/** An ioredis client that a test drives. */
class FakeRedis extends EventEmitter {
  status = 'wait';
  readonly connect = jest.fn(() => {
    this.status = 'connecting';
    return Promise.reject(new Error('ECONNREFUSED'));
  });
  readonly disconnect = jest.fn();
  readonly ping = jest.fn(() => Promise.resolve('PONG'));
  readonly call = jest.fn((..._args: unknown[]): Promise<unknown> => Promise.resolve('reply'));
  readonly callBuffer = jest.fn((..._args: unknown[]): Promise<unknown> => Promise.resolve(Buffer.from('reply')));

  become(status: string, ...args: unknown[]): void {
    if (status !== 'error') this.status = status;
    this.emit(status, ...args);
  }
}

/** A link whose client is fake, and what it reports. */
function setUp(isReporting = true) {
  const redis = new FakeRedis();
  let options: RedisOptions = {};
  const given = {
    duplicate: (wanted: RedisOptions) => {
      options = wanted;
      return redis;
    },
  };
  const reports: string[] = [];
  const target = { connection: given as unknown as Redis };
  const link = new RedisLink(
    target,
    isReporting
      ? { warn: (text) => reports.push(`warn ${text}`), tell: (text) => reports.push(`tell ${text}`) }
      : undefined,
  );
  return { redis, link, reports, options };
}

const pass = (ms = 0): Promise<void> => jest.advanceTimersByTimeAsync(ms);

describe('RedisLink', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('connects on demand, once, and survives a failure to connect', async () => {
    const { redis, link } = setUp();
    expect(redis.connect).not.toHaveBeenCalled();
    link.connect();
    link.connect();
    redis.become('error', new Error('ECONNREFUSED'));
    await pass();
    expect(redis.connect).toHaveBeenCalledTimes(1);
  });

  it('keeps no command in the client, and reconnects without limit', () => {
    const { options } = setUp();
    expect(options).toMatchObject({
      ...{
        lazyConnect: true,
        enableOfflineQueue: false,
        autoResendUnfulfilledCommands: false,
        maxRetriesPerRequest: 0,
      },
    });
    const delays = [1, 2, 3, 100].map((times) => Number(options.retryStrategy?.(times)));
    for (const [at, longest] of [100, 200, 400, 2000].entries()) {
      expect(delays[at]).toBeLessThanOrEqual(longest);
      expect(delays[at]).toBeGreaterThanOrEqual(longest / 2);
    }
  });

  it('is ready when the client is, and never after it was closed', () => {
    const { redis, link } = setUp();
    redis.become('ready');
    expect(link.isReady).toBe(true);
    link.close();
    expect([link.isReady, redis.disconnect.mock.calls]).toEqual([false, [[]]]);
  });

  it('waits until it is ready or the signal is aborted', async () => {
    const { redis, link } = setUp();
    const ending = new AbortController();
    const over: string[] = [];
    void link.whenReady(ending.signal).then(() => over.push('ready'));
    await pass(10_000);
    expect(over).toEqual([]);
    redis.become('ready');
    await pass();
    redis.become('close');
    void link.whenReady(ending.signal).then(() => over.push('aborted'));
    await pass();
    expect(over).toEqual(['ready']);
    ending.abort();
    await pass();
    expect(over).toEqual(['ready', 'aborted']);
  });

  it('returns the replies to commands, as strings or as bytes', async () => {
    const { redis, link } = setUp();
    expect(await link.call(100, 'XLEN', 's')).toBe('reply');
    expect(await link.callBuffer(100, 'XRANGE', 's', '-', '+')).toEqual(Buffer.from('reply'));
    expect([redis.call.mock.calls, redis.callBuffer.mock.calls]).toEqual([
      [['XLEN', 's']],
      [['XRANGE', 's', '-', '+']],
    ]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('rejects and reconnects when Redis does not reply in time', async () => {
    const { redis, link } = setUp();
    redis.become('ready');
    let fail = (_error: Error): void => undefined;
    redis.call.mockReturnValueOnce(new Promise((_resolve, reject) => (fail = reject)));
    const called = expect(link.call(100, 'XLEN', 's')).rejects.toThrow('Redis did not answer within 100 ms');
    await pass(100);
    await called;
    expect(redis.disconnect.mock.calls).toEqual([[true]]);
    fail(new Error('Connection is closed.')); // must not become an unhandled rejection
    await pass();
  });

  it('reconnects only a connection that is ready', () => {
    const { redis, link } = setUp();
    link.reconnect();
    redis.become('ready');
    link.close();
    link.reconnect();
    expect(redis.disconnect.mock.calls).toEqual([[]]);
  });

  it('reports an outage once, and its end when Redis has replied for a second', async () => {
    const { redis, reports } = setUp();
    redis.become('error', new Error('ECONNREFUSED'));
    redis.become('close');
    redis.become('ready');
    await pass(1000);
    expect(reports).toEqual([
      expect.stringMatching(/^warn its Redis cannot be reached \(ECONNREFUSED\).*Fix: /),
      'tell its Redis answers again.',
    ]);
  });

  it('reports a Redis that refuses commands though it is ready', async () => {
    const { redis, reports } = setUp();
    redis.ping.mockRejectedValue(new Error('NOAUTH Authentication required.'));
    redis.become('ready');
    await pass();
    expect(reports).toEqual([expect.stringContaining('(NOAUTH Authentication required.)')]);
  });

  it('reports nothing as the second connection, nor after it was closed', async () => {
    const second = setUp(false);
    second.redis.become('error', new Error('ECONNREFUSED'));
    second.redis.become('ready');
    const closed = setUp();
    closed.link.close();
    closed.redis.become('close');
    await pass(1000);
    expect([second.reports, second.redis.ping.mock.calls, closed.reports]).toEqual([[], [], []]);
  });

  it('calls its listeners at each connection and each loss', () => {
    const { redis, link } = setUp();
    const events: string[] = [];
    link.onReady(() => events.push('ready'));
    link.onLost(() => events.push('lost'));
    for (const status of ['ready', 'close', 'ready']) redis.become(status);
    expect(events).toEqual(['ready', 'lost', 'ready']);
  });
});
