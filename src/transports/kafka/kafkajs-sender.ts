import type * as KafkaJs from 'kafkajs';
import type { KafkaMessage, KafkaSender } from './kafka-port';

/**
 * A `Kafka` of kafkajs; whoever gives it has set its brokers, its security and its time-outs. Told in types of its own, so that
 * this package's can be read where kafkajs is not installed.
 */
export interface GivenKafkaJs {
  producer(options?: object): unknown;
  consumer(options: { readonly groupId: string }): unknown;
  admin(): unknown;
}

/** A producer of kafkajs that somebody else closes. */
export interface GivenKafkaJsProducer {
  connect(): Promise<void>;
  send(record: object): Promise<unknown>;
}

/**
 * The sending end of a client that the application has made; this package itself never loads kafkajs. Of a `Kafka` a producer is
 * made, which is closed with the node; a producer is the application's to close.
 * @param hashOf chooses the partitions of a producer that is made here
 */
export function kafkaJsSender(
  given: GivenKafkaJs | GivenKafkaJsProducer,
  acks: 'all' | 'leader',
  hashOf: (key: Buffer) => number,
): KafkaSender {
  return isKafka(given) ? new OwnProducerSender(given, acks, hashOf) : new GivenProducerSender(given, acks);
}

/** Sends with a producer that the application has made and closes. */
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

/** Sends with a producer that is made and closed here. */
class OwnProducerSender extends GivenProducerSender {
  override readonly choosesPartitions = true;
  private readonly counts: Map<string, number>;

  constructor(kafka: GivenKafkaJs, acks: 'all' | 'leader', hashOf: (key: Buffer) => number) {
    const counts = new Map<string, number>();
    // kafkajs shows the partitions of a topic to this function alone, each time it sends.
    const createPartitioner: KafkaJs.ICustomPartitioner =
      () =>
      ({ topic, partitionMetadata, message }) => {
        counts.set(topic, partitionMetadata.length);
        return (message.partition ?? hashOf(message.key as Buffer)) % partitionMetadata.length;
      };
    // Nothing is sent again in here: the delivery does that, and decides how long to wait.
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
