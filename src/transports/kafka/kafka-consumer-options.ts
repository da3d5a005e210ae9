import { CONNECTION_OPTIONS, type KafkaConnection } from './kafka-options';
import { Faults, isCount, isDuration, isFunction, isText } from './kafka-faults';
import type { SchemasById } from './schema-registry';
import type { GivenKafkaJs } from './kafkajs-sender';

export interface KafkaConsumerOptions extends KafkaConnection {
  /** A `Kafka` of kafkajs, from which a consumer is created. Replaces `brokers`.  @default none */
  readonly kafkajs?: GivenKafkaJs | undefined;
  /**
   * Name of the group that shares the work. Each event goes to every group, and to one member of
   * each. Two services need two groups.
   */
  readonly group: string;
  /**
   * Full topic name, including the prefix that Open edX uses.
   * @default 'analytics', the topic of tracking events in Open edX
   */
  readonly topic?: string | undefined;
  /** Topics to read, if there are several. Replaces `topic`. */
  readonly topics?: readonly string[] | undefined;
  /**
   * Where reading starts. 'group' continues at the group's position, and a new group starts at the
   * beginning. 'new' moves the group past all existing records, and 'beginning' moves it to the
   * start. Both apply at each start at which no one else reads in the group.
   * @default 'group'
   */
  readonly start?: 'group' | 'new' | 'beginning' | undefined;
  /**
   * Limit of events that are read and not finished; reading pauses there. Ten times as many may be
   * held back by one slow event.
   * @default 2000
   */
  readonly maxInFlight?: number | undefined;
  /**
   * `confluentRegistry(...)` or your own implementation. Entries are then read with the schemas
   * they were written with, whatever the order of the fields. Reading waits while the registry does
   * not respond. Without a registry, entries are read as four strings in the order that Open edX
   * uses, and further fields are ignored.
   * @default none
   */
  readonly registry?: SchemasById | undefined;
  /**
   * Number of times that an entry is given to processes that crash with it before it becomes a dead
   * letter. Values below 3 count as 3. The search for the entry begins after the first crash, so
   * that crashes do not count against its neighbours.
   * @default 10
   */
  readonly maxDeliveries?: number | undefined;
  /**
   * Milliseconds without a heartbeat after which the brokers give this member's partitions to
   * others.
   * @default 10_000
   */
  readonly sessionTimeoutMs?: number | undefined;
}

/**
 * Minimum session in milliseconds. Clients send several heartbeats per session and refuse shorter
 * intervals between them.
 */
const MIN_SESSION_MS = 1000;

const OWN = ['group', 'topic', 'topics', 'start', 'maxInFlight', 'maxDeliveries', 'registry', 'sessionTimeoutMs'];

/**
 * Validates the options of KafkaConsumer.
 * @throws TrackingConfigException listing every error
 */
export function checkKafkaConsumerOptions(options: unknown): asserts options is KafkaConsumerOptions {
  const faults = new Faults('KafkaConsumer');
  const fix = "consumer(KafkaConsumer, { brokers: ['localhost:9092'], group: 'my-service' })";
  const given = faults.fields(options, [...CONNECTION_OPTIONS, ...OWN], fix);
  faults.connection(given, ['consumer']);
  if (given['group'] === undefined)
    faults.add('it has no group, so the brokers could not remember what is done.', "group: 'my-service'");
  for (const name of ['group', 'topic']) faults.of(given, name, isText, 'a text', `${name}: 'analytics'`);
  faults.of(given, 'topics', isTopics, 'a list of topics', "topics: ['analytics']");
  if (given['topic'] !== undefined && given['topics'] !== undefined)
    faults.add('it has a topic and topics.', 'leave one of them out');
  faults.of(
    given,
    'start',
    (value) => value === 'group' || value === 'new' || value === 'beginning',
    '"group", "new" or "beginning"',
    "start: 'group'",
  );
  faults.of(given, 'maxInFlight', isCount, 'a whole number from 1 up', 'maxInFlight: 2000');
  faults.of(
    given,
    'registry',
    (value) => isFunction((value as Partial<SchemasById> | null)?.schemaOf),
    'an object with schemaOf(id)',
    "registry: confluentRegistry({ url: 'http://localhost:8081' })",
  );
  faults.of(given, 'maxDeliveries', isCount, 'a whole number from 1 up', 'maxDeliveries: 10');
  faults.of(
    given,
    'sessionTimeoutMs',
    (value) => isDuration(value) && Number(value) >= MIN_SESSION_MS,
    `a whole number of milliseconds from ${String(MIN_SESSION_MS)} up`,
    'sessionTimeoutMs: 10_000',
  );
  faults.refuse();
}

function isTopics(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isText);
}
