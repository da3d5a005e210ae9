import { randomUUID } from 'node:crypto';
import { Kafka, logLevel, type KafkaMessage } from 'kafkajs';
import { until } from './until';

export type ReadMessage = KafkaMessage & { readonly partition: number };

/** Reads a topic from its beginning, in a group of its own, until so many messages have come. */
export async function readTopic(brokers: string, topic: string, count: number): Promise<ReadMessage[]> {
  const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: `reader-${randomUUID()}` });
  const read: ReadMessage[] = [];
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message, partition }) => {
        read.push({ ...message, partition });
        return Promise.resolve();
      },
    });
    await until(
      () => read.length >= count,
      () => `${String(read.length)} of ${String(count)} messages`,
      15_000,
    );
  } finally {
    await consumer.disconnect();
  }
  return read;
}
