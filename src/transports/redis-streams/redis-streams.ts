import type { DeliveryOptions } from '../../delivery/delivery-options';
import { OptionChecker } from '../../common/option-checker';
import type { OptionRules } from '../../common/option-place';
import { anyOf, anyText, number, text, value } from '../../common/option-rules';
import type { ProducerDescription } from '../bus/bus-producer';
import { codec } from './peers';
import { RedisLink } from './redis-link';
import { checkTarget, TARGET_RULES, type RedisTarget } from './redis-target';
import { streamKey } from './stream-form';
import { StreamProducer } from './stream-producer';
import { StreamTrimmer } from './stream-trimmer';

export interface RedisStreamsOptions extends RedisTarget {
  /**
   * Prefix of the stream name, like the reference's EVENT_BUS_TOPIC_PREFIX: the stream is
   * `prefix-topic`.
   * @default none: the stream is the topic
   */
  readonly keyPrefix?: string | undefined;
  /**
   * Approximate number of entries to which a stream is trimmed, whether they were read or not, like
   * the reference's EVENT_BUS_REDIS_STREAM_MAX_LEN. Null means never.
   * @default none: about 10,000 of the newest entries are kept, and older ones that a group has
   *   still to read or acknowledge; at most about 1,000,000 entries in total
   */
  readonly maxLen?: number | null | undefined;
  /** The `source` attribute of the CloudEvent: the sender.  @default 'nestjs-event-tracking' */
  readonly source?: string | undefined;
}

/** Sends one batch at a time, so that the stream keeps the order of events. */
const DELIVERY: DeliveryOptions = { batch: { maxEvents: 500, maxWaitMs: 100 }, ordered: true };
/**
 * Limit of entries on the stream, including unread ones. A group without readers must not fill
 * Redis, which would stop everything else stored there.
 */
const MAX_UNREAD = 1_000_000;

const RULES: OptionRules<RedisStreamsOptions> = {
  ...TARGET_RULES,
  keyPrefix: anyText({ fix: "keyPrefix: 'dev', or leave it out" }),
  maxLen: anyOf([number({ min: 1, isWhole: true }), value('null', (given) => given === null)]),
  source: text({ fix: "source: 'openedx/lms/web', or leave it out" }),
};

/**
 * Creates the producer of an EventBusBackend that adds events to a Redis stream, like Open edX
 * does.
 * @throws TrackingConfigException listing every error
 */
export function redisStreams(options: RedisStreamsOptions): ProducerDescription {
  const check = new OptionChecker('redisStreams()', { example: "redisStreams({ url: 'redis://localhost:6379' })" });
  check.read(options, RULES, (given) => {
    checkTarget(given, check);
  });
  check.throwIfAny();
  const { url, connection, keyPrefix, maxLen, source = 'nestjs-event-tracking' } = options;
  return {
    kind: 'producer',
    delivery: DELIVERY,
    encode: (log) => codec.encode(log),
    open: ({ topic, warn, tell }) => {
      const link = new RedisLink({ url, connection }, { warn, tell });
      const key = streamKey(keyPrefix, topic);
      const trimmer = maxLen === undefined ? new StreamTrimmer(link, key, warn) : undefined;
      return new StreamProducer(
        DELIVERY,
        link,
        { key, maxLen: maxLen === undefined ? MAX_UNREAD : maxLen, source },
        trimmer,
      );
    },
  };
}
