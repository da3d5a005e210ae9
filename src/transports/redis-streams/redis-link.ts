/**
 * One connection to Redis, which reconnects without limit. No command waits in the client: a
 * command queued inside ioredis is lost with the process, and a command that ioredis sends again
 * may arrive after later commands of its sender. Without a connection, a command therefore fails at
 * once, and the caller decides what to do.
 *
 * States:
 * - Waiting: not connected. `connect`, `whenConnected` and `whenReady` start to connect.
 * - Connecting: the client connects, again after each failure or lost connection.
 * - Ready: `isReady` is true and commands are sent. A lost connection or `reconnect` moves back to
 *   Connecting.
 * - Closed: `close` moves here. The link is not used again.
 */
import type { Redis as RedisClient, RedisOptions } from 'ioredis';
import { nextOf, RedisOutage, whenConnected } from '../redis-connecting';
import { Redis } from './peers';
import { isRedis, type RedisTarget } from './redis-target';

const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 2000;

const OURS: RedisOptions = {
  lazyConnect: true,
  // ioredis waits until a connection has closed, even if it is gone already, and keeps the process
  // alive meanwhile.
  disconnectTimeout: 300,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  // 0: commands in progress fail when the connection is lost. With null, and not being sent again,
  // they would never settle.
  maxRetriesPerRequest: 0,
  enableAutoPipelining: false,
  retryStrategy: (times) =>
    Math.min(FIRST_RETRY_MS * 2 ** Math.min(times, 10), MAX_RETRY_MS) * (0.5 + Math.random() / 2),
};

export interface LinkReports {
  readonly warn: (text: string) => void;
  readonly tell: (text: string) => void;
}

export class RedisLink {
  readonly redis: RedisClient;
  private readonly outage: RedisOutage | undefined;
  private isClosed = false;

  /**
   * @param reports undefined for one of two connections to the same Redis, because one reports
   *   enough
   */
  constructor(target: RedisTarget, reports: LinkReports | undefined) {
    this.redis = connectionTo(target);
    this.redis.on('error', () => undefined); // without a listener, ioredis prints the error
    if (reports !== undefined) this.outage = this.watch(reports);
  }

  get isReady(): boolean {
    return this.redis.status === 'ready' && !this.isClosed;
  }

  /** Starts to connect, and keeps trying until `close`. */
  connect(): void {
    // The 'error' event reports a failure.
    if (this.redis.status === 'wait') this.redis.connect().catch(() => undefined);
  }

  /** Starts to connect and waits briefly. */
  async whenConnected(): Promise<void> {
    this.connect();
    await whenConnected(this.redis);
  }

  /** Resolves once the connection is ready or `signal` is aborted. */
  async whenReady(signal: AbortSignal): Promise<void> {
    this.connect();
    while (!this.isReady && !signal.aborted) await nextOf(this.redis, ['ready'], MAX_RETRY_MS, signal);
  }

  /**
   * Returns the reply of Redis if it arrives in time. Otherwise rejects and reconnects: a silent
   * Redis holds up everything sent over this connection, and a new connection may work.
   */
  async reply<T>(reply: Promise<T>, timeoutMs: number): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        this.reconnect();
        reject(new Error(`Redis did not answer within ${String(timeoutMs)} ms`));
      }, timeoutMs);
    });
    reply.catch(() => undefined); // it may fail after the time limit
    try {
      return await Promise.race([reply, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  reconnect(): void {
    if (!this.isClosed && this.isReady) this.redis.disconnect(true);
  }

  close(): void {
    this.isClosed = true;
    this.outage?.end();
    this.redis.disconnect();
  }

  private watch({ warn, tell }: LinkReports): RedisOutage {
    const { redis } = this;
    const outage = new RedisOutage(redis, {
      failing: ({ message }) => {
        warn(
          `its Redis cannot be reached (${message}); it is tried again. Fix: see that it runs, and check its address and password.`,
        );
      },
      answering: () => {
        tell('its Redis answers again.');
      },
    });
    redis.on('error', (error: Error) => {
      outage.failed(error);
    });
    redis.on('close', () => {
      outage.failed(new Error('the connection was closed'));
    });
    // ioredis reports a connection as ready before Redis has checked the password.
    redis.on('ready', () => void outage.ask());
    return outage;
  }
}

function connectionTo({ url, connection }: RedisTarget): RedisClient {
  if (connection !== undefined && isRedis(connection)) return connection.duplicate(OURS);
  const options = { ...connection, ...OURS };
  return url === undefined ? new Redis(options) : new Redis(url, options);
}
