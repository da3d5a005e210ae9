import { hostname } from 'node:os';
import { OptionChecker } from '../../common/option-checker';
import type { GivenOptions, OptionRules } from '../../common/option-place';
import { anyText, nameList, number, oneOf, text } from '../../common/option-rules';
import { checkTarget, TARGET_RULES, type RedisTarget } from './redis-target';

/** Position at which a consumer starts to read. */
export type StreamStart = 'group' | 'new' | 'beginning';

export interface RedisStreamsConsumerOptions extends RedisTarget {
  /**
   * Name of the group. Each entry goes to one consumer of a group, and every group receives all
   * entries.
   */
  readonly group: string;
  /**
   * Topic to read.
   * @default 'analytics', the topic of tracking events in Open edX
   */
  readonly topic?: string | undefined;
  /** Topics to read, if there are several. Replaces `topic`.  @default [topic] */
  readonly topics?: readonly string[] | undefined;
  /**
   * Prefix of the stream name, like the reference's EVENT_BUS_TOPIC_PREFIX: the stream is
   * `prefix-topic`.
   * @default none: the stream is the topic
   */
  readonly keyPrefix?: string | undefined;
  /**
   * Name of this process within the group. A process that restarts under the same name gets its
   * unfinished entries back at once. Two processes under one name work on the same entries.
   * @default built from the host name, the process id and a random string
   */
  readonly name?: string | undefined;
  /**
   * Where to start. 'group' continues at the group's position, and a new group starts at the
   * beginning. On each start, 'new' skips earlier entries and 'beginning' reads all entries again,
   * for every consumer of the group.
   * @default 'group'
   */
  readonly start?: StreamStart | undefined;
  /** Number of entries read at once from each stream.  @default 100 */
  readonly count?: number | undefined;
  /**
   * Milliseconds that Redis waits for an entry before it replies that there is none.
   * @default 5000
   */
  readonly blockMs?: number | undefined;
  /**
   * Milliseconds of silence after which the entries of a consumer are taken over.
   * @default 60_000
   */
  readonly claimAfterMs?: number | undefined;
  /**
   * Number of times that an entry is given to consumers that crash with it before it becomes a dead
   * letter. Values below 3 count as 3. From the third delivery on, the entry is delivered alone, so
   * that crashes do not count against its neighbours.
   * @default 10
   */
  readonly maxDeliveries?: number | undefined;
  /**
   * Limit of entries that are read and not finished. Reading pauses until there is capacity for
   * `count` more.
   * @default 1000, at least twice `count`
   */
  readonly maxInFlight?: number | undefined;
}

export interface ResolvedOptions {
  readonly target: RedisTarget;
  readonly group: string;
  readonly topics: readonly string[];
  readonly keyPrefix: string | undefined;
  readonly name: string;
  /** True for a generated name, which no later process will use. */
  readonly isRandomName: boolean;
  readonly start: StreamStart;
  readonly count: number;
  readonly blockMs: number;
  readonly claimAfterMs: number;
  readonly maxDeliveries: number;
  readonly maxInFlight: number;
}

/** Whole numbers up to 2^31 - 1, the largest value that Redis and timers accept. */
const COUNT = number({ min: 1, max: 2 ** 31 - 1, isWhole: true }, { fix: 'leave it out, or give a number' });
const NAME = text({ fix: 'give a string, or leave it out' });

const RULES: OptionRules<RedisStreamsConsumerOptions> = {
  ...TARGET_RULES,
  // Without a group Redis could not remember what has been read.
  group: text({ isRequired: true, fix: "group: 'reports', a different name for each use of the events" }),
  topic: NAME,
  topics: nameList({ fix: "topics: ['analytics']" }),
  keyPrefix: anyText({ fix: "keyPrefix: 'dev', or leave it out" }),
  name: NAME,
  start: oneOf(['group', 'new', 'beginning'], { fix: 'leave it out (group)' }),
  count: COUNT,
  blockMs: COUNT,
  claimAfterMs: COUNT,
  maxDeliveries: COUNT,
  maxInFlight: COUNT,
};

/**
 * Validates the options of RedisStreamsConsumer and fills in the defaults.
 * @throws TrackingConfigException listing every error
 */
export function resolveConsumerOptions(options: RedisStreamsConsumerOptions): ResolvedOptions {
  const example = "consumer(RedisStreamsConsumer, { url: 'redis://localhost:6379', group: 'reports' })";
  const check = new OptionChecker('RedisStreamsConsumer', { example });
  const {
    url,
    connection,
    group,
    topic = 'analytics',
    ...others
  } = check.read(options, RULES, (given) => {
    relate(given, check);
  });
  check.throwIfAny();
  const { topics = [topic], keyPrefix, name, start = 'group', count = 100, blockMs = 5000 } = others;
  const { claimAfterMs = 60_000, maxDeliveries = 10, maxInFlight = Math.max(1000, 2 * count) } = others;
  const random = Math.random().toString(36).slice(2, 10);
  return {
    ...{ target: { url, connection }, group, topics, keyPrefix },
    ...{ name: name ?? `${hostname()}-${String(process.pid)}-${random}`, isRandomName: name === undefined },
    ...{ start, count, blockMs, claimAfterMs, maxDeliveries, maxInFlight },
  };
}

function relate(given: GivenOptions<RedisStreamsConsumerOptions>, check: OptionChecker): void {
  checkTarget(given, check);
  const { topic, topics, count = 100, maxInFlight } = given;
  if (topics !== undefined && topic !== undefined)
    check.add('topic and topics are set; expected one of them.', 'leave one of them out');
  if (typeof count === 'number' && typeof maxInFlight === 'number' && maxInFlight >= 1 && maxInFlight < count) {
    const what = `maxInFlight is ${String(maxInFlight)}, fewer than the ${String(count)} entries that are read at once.`;
    check.add(what, 'make it larger, or count smaller');
  }
}
