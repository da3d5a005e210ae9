import { OptionChecker } from '../../common/option-checker';
import type { GivenOptions, OptionRules } from '../../common/option-place';
import { functionRule, number, oneOf, text, value } from '../../common/option-rules';
import { hasMethod } from '../../common/value-kinds';
import { checkConnection, CONNECTION_RULES, duration, kafkaJs } from './connection-rules';
import { KEY_HASHES, type KeyPartitioner } from './key-partitioner';
import type { GivenKafkaJs, GivenKafkaJsProducer } from './kafkajs-sender';
import type { KafkaConnection } from './kafka-connection';
import type { SchemaIds } from './schema-registry';

/**
 * Options of `kafka()`. Delivery is at least once: a rejected send may have reached Kafka, and is
 * sent again with the same `ce_id`.
 *
 * With `registry` or `schemaId`, key and value are framed like the output of Confluent's
 * serializers. Consumers of Open edX need this. Without them, the value is bare Avro and the key is
 * the bare event name, which is enough between services that use this package.
 */
export interface KafkaOptions extends KafkaConnection {
  /**
   * Replaces `brokers`: a `Kafka`, from which a producer is created, or a producer, which is
   * connected and never closed. A producer chooses the partitions itself. If its topic accepts less
   * than 1 MiB, events can arrive twice until the limit is known.
   */
  readonly kafkajs?: GivenKafkaJs | GivenKafkaJsProducer | undefined;
  /**
   * Returns the key by which Kafka assigns an event to a partition. Events with the same key stay
   * in order.
   * @default the event's name
   */
  readonly key?: ((event: { readonly name: string; readonly id: string }) => string) | undefined;
  /**
   * Hash that maps a key to a partition: 'murmur2' as in Java clients and kafkajs, or 'crc32' as in
   * librdkafka and therefore in the producers of Open edX. Choose the hash that the topic's other
   * producers use. Otherwise events with the same key end up in two partitions. Has no effect on a
   * producer passed as `kafkajs`, which chooses the partitions itself.
   * @default 'murmur2'
   */
  readonly partitioner?: KeyPartitioner | undefined;
  /**
   * `confluentRegistry(...)` or your own implementation. It is asked once for
   * `{topic}-org.openedx.analytics.tracking.event.emitted.v1.CloudEvent` and once for the key's
   * `{topic}-string`.
   * @default none
   */
  readonly registry?: SchemaIds | undefined;
  /** Fixed id of the value schema, used instead of `registry`.  @default none */
  readonly schemaId?: number | undefined;
  /** Fixed id of the key schema (`"string"`).  @default schemaId */
  readonly keySchemaId?: number | undefined;
  /**
   * Replicas that must have stored an event before it counts as sent: all in-sync replicas, or only
   * the leader.
   * @default 'all'
   */
  readonly acks?: 'all' | 'leader' | undefined;
  /**
   * Time limit for one batch in milliseconds. The delivery's own `timeoutMs` may be shorter.
   * @default 5000
   */
  readonly requestTimeoutMs?: number | undefined;
  /** The `source` attribute of the CloudEvent.  @default 'nestjs-event-tracking' */
  readonly source?: string | undefined;
  /**
   * Version of openedx-events reported to consumers: three numbers separated by dots.
   * @default '11.2.0'
   */
  readonly sourcelib?: string | undefined;
}

const TOPIC_FIX = "set the whole name of the topic: topic: 'dev-analytics'";
/** Options of the Redis transport that have no counterpart here. */
export const MISPLACED = { keyPrefix: TOPIC_FIX };
export const REGISTRY_FIX = "registry: confluentRegistry({ url: 'http://localhost:8081' })";
const MAX_SCHEMA_ID = 0xffff_ffff;
const SOURCELIB = /^\d{1,9}\.\d{1,9}\.\d{1,9}$/;

const SCHEMA_ID = number({ min: 0, max: MAX_SCHEMA_ID, isWhole: true }, { fix: (name) => `${name}: 1` });

const RULES: OptionRules<KafkaOptions> = {
  ...CONNECTION_RULES,
  kafkajs: kafkaJs(['producer', 'send']),
  key: functionRule({ fix: "key: ({ name }) => name.split('.')[0]" }),
  partitioner: oneOf(Object.keys(KEY_HASHES), { fix: "partitioner: 'crc32', as in Open edX" }),
  registry: value('an object with idFor(subject, schema)', (given) => hasMethod(given, 'idFor'), { fix: REGISTRY_FIX }),
  schemaId: SCHEMA_ID,
  keySchemaId: SCHEMA_ID,
  // Without a reply of the broker nothing would be known of an event.
  acks: oneOf(['all', 'leader'], { fix: "acks: 'all'" }),
  requestTimeoutMs: duration({ fix: 'requestTimeoutMs: 5000' }),
  source: text({ fix: "source: 'my-service/web'" }),
  sourcelib: value(
    'three numbers: the consumers of Open edX read it as a version',
    (given) => typeof given === 'string' && SOURCELIB.test(given),
    { fix: "sourcelib: '11.2.0'" },
  ),
};

/** Checks the options of `kafka()`. @throws TrackingConfigException listing every error */
export function checkKafkaOptions(options: KafkaOptions): void {
  const check = new OptionChecker('kafka()', {
    example: "kafka({ brokers: ['localhost:9092'] })",
    misplaced: MISPLACED,
  });
  check.read(options, RULES, (given) => {
    checkConnection(given, check);
    checkSchemas(given, check);
  });
  check.throwIfAny();
}

function checkSchemas({ registry, schemaId, keySchemaId }: GivenOptions<KafkaOptions>, check: OptionChecker): void {
  if (registry !== undefined && (schemaId ?? keySchemaId) !== undefined)
    check.add('registry is set, and so is the fixed id of a schema.', 'leave schemaId and keySchemaId out');
  if (keySchemaId !== undefined && schemaId === undefined)
    check.add('keySchemaId is set, but schemaId is missing.', 'set both, or neither');
}
