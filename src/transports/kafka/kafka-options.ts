import { Faults, isDuration, isFunction, isText } from './kafka-faults';
import { KEY_HASHES, type KeyPartitioner } from './key-partitioner';
import type { GivenKafkaJs, GivenKafkaJsProducer } from './kafkajs-sender';
import type { ConnectionSettings } from './platformatic-sender';
import type { SchemaIds } from './schema-registry';

/** Where the brokers are: a list, with which `@platformatic/kafka` connects, or a kafkajs of the application. */
export interface KafkaConnection {
  /** host:port of some of them. Needs the package `@platformatic/kafka`. */
  readonly brokers?: readonly string[] | undefined;
  /** How the brokers know this client. With `brokers` only.  @default 'nestjs-event-tracking' */
  readonly clientId?: string | undefined;
  /** For TLS, as of `node:tls`. With `brokers` only.  @default none */
  readonly tls?: ConnectionSettings['tls'];
  /** As of `@platformatic/kafka`. With `brokers` only.  @default none */
  readonly sasl?: ConnectionSettings['sasl'];
  /** With `brokers` only.  @default 1000 */
  readonly connectTimeoutMs?: number | undefined;
}

/**
 * At least once: a send that is rejected may have landed all the same, and is sent again with the same `ce_id`.
 *
 * With `registry` or `schemaId` key and value are framed as Confluent's serializers frame them, which the consumers of Open edX
 * need. Without, the value is the bare Avro and the key the bare name: enough among services that use this package.
 */
export interface KafkaOptions extends KafkaConnection {
  /**
   * Instead of `brokers`: a `Kafka`, of which a producer is made; or a producer, which is connected and never closed. A producer
   * chooses partitions by itself: with a topic that accepts less than 1 MiB, events can land twice until its limit is known.
   */
  readonly kafkajs?: GivenKafkaJs | GivenKafkaJsProducer | undefined;
  /** What Kafka spreads the events over its partitions by; events of one key stay in order.  @default the event's name */
  readonly key?: ((event: { readonly name: string; readonly id: string }) => string) | undefined;
  /**
   * How the partition follows from the key: as in clients for Java and in kafkajs ('murmur2'), or as in librdkafka and so in the
   * producers of Open edX ('crc32'). Choose what the other producers of the topic use, or events of one key are in two
   * partitions. A producer passed as `kafkajs` chooses by itself.  @default 'murmur2'
   */
  readonly partitioner?: KeyPartitioner | undefined;
  /** `confluentRegistry(...)`, or one of your own. Asked once for `{topic}-org.openedx.analytics.tracking.event.emitted.v1.CloudEvent`, and once for the key's `{topic}-string`.  @default none */
  readonly registry?: SchemaIds | undefined;
  /** Instead of `registry`: the id of the schema.  @default none */
  readonly schemaId?: number | undefined;
  /** The id of the key's schema, `"string"`.  @default schemaId */
  readonly keySchemaId?: number | undefined;
  /** Who must have an event before it counts as sent: all replicas in sync, or the leader alone.  @default 'all' */
  readonly acks?: 'all' | 'leader' | undefined;
  /** For one batch, whatever the brokers do; the delivery's own `timeoutMs` may be shorter.  @default 5000 */
  readonly requestTimeoutMs?: number | undefined;
  /** The CloudEvent's source.  @default 'nestjs-event-tracking' */
  readonly source?: string | undefined;
  /** The version of openedx-events that readers are told: three numbers with dots.  @default '11.2.0' */
  readonly sourcelib?: string | undefined;
}

/** Options that say how the brokers are reached. */
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

/** @throws TrackingConfigException with all that is wrong */
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
