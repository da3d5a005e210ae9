import type { DeliveryOptions } from '../../delivery/delivery-options';
import {
  showOption,
  showValue,
  TrackingConfigException,
  type ConfigFault,
} from '../../common/tracking-config.exception';
import type { ProducerDescription } from '../bus/bus-producer';
import { codec } from './peers';
import { RedisLink } from './redis-link';
import { targetFaults, type RedisTarget } from './redis-target';
import { streamKey } from './stream-form';
import { StreamProducer } from './stream-producer';
import { StreamTrimmer } from './stream-trimmer';

export interface RedisStreamsOptions extends RedisTarget {
  /** The reference's EVENT_BUS_TOPIC_PREFIX: the stream is `prefix-topic`.  @default none: the stream is the topic */
  readonly keyPrefix?: string | undefined;
  /**
   * Entries that a stream is cut back to, about, whether they were read or not, as the reference's EVENT_BUS_REDIS_STREAM_MAX_LEN;
   * null for never.  @default none: about 10,000 entries that all groups have read are kept, and what a group has still to read or
   * to acknowledge up to 1,000,000
   */
  readonly maxLen?: number | null | undefined;
  /** The source of the CloudEvent: who sends.  @default 'nestjs-event-tracking' */
  readonly source?: string | undefined;
}

/** One batch at a time, so that the order is kept on the stream. */
const DELIVERY: DeliveryOptions = { batch: { maxEvents: 500, maxWaitMs: 100 }, ordered: true };
/** A group that nobody reads in must not fill the Redis: that would stop everything else that is in it. */
const MAX_UNREAD = 1_000_000;
const KNOWN: readonly string[] = ['url', 'connection', 'keyPrefix', 'maxLen', 'source'];
const PATH = 'redisStreams';

/**
 * The producer of an EventBusBackend that puts events on a stream of Redis, as Open edX does.
 * @throws TrackingConfigException with all that is wrong
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

function faultsOf(options: unknown): ConfigFault[] {
  if (typeof options !== 'object' || options === null) {
    const what = `its options are ${showValue(options)}, not an object.`;
    return [{ path: PATH, what, mend: "redisStreams({ url: 'redis://localhost:6379' })" }];
  }
  const { url, connection, keyPrefix, maxLen, source } = options as Record<keyof RedisStreamsOptions, unknown>;
  const faults = targetFaults(PATH, { url, connection } as RedisTarget);
  const fault = (what: string, mend: string): void => {
    faults.push({ path: PATH, what, mend });
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
