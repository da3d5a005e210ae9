import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { Kafka, logLevel, type Admin, type Producer } from 'kafkajs';
import { backend, consumer, EventBusBackend, MemoryBackend } from '../../../src/entries';
import type { ConsumerCounts } from '../../../src/entries/types';
import { trackingLogCodec } from '../../../src/transports/bus/avro';
import { KafkaConsumer, type KafkaConsumerOptions } from '../../../src/entries/kafka';
import { describeWithServices } from '../../support/services';
import { RecordingLogger, startTracking, type BuiltTracking } from '../../support/start-tracking';
import { until } from '../../support/until';

const codec = trackingLogCodec({ entry: 'nestjs-event-tracking/kafka', peers: ['avsc'] });
const avro = (name: string): Buffer =>
  codec.encode({ name, timestamp: '2024-02-03T04:05:06+00:00', data: '{}', context: '{}' });
const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${prefix}-${String(at)}`);

describeWithServices(['kafka'], 'A topic of Kafka', ({ kafka: brokers }) => {
  const given = (): Kafka => new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
  const clients: [string, () => Partial<KafkaConsumerOptions>][] = [
    ['brokers', () => ({ brokers: brokers.split(',') })],
    ['a given kafkajs', () => ({ kafkajs: given() })],
  ];
  let admin: Admin;
  let producer: Producer;

  beforeAll(async () => {
    admin = given().admin();
    producer = given().producer();
    await Promise.all([admin.connect(), producer.connect()]);
  });

  afterAll(() => Promise.all([admin.disconnect(), producer.disconnect()]));

  const create = (topic: string, numPartitions = 1) =>
    admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: true });

  /** Each with an id of its own, or without one, as another program may send them. */
  async function put(topic: string, names: readonly string[], ids: 'with ids' | 'without ids' = 'with ids') {
    const own = given().producer(); // one that knows nothing of the topic
    await own.connect();
    const headersOf = (): object => (ids === 'with ids' ? { headers: { ce_id: randomUUID() } } : {});
    await own.send({ topic, messages: names.map((name) => ({ key: name, value: avro(name), ...headersOf() })) });
    await own.disconnect();
  }

  async function recreate(topic: string, numPartitions = 1): Promise<void> {
    await admin.deleteTopics({ topics: [topic] });
    // A client that reads it may make it first, and while it is being deleted it can be neither
    // made nor looked at.
    for (let isNew = false; !isNew;) {
      await wait(50);
      await create(topic, numPartitions).catch(() => false);
      const offsets = await admin.fetchTopicOffsets(topic).catch(() => []);
      isNew = offsets.length > 0 && offsets.every(({ high }) => high === '0');
    }
  }

  async function reading(options: Partial<KafkaConsumerOptions>, logger = new RecordingLogger()) {
    const run = await startTracking({
      logger,
      backends: {
        bus: backend(EventBusBackend, {}, { backends: { sink: backend(MemoryBackend, { maxEvents: 100_000 }) } }),
      },
      shutdownTimeoutMs: 500,
      consumers: { bus: consumer(KafkaConsumer, { group: randomUUID(), sessionTimeoutMs: 6000, ...options }) },
    });
    return { run, logger };
  }

  const counts = ({ ledger }: BuiltTracking): ConsumerCounts => ledger.consumers()[0]!;
  /**
   * Counts once per look: to copy all events for each name would hold up the clients for seconds.
   */
  const arrivedOf = (run: BuiltTracking, names: readonly string[]): number => {
    const arrived = new Set(run.names('bus/sink'));
    return names.filter((name) => arrived.has(name)).length;
  };
  const whenRead = (run: BuiltTracking, names: readonly string[], ms = 60_000): Promise<void> =>
    until(
      // Copies nothing before enough entries were read.
      () => counts(run).received >= names.length && arrivedOf(run, names) === names.length,
      () => `${String(arrivedOf(run, names))} of ${String(names.length)}, ${JSON.stringify(counts(run))}`,
      ms,
    );

  describe.each(clients)('read with %s', (_, connection) => {
    it.each(['with ids', 'without ids'] as const)(
      'that is made anew under a running consumer is read from its beginning, events %s',
      async (ids) => {
        const topic = `t-${randomUUID()}`;
        await create(topic);
        const { run, logger } = await reading({ ...connection(), topic });
        const [before, after] = [numbered('a', 500), numbered('b', 800)];
        await put(topic, before, ids);
        await whenRead(run, before);
        await recreate(topic);
        await put(topic, after, ids);
        await whenRead(run, after, 150_000);
        expect(run.names('bus/sink').filter((name) => name.startsWith('b'))).toHaveLength(800);
        // The broker may forget the group's position together with the topic before the consumer
        // asks for it. It then reads a new topic from its beginning, with no restart to count.
        const { restarts, deadLettered } = counts(run);
        expect([deadLettered, restarts <= 1]).toEqual([0, true]);
        const told = logger.warnings.filter((text) => text.includes('begins again'));
        expect(told).toEqual(Array(restarts).fill(expect.stringContaining(`the topic "${topic}"`)));
      },
      200_000,
    );

    it('whose end is before the position of the group is read from its beginning', async () => {
      const topic = `t-${randomUUID()}`;
      const group = randomUUID();
      await create(topic);
      const names = numbered('a', 10);
      await put(topic, names);
      await admin.setOffsets({ groupId: group, topic, partitions: [{ partition: 0, offset: '1000' }] });
      const { run, logger } = await reading({ ...connection(), topic, group });
      await whenRead(run, names);
      expect(counts(run)).toMatchObject({ restarts: 1 });
      expect(logger.warnings).toContainEqual(expect.stringContaining('begins again'));
    }, 90_000);

    it('whose beginning was deleted before the group read it is read on, and the gap is counted', async () => {
      const topic = `t-${randomUUID()}`;
      const group = randomUUID();
      await create(topic);
      const names = numbered('a', 10);
      await put(topic, names);
      await admin.setOffsets({ groupId: group, topic, partitions: [{ partition: 0, offset: '2' }] });
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '7' }] });
      const { run, logger } = await reading({ ...connection(), topic, group });
      await whenRead(run, names.slice(7));
      expect(run.names('bus/sink')).toEqual(names.slice(7));
      expect(counts(run)).toMatchObject({ missed: 5 });
      expect(logger.warnings).toContainEqual(expect.stringContaining('5 events'));
    }, 90_000);

    it('that is deleted and made again while no consumer runs is read from its beginning', async () => {
      const topic = `t-${randomUUID()}`;
      const group = randomUUID();
      await create(topic);
      await put(topic, numbered('a', 30));
      const first = await reading({ ...connection(), topic, group });
      await whenRead(first.run, numbered('a', 30));
      await first.run.app.close();
      await recreate(topic);
      await put(topic, numbered('b', 50));
      const { run } = await reading({ ...connection(), topic, group });
      await whenRead(run, numbered('b', 50));
      expect(counts(run)).toMatchObject({ received: 50, missed: 0 });
    }, 90_000);

    it('is read in all its partitions when some are added', async () => {
      const topic = `t-${randomUUID()}`;
      await create(topic);
      const { run } = await reading({ ...connection(), topic });
      const [before, after] = [numbered('a', 20), numbered('b', 200)];
      await put(topic, before);
      await whenRead(run, before);
      await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] });
      await put(topic, after);
      await whenRead(run, after, 150_000);
      expect(run.names('bus/sink').filter((name) => name.startsWith('b'))).toHaveLength(200);
    }, 200_000);
  });
});
