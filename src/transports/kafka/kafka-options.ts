import { Faults, isDuration, isFunction, isText } from './kafka-faults';
import { KEY_HASHES, type KeyPartitioner } from './key-partitioner';
import type { GivenKafkaJs, GivenKafkaJsProducer } from './kafkajs-sender';
import type { ConnectionSettings } from './platformatic-sender';
import type { SchemaIds } from './schema-registry';

/**
 * Says how to reach the brokers: by address, through `@platformatic/kafka`, or through the
 * application's own kafkajs.
 */
export interface KafkaConnection {
  /** Addresses (host:port) of some of the brokers. Needs the package `@platformatic/kafka`. */
  readonly brokers?: readonly string[] | undefined;
  /**
   * Name under which this client is known to the brokers. Applies with `brokers` only.
   * @default 'nestjs-event-tracking'
   */
  readonly clientId?: string | undefined;
  /** TLS options, as in `node:tls`. Applies with `brokers` only.  @default none */
  readonly tls?: ConnectionSettings['tls'];
  /** SASL options, as in `@platformatic/kafka`. Applies with `brokers` only.  @default none */
  readonly sasl?: ConnectionSettings['sasl'];
  /** Time limit for connecting, in milliseconds. Applies with `brokers` only.  @default 1000 */
  readonly connectTimeoutMs?: number | undefined;
}

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

/** Names of the options that say how to reach the brokers. */
export const CONNECTION_OPTIONS: readonly string[] = [
  'brokers',
  'clientId',
  'tls',
  'sasl',
  'connectTimeoutMs',
  'kafkajs',
];
const OWN = [
  'key',
  'partitioner',
  'registry',
  'schemaId',
  'keySchemaId',
  'acks',
  'requestTimeoutMs',
  'source',
  'sourcelib',
];
const MAX_SCHEMA_ID = 0xffff_ffff;
const SOURCELIB = /^\d{1,9}\.\d{1,9}\.\d{1,9}$/;

/**
 * Validates the options of `kafka()`.
 * @throws TrackingConfigException listing every error
 */
export function checkKafkaOptions(options: unknown): asserts options is KafkaOptions {
  const faults = new Faults('kafka()');
  const given = faults.fields(options, [...CONNECTION_OPTIONS, ...OWN], "kafka({ brokers: ['localhost:9092'] })");
  faults.connection(given, ['producer', 'send']);
  faults.of(given, 'key', isFunction, 'a function', "key: ({ name }) => name.split('.')[0]");
  faults.of(
    given,
    'partitioner',
    (value) => typeof value === 'string' && Object.hasOwn(KEY_HASHES, value),
    '"murmur2" or "crc32"',
    "partitioner: 'crc32', as in Open edX",
  );
  faults.of(
    given,
    'registry',
    (value) => isFunction((value as Partial<SchemaIds> | null)?.idFor),
    'an object with idFor(subject, schema)',
    "registry: confluentRegistry({ url: 'http://localhost:8081' })",
  );
  for (const name of ['schemaId', 'keySchemaId'])
    faults.of(given, name, isSchemaId, 'the number of a schema', `${name}: 1`);
  if (given['registry'] !== undefined && (given['schemaId'] ?? given['keySchemaId']) !== undefined)
    faults.add('it has a registry and a fixed id of a schema.', 'leave schemaId and keySchemaId out');
  if (given['keySchemaId'] !== undefined && given['schemaId'] === undefined)
    faults.add('it has a keySchemaId and no schemaId.', 'give both, or neither');
  faults.of(
    given,
    'acks',
    (value) => value === 'all' || value === 'leader',
    '"all" or "leader": without an answer of the broker nothing would be known of an event',
    "acks: 'all'",
  );
  faults.of(
    given,
    'sourcelib',
    (value) => typeof value === 'string' && SOURCELIB.test(value),
    'three numbers: the consumers of Open edX read it as a version',
    "sourcelib: '11.2.0'",
  );
  faults.of(given, 'requestTimeoutMs', isDuration, 'a number of milliseconds from 1 up', 'requestTimeoutMs: 5000');
  faults.of(given, 'source', isText, 'a text', "source: 'my-service/web'");
  faults.refuse();
}

function isSchemaId(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_SCHEMA_ID;
}
