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
 */
export function kafkaJsSender(given: GivenKafkaJs | GivenKafkaJsProducer, acks: 'all' | 'leader'): KafkaSender {
  if (!isKafka(given)) return new KafkaJsSender(given, acks, () => Promise.resolve());
  // Nothing is tried again in here: the delivery does that, and waits no longer than it wants to.
  const producer = given.producer({ allowAutoTopicCreation: true, retry: { retries: 0 } }) as KafkaJs.Producer;
  return new KafkaJsSender(producer, acks, () => producer.disconnect());
}

class KafkaJsSender implements KafkaSender {
  private connected: Promise<void> | undefined;

  constructor(
    private readonly producer: GivenKafkaJsProducer,
    private readonly acks: 'all' | 'leader',
    readonly close: () => Promise<void>,
  ) {}

  async send(
    topic: string,
    messages: readonly KafkaMessage[],
    common: Readonly<Record<string, string>>,
  ): Promise<void> {
    this.connected ??= this.producer.connect();
    try {
      await this.connected;
    } catch (error) {
      this.connected = undefined;
      throw error;
    }
    await this.producer.send({
      ...{ topic, acks: this.acks === 'all' ? -1 : 1 },
      messages: messages.map(({ key, value, headers }) => ({ key, value, headers: { ...common, ...headers } })),
    });
  }
}

function isKafka(given: object): given is GivenKafkaJs {
  return typeof (given as Partial<GivenKafkaJs>).producer === 'function';
}
