import { confluentRegistry } from '../transports/kafka/confluent-registry';
import { kafka } from '../transports/kafka/kafka';
import type { SchemaRegistry } from '../transports/kafka/schema-registry';
import type { EventBusSettings, OpenEdxEventBusReader } from './event-bus-settings';

const BROKERS = 'EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS';
const REGISTRY = 'EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL';

/**
 * Reads the settings of event-bus-kafka, for the third argument of `backendsFromSettings`:
 * EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS, EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL, their keys and secrets,
 * EVENT_BUS_TOPIC_PREFIX and EVENT_BUS_PRODUCER_CONFIG. Partitions are chosen as on the platform.
 */
export const kafkaEventBus: OpenEdxEventBusReader = {
  producer: 'edx_event_bus_kafka.create_producer',
  target(settings) {
    const brokers = settings
      .required(BROKERS, `${BROKERS}=localhost:9092`)
      .split(',')
      .map((broker) => broker.trim());
    const { prefix, topic } = settings;
    const login = pair(settings, 'EVENT_BUS_KAFKA_API');
    const registry = registryOf(settings);
    settings.done();
    const producer = kafka({
      brokers,
      registry,
      partitioner: 'crc32',
      ...(login && { tls: {}, sasl: { mechanism: 'PLAIN', username: login.key, password: login.secret } }),
    });
    return { producer, topic: prefix === undefined ? topic : `${prefix}-${topic}` };
  },
};

function registryOf(settings: EventBusSettings): SchemaRegistry | undefined {
  const given = settings.required(REGISTRY, `${REGISTRY}=http://localhost:8081`);
  const login = pair(settings, 'EVENT_BUS_KAFKA_SCHEMA_REGISTRY_API');
  if (!URL.canParse(given)) {
    if (given !== '') settings.refuse(REGISTRY, 'it is not a URL.', `${REGISTRY}=http://localhost:8081`);
    return undefined;
  }
  const url = new URL(given);
  if (login !== undefined) {
    url.username = encodeURIComponent(login.key);
    url.password = encodeURIComponent(login.secret);
  }
  return confluentRegistry({ url: url.href });
}

/** Reads a key and its secret. One without the other is an error. */
function pair(settings: EventBusSettings, name: string): { readonly key: string; readonly secret: string } | undefined {
  const [key, secret] = [settings.text(`${name}_KEY`), settings.text(`${name}_SECRET`)];
  if (key !== undefined && secret !== undefined) return { key, secret };
  if (key === undefined && secret === undefined) return undefined;
  const missing = `${name}_${key === undefined ? 'KEY' : 'SECRET'}`;
  settings.refuse(missing, 'it is not set, but its counterpart is.', 'set both, or neither');
  return undefined;
}
