import { OptionChecker } from '../../common/option-checker';
import type { OptionRules } from '../../common/option-place';
import { number, nameList, oneOf, text, value } from '../../common/option-rules';
import { hasMethod } from '../../common/value-kinds';
import { checkConnection, CONNECTION_RULES, duration, kafkaJs } from './connection-rules';
import type { KafkaConnection } from './kafka-connection';
import { MISPLACED, REGISTRY_FIX } from './kafka-options';
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

const RULES: OptionRules<KafkaConsumerOptions> = {
  ...CONNECTION_RULES,
  kafkajs: kafkaJs(['consumer']),
  // Without a group the brokers could not remember what is done.
  group: text({ isRequired: true, fix: "group: 'my-service'" }),
  topic: text({ fix: "topic: 'analytics'" }),
  topics: nameList({ fix: "topics: ['analytics']" }),
  start: oneOf(['group', 'new', 'beginning'], { fix: "start: 'group'" }),
  maxInFlight: number({ min: 1, isWhole: true }, { fix: 'maxInFlight: 2000' }),
  registry: value('an object with schemaOf(id)', (given) => hasMethod(given, 'schemaOf'), { fix: REGISTRY_FIX }),
  maxDeliveries: number({ min: 1, isWhole: true }, { fix: 'maxDeliveries: 10' }),
  sessionTimeoutMs: duration({ fix: 'sessionTimeoutMs: 10_000' }, MIN_SESSION_MS),
};

/** Checks the options of a KafkaConsumer. @throws TrackingConfigException listing every error */
export function checkKafkaConsumerOptions(options: KafkaConsumerOptions): void {
  const example = "consumer(KafkaConsumer, { brokers: ['localhost:9092'], group: 'my-service' })";
  const check = new OptionChecker('KafkaConsumer', { example, misplaced: MISPLACED });
  check.read(options, RULES, (given) => {
    checkConnection(given, check);
    if (given.topic !== undefined && given.topics !== undefined)
      check.add('topic and topics are set; expected one of them.', 'leave one of them out');
  });
  check.throwIfAny();
}
