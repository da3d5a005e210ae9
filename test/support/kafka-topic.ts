import { randomUUID } from 'node:crypto';
import { Kafka, logLevel, type Admin, type KafkaMessage } from 'kafkajs';
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

/** @param config of the topic, such as `max.message.bytes` */
export async function createTopic(
  brokers: string,
  topic: string,
  numPartitions: number,
  config: Readonly<Record<string, string>> = {},
): Promise<void> {
  await withAdmin(brokers, async (admin) => {
    const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
    await admin.createTopics({ topics: [{ topic, numPartitions, configEntries }], waitForLeaders: true });
  });
}

/** Number of records that the topic has, duplicates included. */
export function countRecords(brokers: string, topic: string): Promise<number> {
  return withAdmin(brokers, async (admin) => {
    const partitions = await admin.fetchTopicOffsets(topic);
    return partitions.reduce((count, { high, low }) => count + Number(high) - Number(low), 0);
  });
}

async function withAdmin<Result>(brokers: string, work: (admin: Admin) => Promise<Result>): Promise<Result> {
  const admin = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}
