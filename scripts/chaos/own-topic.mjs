// @ts-check
// A topic of its own on the Kafka of the tests (npm run services), or of KAFKA_BROKERS.
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { setTimeout as wait } from 'node:timers/promises';
import { readState } from '../services/cache.mjs';

/** Two partitions, one for each worker. */
export async function startTopic() {
  const url = process.env.KAFKA_BROKERS ?? readState().kafka?.url;
  if (url === undefined) throw new Error('there is no Kafka. Fix: npm run services, or KAFKA_BROKERS=localhost:9092');
  const { Kafka, logLevel } = createRequire(import.meta.url)('kafkajs');
  const admin = new Kafka({ brokers: url.split(','), logLevel: logLevel.NOTHING }).admin();
  const topic = `chaos-${randomUUID()}`;
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: true });
  return {
    url,
    topic,
    close: async () => {
      await admin.deleteTopics({ topics: [topic] }).catch(() => undefined);
      await admin.disconnect();
    },
    /** @returns what no consumer of the group has committed when the patience is over */
    left: async (groupId, patienceMs) => {
      const deadline = performance.now() + patienceMs;
      for (;;) {
        const ends = await admin.fetchTopicOffsets(topic);
        const [{ partitions }] = await admin.fetchOffsets({ groupId, topics: [topic] });
        const committed = new Map(partitions.map(({ partition, offset }) => [partition, Math.max(Number(offset), 0)]));
        const left = ends.map(({ partition, offset }) => Number(offset) - (committed.get(partition) ?? 0));
        if (left.every((entries) => entries === 0)) return [];
        if (performance.now() > deadline) return [`left on the topic: ${JSON.stringify(left)}`];
        await wait(100);
      }
    },
  };
}
