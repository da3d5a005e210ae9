import { CONNECTION_OPTIONS, type KafkaConnection } from './kafka-options';
import { Faults, isCount, isDuration, isFunction, isText } from './kafka-faults';
import type { SchemasById } from './schema-registry';
import type { GivenKafkaJs } from './kafkajs-sender';

export interface KafkaConsumerOptions extends KafkaConnection {
  /** Instead of `brokers`: a `Kafka`, of which a consumer is made.  @default none */
  readonly kafkajs?: GivenKafkaJs | undefined;
  /** Who shares the work: each event goes to one member of a group, and to every group. Two services have two groups. */
  readonly group: string;
  /** The whole name, with the prefix that Open edX has.  @default 'analytics', the topic of tracking events in Open edX */
  readonly topic?: string | undefined;
  /** Instead of `topic`, for several. */
  readonly topics?: readonly string[] | undefined;
  /**
   * Where reading begins: where the group stands, and for a new group at the beginning ('group'); or the group is moved, at each
   * start at which nobody reads in it, behind what is there ('new') or to the beginning.  @default 'group'
   */
  readonly start?: 'group' | 'new' | 'beginning' | undefined;
  /** Events read and not done, beyond which reading waits; and ten times as many read that a slow one holds back.  @default 2000 */
  readonly maxInFlight?: number | undefined;
  /**
   * `confluentRegistry(...)`, or one of your own: entries are read with the schemas that they were written with, whatever the
   * order of the fields. While it does not answer, reading waits. Without it they are read as four strings in the order of Open
   * edX, and fields that follow are ignored.  @default none
   */
  readonly registry?: SchemasById | undefined;
  /**
   * How often an entry is given to processes that die with it before it becomes a dead letter; less than 3 counts as 3. It is
   * searched for after the first death, so that its neighbours are not counted with it.  @default 10
   */
  readonly maxDeliveries?: number | undefined;
  /** How long the brokers wait for a sign of life before they give this member's partitions to others.  @default 10_000 */
  readonly sessionTimeoutMs?: number | undefined;
}

/** Clients send a sign of life several times in one session, and refuse less time between them. */
const MIN_SESSION_MS = 1000;

const OWN = ['group', 'topic', 'topics', 'start', 'maxInFlight', 'maxDeliveries', 'registry', 'sessionTimeoutMs'];

/** @throws TrackingConfigException with all that is wrong */
export function checkKafkaConsumerOptions(options: unknown): asserts options is KafkaConsumerOptions {
  const faults = new Faults('KafkaConsumer');
  const mend = "consumer(KafkaConsumer, { brokers: ['localhost:9092'], group: 'my-service' })";
  const given = faults.fields(options, [...CONNECTION_OPTIONS, ...OWN], mend);
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
