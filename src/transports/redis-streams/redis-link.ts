import type { Redis as RedisClient, RedisOptions } from 'ioredis';
import { doubledDelayMs } from '../../common/backoff';
import { within } from '../../common/within';
import { nextOf, RedisOutage, whenConnected } from '../redis-connecting';
import { Redis } from './peers';
import { isRedis, type RedisTarget } from './redis-target';

const RETRY = { minDelayMs: 50, maxDelayMs: 2000 };

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
  retryStrategy: (times) => doubledDelayMs(times, RETRY) * (0.5 + Math.random() / 2),
};

export interface LinkReports {
  readonly warn: (text: string) => void;
  readonly tell: (text: string) => void;
}

/** What reading needs from a connection. */
export interface StreamLink {
  readonly isReady: boolean;
  /** Resolves once the connection is ready or `signal` is aborted. */
  whenReady(signal: AbortSignal): Promise<void>;
  /** Sends a command. Rejects if the reply does not arrive in time. */
  call(timeoutMs: number, command: string, ...args: string[]): Promise<unknown>;
  /** Sends a command like `call`, and returns the strings of its reply as bytes. */
  callBuffer(timeoutMs: number, command: string, ...args: string[]): Promise<unknown>;
  /** Calls `listener` each time when the connection is ready. */
  onReady(listener: () => void): void;
  /** Calls `listener` each time when the connection is lost. */
  onLost(listener: () => void): void;
  close(): void;
}

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
export class RedisLink implements StreamLink {
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
    while (!this.isReady && !signal.aborted) await nextOf(this.redis, ['ready'], RETRY.maxDelayMs, signal);
  }

  call(timeoutMs: number, command: string, ...args: string[]): Promise<unknown> {
    return this.reply(this.redis.call(command, ...args), timeoutMs);
  }

  callBuffer(timeoutMs: number, command: string, ...args: string[]): Promise<unknown> {
    return this.reply(this.redis.callBuffer(command, ...args), timeoutMs);
  }

  onReady(listener: () => void): void {
    this.redis.on('ready', listener);
  }

  onLost(listener: () => void): void {
    this.redis.on('close', listener);
  }

  reconnect(): void {
    if (!this.isClosed && this.isReady) this.redis.disconnect(true);
  }

  close(): void {
    this.isClosed = true;
    this.outage?.end();
    this.redis.disconnect();
  }

  /**
   * Returns the reply of Redis if it arrives in time. Otherwise rejects and reconnects: a silent
   * Redis holds up everything sent over this connection, and a new connection may work.
   */
  private reply<T>(reply: Promise<T>, timeoutMs: number): Promise<T> {
    return within({ timeoutMs }, reply, () => {
      this.reconnect();
      throw new Error(`Redis did not answer within ${String(timeoutMs)} ms`);
    });
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
