import { randomUUID } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import { trackingLogCodec } from '../../../src/transports/bus/avro';
import { describeWithServices } from '../../support/services';
import { until } from '../../support/until';
import { Lives } from '../bus/lives';

const codec = trackingLogCodec({ entry: 'nestjs-event-tracking/kafka', peers: ['avsc'] });
const avro = (name: string): Buffer =>
  codec.encode({ name, timestamp: '2024-02-03T04:05:06+00:00', data: '{}', context: '{}' });
const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${prefix}-${String(at)}`);

describeWithServices(['kafka'], 'An entry of Kafka that ends the process of every consumer', ({ kafka }) => {
  const brokers = kafka.split(',');

  /** @param partitions names of the events of each partition */
  async function topicWith(partitions: readonly (readonly string[])[]): Promise<string> {
    const client = new Kafka({ brokers, logLevel: logLevel.NOTHING });
    const [admin, producer] = [client.admin(), client.producer()];
    await Promise.all([admin.connect(), producer.connect()]);
    const topic = `t-${randomUUID()}`;
    await admin.createTopics({ topics: [{ topic, numPartitions: partitions.length }], waitForLeaders: true });
    for (const [partition, names] of partitions.entries()) {
      const messages = names.map((name) => ({ partition, value: avro(name), headers: { ce_id: randomUUID() } }));
      await producer.send({ topic, messages });
    }
    await Promise.all([admin.disconnect(), producer.disconnect()]);
    return topic;
  }

  it.each([
    ['brokers', 'kill', false],
    ['brokers', 'abort', false],
    ['a given kafkajs', 'memory', true],
  ] as const)(
    'is a dead letter alone, and its neighbours arrive, with %s (%s)',
    async (_, death, isKafkaJs) => {
      const [before, after, others] = [numbered('before', 5), numbered('after', 200), numbered('other', 50)];
      const topic = await topicWith([[...before, 'poison', ...after], others]);
      const settings = { group: randomUUID(), sessionTimeoutMs: 6000, maxDeliveries: 4 };
      const lives = new Lives({ brokers, topic, ...settings, death, isKafkaJs });
      const arrived = (): Set<string> => new Set(lives.of('arrived'));
      const all = [...before, ...after, ...others];
      await until(
        () => lives.of('letter').length > 0 && arrived().size === all.length,
        () => JSON.stringify({ deaths: lives.deaths, letters: lives.of('letter'), arrived: arrived().size }),
        150_000,
      );
      // At least once: a rebalance between the letter and the commit gives the entry to another
      // process, which reports it too.
      expect([...new Set(lives.of('letter'))]).toEqual([
        'unreadable entry: given-up: it was given to consumers 4 times, and never finished',
      ]);
      expect([...arrived()].sort()).toEqual(all.sort());
      expect(lives.deaths).toBeLessThanOrEqual(5);
    },
    180_000,
  );
});
