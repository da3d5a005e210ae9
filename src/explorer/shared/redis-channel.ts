import type * as IORedis from 'ioredis';
import type { RedisOptions } from 'ioredis';
import { atMost } from '../../common/at-most';
import { describeError } from '../../common/describe-error';
import { OptionChecker } from '../../common/option-checker';
import type { OptionRules } from '../../common/option-place';
import { text } from '../../common/option-rules';
import { requirePeer } from '../../common/require-peer';
import { within } from '../../common/within';
import { urlRule } from '../../backends/url-rule';
import type { ChannelHost, ChannelLink, ChannelProblem, ExplorerChannel } from './explorer-channel';

export interface RedisChannelOptions {
  /**
   * Beginning of the names of the channels in Redis. Only processes with the same prefix show each
   * other's events.
   * @default 'tracking-explorer'
   */
  readonly prefix?: string | undefined;
}

const USE = { entry: 'nestjs-event-tracking/explorer', peers: ['ioredis'] };
const FIX = 'See that the Redis of redisChannel() runs, and check its address and password.';
const CLOSE_MS = 1000;
/** Milliseconds that Redis has to answer, and between two questions whether it still does. */
const ANSWER_MS = 5000;
const PING_MS = 30_000;
/** Characters that may wait for Redis; more are not sent. */
const MAX_WAITING = 4_000_000;

const RULES: OptionRules<{ url: string } & RedisChannelOptions> = {
  url: urlRule(['redis:', 'rediss:'], { fix: "redisChannel('redis://localhost:6379')" }),
  prefix: text({ fix: "redisChannel(url, { prefix: 'shop-staging' })" }),
};

/** No command waits inside the client: a message that is late is of no use. */
const CONNECTION: RedisOptions = {
  disconnectTimeout: 300,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  keepAlive: 10_000,
  connectTimeout: ANSWER_MS,
  retryStrategy: (times) => Math.min(50 * 2 ** times, 2000) * (0.5 + Math.random() / 2),
};

/**
 * Merges the events of all processes of an application, through channels of Redis: for the option
 * `shared` of TrackingExplorerModule. Needs the package `ioredis`. Nothing is stored in Redis.
 * @param url begins with `redis://` or `rediss://`
 * @throws TrackingConfigException for invalid options
 * @throws MissingPeerException if `ioredis` is not installed
 */
export function redisChannel(url: string, options: RedisChannelOptions = {}): ExplorerChannel {
  const check = new OptionChecker('redisChannel()', { example: "redisChannel('redis://localhost:6379')" });
  const { prefix = 'tracking-explorer' } = check.read({ ...options, url }, RULES);
  check.throwIfAny();
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- so that errors name the fix
  const { Redis } = requirePeer('ioredis', USE, () => require('ioredis') as typeof IORedis);
  return { open: (host) => new RedisChannelLink(() => new Redis(url, CONNECTION), prefix, host) };
}

/** Two connections: one that listens can send nothing. The other one is opened to send. */
class RedisChannelLink implements ChannelLink {
  private readonly listening: IORedis.Redis;
  private sending: IORedis.Redis | undefined;
  private topics: readonly string[] = [];
  private waiting = 0;
  /** Messages that wait for the first connection to send on. */
  private early: (() => void)[] = [];
  private problem: ChannelProblem | undefined;
  private isClosed = false;
  private readonly pings: NodeJS.Timeout;

  constructor(
    private readonly connect: () => IORedis.Redis,
    private readonly prefix: string,
    private readonly host: ChannelHost,
  ) {
    this.listening = this.open();
    this.listening.on('message', (channel: string, message: string) => {
      host.received(channel.slice(prefix.length + 1), message);
    });
    // A connection whose other side has gone without a word would be silent forever.
    this.pings = setInterval(() => {
      if (this.listening.status === 'ready') void this.answer(this.listening, this.listening.ping());
    }, PING_MS).unref();
  }

  listen(topics: readonly string[]): void {
    const { listening, prefix } = this;
    const wanted = topics.map((topic) => `${prefix}:${topic}`);
    const unwanted = this.topics.filter((topic) => !wanted.includes(topic));
    this.topics = wanted;
    if (listening.status !== 'ready') return; // done when it is
    void this.answer(listening, listening.subscribe(...wanted));
    if (unwanted.length > 0) void this.answer(listening, listening.unsubscribe(...unwanted));
  }

  send(topic: string, message: string): boolean {
    if (this.isClosed) return false;
    const isFirst = this.sending === undefined;
    const sending = (this.sending ??= this.open());
    const isOpening = isFirst || this.early.length > 0;
    if ((sending.status !== 'ready' && !isOpening) || this.waiting + message.length > MAX_WAITING) return false;
    this.waiting += message.length;
    const publish = async (): Promise<void> => {
      await this.answer(sending, sending.publish(`${this.prefix}:${topic}`, message));
      this.waiting -= message.length;
    };
    if (isOpening) this.early.push(() => void publish());
    else void publish();
    return true;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearInterval(this.pings);
    const connections = [this.listening, this.sending].flatMap((each) => each ?? []);
    // Lets the last messages out; a Redis that does not answer is not waited for.
    await atMost(CLOSE_MS, Promise.all(connections.flatMap((each) => (each.status === 'ready' ? each.quit() : []))));
    for (const each of connections) each.disconnect();
  }

  private open(): IORedis.Redis {
    const redis = this.connect();
    redis.on('error', (error: Error) => {
      this.fail(error);
    });
    redis.on('close', () => {
      if (redis === this.sending) this.dropEarly();
      this.fail(new Error('the connection was closed'));
    });
    redis.on('ready', () => {
      void this.welcome(redis);
    });
    return redis;
  }

  /** Messages that could not be sent are late by the time that Redis can be reached. */
  private dropEarly(): void {
    if (this.early.length === 0) return;
    this.early = [];
    this.waiting = 0;
  }

  /** ioredis calls a connection ready before Redis has checked the password. */
  private async welcome(redis: IORedis.Redis): Promise<void> {
    const isListening = redis === this.listening;
    if (!isListening) for (const publish of this.early.splice(0)) publish();
    if (!(await this.answer(redis, isListening ? redis.subscribe(...this.topics) : redis.ping()))) return;
    const isWhole = [this.listening, this.sending].every((each) => each === undefined || each.status === 'ready');
    if (isWhole) this.change(undefined);
  }

  /**
   * Waits for an answer of Redis. Never rejects. A connection that does not answer in time is
   * opened again.
   * @returns true if Redis has done it
   */
  private async answer(redis: IORedis.Redis, reply: Promise<unknown>): Promise<boolean> {
    try {
      await within({ timeoutMs: ANSWER_MS, keepsAlive: false }, reply, () => {
        if (!this.isClosed && redis.status === 'ready') redis.disconnect(true);
        throw new Error(`Redis did not answer within ${String(ANSWER_MS)} ms`);
      });
      return true;
    } catch (error) {
      this.fail(error);
      return false;
    }
  }

  private fail(error: unknown): void {
    if (this.isClosed) return;
    const message = error instanceof Error ? error.message : describeError(error);
    this.change({ message: `Redis cannot be reached (${message}).`, fix: FIX });
  }

  private change(problem: ChannelProblem | undefined): void {
    // The reason may change with each attempt to connect; the first one tells most.
    if ((problem === undefined) === (this.problem === undefined) || this.isClosed) return;
    this.problem = problem;
    this.host.changed(problem);
  }
}
