import { trackingLogCodec } from '../bus/avro';
import type { ProducerDescription } from '../bus/bus-producer';
import type { KafkaConnection } from './kafka-connection';
import { checkKafkaOptions, type KafkaOptions } from './kafka-options';
import type { KafkaSender } from './kafka-port';
import { KafkaProducer, REQUEST_TIMEOUT_MS } from './kafka-producer';
import { kafkaJsSender } from './kafkajs-sender';
import { KEY_HASHES } from './key-partitioner';
import { loadPlatformatic, PlatformaticSender, type ConnectionSettings } from './platformatic-sender';

/** Entry point and optional peer packages, named in errors about a missing package. */
export const KAFKA_USE = { entry: 'nestjs-event-tracking/kafka', peers: ['avsc', '@platformatic/kafka'] };

/**
 * Sends one batch at a time and never overtakes a batch that is retried: otherwise events with the
 * same key would change order.
 */
const DELIVERY = { batch: { maxEvents: 500 }, ordered: true } as const;

/**
 * Creates the producer of an EventBusBackend that sends to Kafka.
 * @throws TrackingConfigException for invalid options
 * @throws MissingPeerException for a package that is not installed
 */
export function kafka(options: KafkaOptions): ProducerDescription {
  checkKafkaOptions(options);
  const codec = trackingLogCodec(KAFKA_USE);
  const hashOf = KEY_HASHES[options.partitioner ?? 'murmur2'];
  const sender = senderOf(options, hashOf);
  return {
    kind: 'producer',
    encode: (log) => codec.encode(log),
    delivery: DELIVERY,
    open: (host) =>
      new KafkaProducer({ sender: sender(), hashOf, options, schema: codec.schema, delivery: DELIVERY }, host),
  };
}

/**
 * Returns a factory for the sender that the options select.
 * @throws MissingPeerException if `brokers` is used without `@platformatic/kafka`
 */
function senderOf(options: KafkaOptions, hashOf: (key: Buffer) => number): () => KafkaSender {
  const { kafkajs, acks = 'all', requestTimeoutMs = REQUEST_TIMEOUT_MS } = options;
  if (kafkajs !== undefined) return () => kafkaJsSender(kafkajs, acks, hashOf);
  // Loaded here, because a missing package is a configuration error.
  const library = loadPlatformatic(KAFKA_USE);
  return () => new PlatformaticSender(library, { ...connectionOf(options), acks, requestTimeoutMs });
}

/**
 * Fills in the defaults of the connection settings.
 * @param connection must contain `brokers`
 */
export function connectionOf(connection: KafkaConnection): ConnectionSettings {
  const { brokers = [], clientId = 'nestjs-event-tracking', connectTimeoutMs = 1000, tls, sasl } = connection;
  return { brokers, clientId, connectTimeoutMs, tls, sasl };
}
