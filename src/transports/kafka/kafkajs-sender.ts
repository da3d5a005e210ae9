import type * as KafkaJs from 'kafkajs';
import type { KafkaMessage, KafkaSender } from './kafka-port';

/**
 * A `Kafka` of kafkajs, with the brokers, security and timeouts that the application has set.
 * Declared here with separate types, so that the types of this package compile where kafkajs is not
 * installed.
 */
export interface GivenKafkaJs {
  producer(options?: object): unknown;
  consumer(options: { readonly groupId: string }): unknown;
  admin(): unknown;
}

/** A producer of kafkajs that the application closes. */
export interface GivenKafkaJsProducer {
  connect(): Promise<void>;
  send(record: object): Promise<unknown>;
}

/**
 * Creates a sender for a client made by the application. This package never loads kafkajs itself.
 * From a `Kafka`, a producer is created and closed with the node. A given producer is closed by the
 * application.
 * @param hashOf chooses the partitions of a producer that is created here
 */
export function kafkaJsSender(
  given: GivenKafkaJs | GivenKafkaJsProducer,
  acks: 'all' | 'leader',
  hashOf: (key: Buffer) => number,
): KafkaSender {
  return isKafka(given) ? new OwnProducerSender(given, acks, hashOf) : new GivenProducerSender(given, acks);
}

/** Sends with a producer that the application creates and closes. */
class GivenProducerSender implements KafkaSender {
  readonly choosesPartitions: boolean = false;
  private connected: Promise<void> | undefined;

  constructor(
    protected readonly producer: GivenKafkaJsProducer,
    private readonly acks: 'all' | 'leader',
  ) {}

  partitionCount(_topic: string): Promise<number | undefined> {
    return Promise.resolve(undefined);
  }

  async send(
    topic: string,
    messages: readonly KafkaMessage[],
    common: Readonly<Record<string, string>>,
    partition: number | undefined,
  ): Promise<void> {
    this.connected ??= this.producer.connect();
    try {
      await this.connected;
    } catch (error) {
      this.connected = undefined;
      throw error;
    }
    const chosen = partition === undefined ? {} : { partition };
    await this.producer.send({
      ...{ topic, acks: this.acks === 'all' ? -1 : 1 },
      messages: messages.map(({ key, value, headers }) => ({
        ...{ key, value, headers: { ...common, ...headers } },
        ...chosen,
      })),
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Sends with a producer that is created and closed here. */
class OwnProducerSender extends GivenProducerSender {
  override readonly choosesPartitions = true;
  private readonly counts: Map<string, number>;

  constructor(kafka: GivenKafkaJs, acks: 'all' | 'leader', hashOf: (key: Buffer) => number) {
    const counts = new Map<string, number>();
    // kafkajs passes the partitions of a topic to this function only, on each send.
    const createPartitioner: KafkaJs.ICustomPartitioner =
      () =>
      ({ topic, partitionMetadata, message }) => {
        counts.set(topic, partitionMetadata.length);
        return (message.partition ?? hashOf(message.key as Buffer)) % partitionMetadata.length;
      };
    // kafkajs must not retry: the delivery retries and decides how long to wait.
    const options = { allowAutoTopicCreation: true, retry: { retries: 0 }, createPartitioner };
    super(kafka.producer(options) as KafkaJs.Producer, acks);
    this.counts = counts;
  }

  override partitionCount(topic: string): Promise<number | undefined> {
    return Promise.resolve(this.counts.get(topic));
  }

  override close(): Promise<void> {
    return (this.producer as KafkaJs.Producer).disconnect();
  }
}

function isKafka(given: object): given is GivenKafkaJs {
  return typeof (given as Partial<GivenKafkaJs>).producer === 'function';
}
