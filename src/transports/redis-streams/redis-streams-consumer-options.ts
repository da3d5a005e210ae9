import { hostname } from 'node:os';
import { targetFaults, type RedisTarget } from './redis-target';
import {
  showChoice,
  showOption,
  showValue,
  TrackingConfigException,
  type ConfigError,
} from '../../common/tracking-config.exception';

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

const STARTS: readonly unknown[] = ['group', 'new', 'beginning'];
const NUMBERS = ['count', 'blockMs', 'claimAfterMs', 'maxDeliveries', 'maxInFlight'] as const;
const TEXTS = ['topic', 'name'] as const;
const KNOWN: readonly string[] = [
  ...['url', 'connection', 'group', 'topic', 'topics', 'keyPrefix', 'name', 'start'],
  ...NUMBERS,
];
const PATH = 'RedisStreamsConsumer';
const EXAMPLE = "consumer(RedisStreamsConsumer, { url: 'redis://localhost:6379', group: 'reports' })";

/**
 * Validates the options of RedisStreamsConsumer and fills in the defaults.
 * @throws TrackingConfigException listing every error
 */
export function resolveConsumerOptions(options: unknown): ResolvedOptions {
  const faults = faultsOf(options);
  if (faults.length > 0) throw TrackingConfigException.create(faults);
  const { url, connection, group, topic = 'analytics', ...others } = options as RedisStreamsConsumerOptions;
  const { topics = [topic], keyPrefix, name, start = 'group', count = 100, blockMs = 5000 } = others;
  const { claimAfterMs = 60_000, maxDeliveries = 10, maxInFlight = Math.max(1000, 2 * count) } = others;
  const random = Math.random().toString(36).slice(2, 10);
  return {
    ...{ target: { url, connection }, group, topics, keyPrefix },
    ...{ name: name ?? `${hostname()}-${String(process.pid)}-${random}`, isRandomName: name === undefined },
    ...{ start, count, blockMs, claimAfterMs, maxDeliveries, maxInFlight },
  };
}

function faultsOf(options: unknown): ConfigError[] {
  if (typeof options !== 'object' || options === null)
    return [{ path: PATH, what: `its options are ${showValue(options)}, not an object.`, fix: EXAMPLE }];
  const given = options as Record<keyof RedisStreamsConsumerOptions, unknown>;
  const { url, connection, group, topic, topics, keyPrefix, start } = given;
  const faults = targetFaults(PATH, { url, connection } as RedisTarget);
  const fault = (what: string, fix: string): void => {
    faults.push({ path: PATH, what, fix });
  };
  if (typeof group !== 'string' || group === '')
    fault(
      `group is ${showValue(group)}, not a text, so Redis could not keep what it has read.`,
      "group: 'reports', a name of its own for each use of the events",
    );
  for (const option of TEXTS)
    if (given[option] !== undefined && (typeof given[option] !== 'string' || given[option] === ''))
      fault(`${option} is ${showValue(given[option])}, not a text.`, 'give a text, or leave it out');
  if (topics !== undefined && !isListOfTexts(topics))
    fault(`topics is ${showValue(topics)}, not a list of texts.`, "topics: ['analytics']");
  if (topics !== undefined && topic !== undefined) fault('it has topic and topics.', 'leave one of them out');
  if (keyPrefix !== undefined && typeof keyPrefix !== 'string')
    fault(`keyPrefix is ${showValue(keyPrefix)}, not a text.`, "keyPrefix: 'dev', or leave it out");
  if (start !== undefined && !STARTS.includes(start))
    fault(`start is ${showChoice(start, STARTS)}; it can be "group", "new" or "beginning".`, 'leave it out (group)');
  for (const option of NUMBERS)
    if (given[option] !== undefined && !isCount(given[option]))
      fault(
        `${option} is ${showValue(given[option])}, not a whole number from 1 up.`,
        'leave it out, or give a number',
      );
  const { count = 100, maxInFlight } = options as { count?: number; maxInFlight?: number };
  if (isCount(count) && isCount(maxInFlight) && maxInFlight < count) {
    const what = `maxInFlight is ${String(maxInFlight)}, fewer than the ${String(count)} entries that are read at once.`;
    fault(what, 'make it larger, or count smaller');
  }
  for (const name of Object.keys(options).filter((each) => !KNOWN.includes(each)))
    fault(`there is no option ${showOption(name, KNOWN)}; known are ${KNOWN.join(', ')}.`, 'leave it out');
  return faults;
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string' && each !== '');
}

/** True for whole numbers from 1 to 2^31 - 1, the largest value that Redis and timers accept. */
function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) < 2 ** 31;
}
