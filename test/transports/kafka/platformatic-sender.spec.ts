import { randomUUID } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import { loadPlatformatic, PlatformaticSender } from '../../../src/transports/kafka/platformatic-sender';
import { describeWithServices } from '../../support/services';
import { setTimeout as wait } from 'node:timers/promises';

/** While a topic is being deleted, it can be neither created nor written. */
async function untilDone(action: () => Promise<unknown>): Promise<void> {
  const deadline = performance.now() + 15_000;
  for (;;) {
    try {
      await action();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await wait(50);
    }
  }
}

describeWithServices(['kafka'], 'PlatformaticSender', ({ kafka: brokers }) => {
  it('outlives a topic that is created again with fewer partitions while it sends', async () => {
    const admin = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const topic = `fewer-${randomUUID()}`;
    await admin.createTopics({ topics: [{ topic, numPartitions: 3 }], waitForLeaders: true });
    const sender = new PlatformaticSender(loadPlatformatic({ entry: 'nestjs-event-tracking/kafka', peers: [] }), {
      ...{ brokers: brokers.split(','), clientId: 'test', connectTimeoutMs: 5000 },
      ...{ acks: 'all' as const, requestTimeoutMs: 5000 },
    });
    const send = (partition: number): Promise<void> =>
      sender.send(topic, [{ key: Buffer.from('k'), value: Buffer.from('v'), headers: {} }], {}, partition);
    try {
      await send(2);
      await admin.deleteTopics({ topics: [topic] });
      await untilDone(() => admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: false }));
      await untilDone(() => send(2));
      expect(await sender.partitionCount(topic)).toBe(1);
    } finally {
      await sender.close();
      await admin.disconnect();
    }
  });
});
