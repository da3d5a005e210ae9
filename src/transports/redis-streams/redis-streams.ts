import type { DeliveryOptions } from '../../delivery/delivery-options';
import {
  showOption,
  showValue,
  TrackingConfigException,
  type ConfigError,
} from '../../common/tracking-config.exception';
import type { ProducerDescription } from '../bus/bus-producer';
import { codec } from './peers';
import { RedisLink } from './redis-link';
import { targetFaults, type RedisTarget } from './redis-target';
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
const KNOWN: readonly string[] = ['url', 'connection', 'keyPrefix', 'maxLen', 'source'];
const PATH = 'redisStreams';

/**
 * Creates the producer of an EventBusBackend that adds events to a Redis stream, like Open edX
 * does.
 * @throws TrackingConfigException listing every error
 */
export function redisStreams(options: RedisStreamsOptions): ProducerDescription {
  const faults = faultsOf(options);
  if (faults.length > 0) throw TrackingConfigException.create(faults);
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

function faultsOf(options: unknown): ConfigError[] {
  if (typeof options !== 'object' || options === null) {
    const what = `its options are ${showValue(options)}, not an object.`;
    return [{ path: PATH, what, fix: "redisStreams({ url: 'redis://localhost:6379' })" }];
  }
  const { url, connection, keyPrefix, maxLen, source } = options as Record<keyof RedisStreamsOptions, unknown>;
  const faults = targetFaults(PATH, { url, connection } as RedisTarget);
  const fault = (what: string, fix: string): void => {
    faults.push({ path: PATH, what, fix });
  };
  if (keyPrefix !== undefined && typeof keyPrefix !== 'string')
    fault(`keyPrefix is ${showValue(keyPrefix)}, not a text.`, "keyPrefix: 'dev', or leave it out");
  if (maxLen !== undefined && maxLen !== null && !(Number.isSafeInteger(maxLen) && (maxLen as number) >= 1))
    fault(`maxLen is ${showValue(maxLen)}, neither a whole number from 1 up nor null.`, 'leave it out');
  if (source !== undefined && (typeof source !== 'string' || source === ''))
    fault(`source is ${showValue(source)}, not a text.`, "source: 'openedx/lms/web', or leave it out");
  for (const name of Object.keys(options).filter((each) => !KNOWN.includes(each)))
    fault(`there is no option ${showOption(name, KNOWN)}; known are ${KNOWN.join(', ')}.`, 'leave it out');
  return faults;
}
