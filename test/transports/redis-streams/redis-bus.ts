import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { backend, consumer, EventBusBackend, MemoryBackend } from '../../../src/entries';
import type { ConsumerCounts } from '../../../src/entries/types';
import type { BackendNodeOptions, Backends } from '../../../src/routing/description';
import { codec } from '../../../src/transports/redis-streams/peers';
import { TRACKING_EVENT_TYPE, type TrackingLog } from '../../../src/transports/bus/tracking-log';
import {
  redisStreams,
  RedisStreamsConsumer,
  type RedisStreamsConsumerOptions,
} from '../../../src/entries/redis-streams';
import { closeLater, type BuiltTracking } from '../../support/start-tracking';
import { until } from '../../support/until';

/** A stream of one test, and what the test itself asks Redis. */
export class RedisBus {
  readonly topic = `test-${randomUUID()}`;
  readonly group = 'group';
  readonly redis: Redis;

  constructor(readonly url: string) {
    this.redis = new Redis(url, {
      // With the default of 2 s, ioredis holds the process for that long after a connection that is
      // gone.
      ...{ maxRetriesPerRequest: null, retryStrategy: () => 50, disconnectTimeout: 100 },
    });
    this.redis.on('error', () => undefined); // the server may be killed by the test
    closeLater({
      close: async () => {
        await Promise.race([this.redis.del(this.topic).catch(() => undefined), wait(500, undefined, { ref: false })]);
        this.redis.disconnect();
      },
    });
  }

  /** A node that sends. */
  sender(options: object = {}, host: BackendNodeOptions = {}) {
    const producer = redisStreams({ url: this.url });
    return backend(EventBusBackend, { producer, topic: this.topic, ...options }, host);
  }

  /** A node that receives only. */
  receiver(backends: Backends = { memory: backend(MemoryBackend) }, host: BackendNodeOptions = {}) {
    return backend(EventBusBackend, {}, { backends, ...host });
  }

  consumer(options: Partial<RedisStreamsConsumerOptions> = {}, settings = {}) {
    const { url, topic, group } = this;
    const topics = options.topics === undefined ? { topic } : {};
    return consumer(RedisStreamsConsumer, { url, group, ...topics, ...options }, settings);
  }

  /** As another producer would, one after the other. */
  async add(logs: readonly Partial<TrackingLog & { id: string }>[], key = this.topic): Promise<string[]> {
    const pipeline = this.redis.pipeline();
    for (const { id = randomUUID(), ...log } of logs) {
      const whole = { name: 'e', timestamp: '2026-11-24T12:00:00+00:00', data: '{}', context: '{}', ...log };
      pipeline.xadd(key, '*', 'type', TRACKING_EVENT_TYPE, 'id', id, 'event_data', codec.encode(whole));
    }
    return ((await pipeline.exec()) ?? []).map(([, id]) => id as string);
  }

  async pending(group = this.group): Promise<number> {
    const [count] = (await this.redis.xpending(this.topic, group)) as [number];
    return count;
  }

  /**
   * Waits until Redis has heard of everything that it gave to the group, and nothing is left to
   * give.
   */
  async whenAllDone(group = this.group): Promise<void> {
    let state: unknown = 'not asked';
    let isDone = false;
    let isAsking = false;
    await until(
      () => {
        if (!isAsking && !isDone) {
          isAsking = true;
          void this.redis
            .xinfo('GROUPS', this.topic)
            .then((groups) => {
              const facts = (groups as unknown[][]).find((each) => each[1] === group) ?? [];
              state = JSON.stringify(facts);
              const valueOf = (name: string): unknown => facts[facts.indexOf(name) + 1];
              isDone = valueOf('pending') === 0 && valueOf('lag') === 0;
            })
            .catch((error: unknown) => (state = error))
            .finally(() => (isAsking = false));
        }
        return isDone;
      },
      () => state,
      15_000,
    );
  }
}

export function books({ ledger }: Pick<BuiltTracking, 'ledger'>, name = 'bus'): ConsumerCounts {
  const counts = ledger.consumers().find((each) => each.name === name);
  if (counts === undefined) throw new Error(`there is no consumer ${name}`);
  return counts;
}

/** Ids of events, in the order of their numbers. */
export const idsFrom = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `0190a6f0-0000-7000-8000-${at.toString(16).padStart(12, '0')}`);
