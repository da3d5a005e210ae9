import { randomUUID } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import { backend, consumer, EventBusBackend, type IdentifiedEvent } from '../../../src/entries';
import type { ConsumerCounts } from '../../../src/entries/types';
import { trackingLogCodec } from '../../../src/transports/bus/avro';
import { KafkaConsumer, type KafkaConsumerOptions } from '../../../src/entries/kafka';
import { Gate, quick } from '../../delivery/gate';
import { describeWithServices } from '../../support/services';
import { RecordingLogger, startTracking } from '../../support/start-tracking';
import { until } from '../../support/until';

const codec = trackingLogCodec({ entry: 'nestjs-event-tracking/kafka', peers: ['avsc'] });
const avro = (name: string): Buffer =>
  codec.encode({ name, timestamp: '2024-02-03T04:05:06+00:00', data: '{}', context: '{}' });
const numbered = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, at) => `e-${String(from + at)}`);

const [FIRST, LATER, KEPT] = [20, 50, 10];
const ALL = FIRST + LATER;

describeWithServices(
  ['kafka'],
  'Records that are removed before a running consumer has read them',
  ({ kafka: brokers }) => {
    const given = (): Kafka => new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
    const clients: [string, () => Partial<KafkaConsumerOptions>][] = [
      ['brokers', () => ({ brokers: brokers.split(',') })],
      ['a given kafkajs', () => ({ kafkajs: given() })],
    ];

    async function put(topic: string, names: readonly string[]): Promise<void> {
      const producer = given().producer();
      await producer.connect();
      const messages = names.map((name) => ({ key: name, value: avro(name), headers: { ce_id: randomUUID() } }));
      await producer.send({ topic, messages });
      await producer.disconnect();
    }

    const admin = given().admin();
    beforeAll(() => admin.connect());
    afterAll(() => admin.disconnect());

    it.each(clients)(
      'are counted as missed, and the others are read (%s)',
      async (_name, connection) => {
        const topic = `t-${randomUUID()}`;
        await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
        let open = (): void => undefined;
        const isOpen = new Promise<void>((resolve) => (open = resolve));
        class Door extends Gate {
          override behave = (_events: readonly IdentifiedEvent[]): Promise<void> => isOpen;
        }
        const logger = new RecordingLogger();
        const run = await startTracking({
          logger,
          backends: {
            bus: backend(EventBusBackend, {}, { backends: { sink: backend(Door, {}, { delivery: quick }) } }),
          },
          consumers: {
            bus: consumer(KafkaConsumer, {
              ...{ group: randomUUID(), topic, sessionTimeoutMs: 6000, maxInFlight: 5 },
              ...connection(),
            }),
          },
        });
        const counts = (): ConsumerCounts => run.ledger.consumers()[0]!;
        await put(topic, numbered(FIRST));
        // The consumer is stuck in the first records.
        await until(
          () => counts().received >= 5,
          () => JSON.stringify(counts()),
          60_000,
        );
        await put(topic, numbered(LATER, FIRST));
        // A client learns of a new topic with a delay.
        let failure: unknown;
        await until(
          () =>
            admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: String(ALL - KEPT) }] }).then(
              () => true,
              (error: unknown) => ((failure = error), false),
            ),
          () => JSON.stringify(failure),
          20_000,
        );
        open();
        const gate = run.tracker.backend<Gate>('bus/sink');
        const kept = numbered(KEPT, ALL - KEPT);
        await until(
          () => kept.every((name) => gate.names.includes(name)) && new Set(gate.names).size + counts().missed >= ALL,
          () => `${String(new Set(gate.names).size)}, ${JSON.stringify(counts())}`,
          90_000,
        );
        // A client may have had some of the removed ones in its memory: those are read and not
        // missed.
        expect(new Set(gate.names).size + counts().missed).toBe(ALL);
        expect(counts()).toMatchObject({ restarts: 0, deadLettered: 0 });
        const warned = logger.warnings.some((text) => text.includes('deleted before the group read them'));
        expect(warned).toBe(counts().missed > 0);
      },
      200_000,
    );
  },
);
