import { trackingLogCodec } from '../bus/avro';
import type { ProducerDescription } from '../bus/bus-producer';
import { checkKafkaOptions, type KafkaConnection, type KafkaOptions } from './kafka-options';
import type { KafkaSender } from './kafka-port';
import { KafkaProducer, REQUEST_TIMEOUT_MS } from './kafka-producer';
import { kafkaJsSender } from './kafkajs-sender';
import { KEY_HASHES } from './key-partitioner';
import { loadPlatformatic, PlatformaticSender, type ConnectionSettings } from './platformatic-sender';

/** What the entry needs. */
export const KAFKA_USE = { entry: 'nestjs-event-tracking/kafka', peers: ['avsc', '@platformatic/kafka'] };

/** One batch at a time, and none past one that is tried again: events of one key would change places. */
const DELIVERY = { batch: { maxEvents: 500 }, ordered: true } as const;

/**
 * The producer of an EventBusBackend that sends to Kafka.
 * @throws TrackingConfigException for its options, MissingPeerException for a package that is not installed
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
    open: (surroundings) =>
      new KafkaProducer({ sender: sender(), hashOf, options, schema: codec.schema, delivery: DELIVERY }, surroundings),
  };
}

/** @throws MissingPeerException */
function senderOf(options: KafkaOptions, hashOf: (key: Buffer) => number): () => KafkaSender {
  const { kafkajs, acks = 'all', requestTimeoutMs = REQUEST_TIMEOUT_MS } = options;
  if (kafkajs !== undefined) return () => kafkaJsSender(kafkajs, acks, hashOf);
  const library = loadPlatformatic(KAFKA_USE); // now: what is not installed is a fault of the configuration
  return () => new PlatformaticSender(library, { ...connectionOf(options), acks, requestTimeoutMs });
}

/** @param connection with `brokers` */
export function connectionOf(connection: KafkaConnection): ConnectionSettings {
  const { brokers = [], clientId = 'nestjs-event-tracking', connectTimeoutMs = 1000, tls, sasl } = connection;
  return { brokers, clientId, connectTimeoutMs, tls, sasl };
}
