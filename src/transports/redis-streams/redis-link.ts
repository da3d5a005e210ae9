/**
 * One connection to Redis, which is made again for as long as it takes. Nothing waits in it: a command that waits for a connection
 * inside of ioredis is lost with the process, and one that ioredis sends again by itself may come after what its sender did
 * meanwhile. So without a connection a command fails at once, and whoever sent it decides.
 */
import type { Redis as RedisClient, RedisOptions } from 'ioredis';
import { nextOf, RedisOutage, whenConnected } from '../redis-connecting';
import { Redis } from './peers';
import { isRedis, type RedisTarget } from './redis-target';

const FIRST_RETRY_MS = 50;
const MAX_RETRY_MS = 2000;

const OURS: RedisOptions = {
  lazyConnect: true,
  // ioredis waits for a connection to close, one that is gone already included, and the process with it.
  disconnectTimeout: 300,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  // 0: what was under way fails when the connection goes. With null, and not sent again, it would never be settled.
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

  /** @param reports none for one of two connections to the same Redis: one of them says enough */
  constructor(target: RedisTarget, reports: LinkReports | undefined) {
    this.redis = connectionTo(target);
    this.redis.on('error', () => undefined); // ioredis would print it where nothing listens
    if (reports !== undefined) this.outage = this.watch(reports);
  }

  get isReady(): boolean {
    return this.redis.status === 'ready' && !this.isClosed;
  }

  /** Begins to connect, and never ends to, until `close`. */
  connect(): void {
    if (this.redis.status === 'wait') this.redis.connect().catch(() => undefined); // 'error' tells of it
  }

  /** Begins to connect, and waits for a moment. */
  async whenConnected(): Promise<void> {
    this.connect();
    await whenConnected(this.redis);
  }

  /** Resolves once it is ready, or `signal` is aborted. */
  async whenReady(signal: AbortSignal): Promise<void> {
    this.connect();
    while (!this.isReady && !signal.aborted) await nextOf(this.redis, ['ready'], MAX_RETRY_MS, signal);
  }

  /**
   * The reply of Redis, if it comes in time. A Redis that is silent holds all that is sent over this connection: a new one may get
   * through.
   */
  async reply<T>(reply: Promise<T>, timeoutMs: number): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        this.reconnect();
        reject(new Error(`Redis did not answer within ${String(timeoutMs)} ms`));
      }, timeoutMs);
    });
    reply.catch(() => undefined); // its failure may come after the time was up
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
    // A connection is ready before Redis has answered the password.
    redis.on('ready', () => void outage.ask());
    return outage;
  }
}

function connectionTo({ url, connection }: RedisTarget): RedisClient {
  if (connection !== undefined && isRedis(connection)) return connection.duplicate(OURS);
  const options = { ...connection, ...OURS };
  return url === undefined ? new Redis(options) : new Redis(url, options);
}
