import { randomUUID } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import { backend, EventBusBackend, TrackingDeadLetters } from '../../../src/entries';
import { trackingLogCodec } from '../../../src/transports/bus/avro';
import { kafka, type KafkaOptions } from '../../../src/entries/kafka';
import { countRecords, createTopic, readTopic } from '../../support/kafka-topic';
import { describeWithServices } from '../../support/services';
import { expectBalance, startTracking, type BuiltTracking } from '../../support/start-tracking';

const codec = trackingLogCodec({ entry: 'nestjs-event-tracking/kafka', peers: ['avsc'] });
const NAMES = Array.from({ length: 12 }, (_, at) => `course.event-${String(at)}`);

const TOO_LARGE =
  /takes about 12\d{4} bytes in Kafka, more than the topic "t-.*" accepts \(MESSAGE_TOO_LARGE\)\. Fix: raise/;

describeWithServices(['kafka'], 'Batches of kafka()', ({ kafka: brokers }) => {
  const kafkaJs = (): Kafka => new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
  const clients: [string, () => KafkaOptions][] = [
    ['brokers', () => ({ brokers: brokers.split(',') })],
    ['a Kafka of kafkajs', () => ({ kafkajs: kafkaJs() })],
  ];

  const sending = (topic: string, options: KafkaOptions): Promise<BuiltTracking> =>
    startTracking({ backends: { bus: backend(EventBusBackend, { producer: kafka(options), topic }) } });

  /**
   * Emits, drains, and checks that every event but the dead ones is there once, in the order of its
   * key.
   */
  async function expectOnce(
    { app, tracker, ledger }: BuiltTracking,
    topic: string,
    texts: readonly string[],
    dead: readonly number[] = [],
  ): Promise<void> {
    for (const [at, text] of texts.entries())
      tracker.emit(NAMES[at % NAMES.length], { at, parts: text.match(/.{1,9000}/g) });
    await tracker.flush();
    expectBalance(ledger);
    expect(ledger.node('bus')?.delivery).toMatchObject({
      delivered: texts.length - dead.length,
      deadLettered: dead.length,
    });
    const letters = app.get(TrackingDeadLetters).list({ path: 'bus' });
    expect(letters).toHaveLength(dead.length);
    for (const { reason } of letters) expect(reason).toMatch(TOO_LARGE);
    await app.close();
    const expected = texts.length - dead.length;
    expect(await countRecords(brokers, topic)).toBe(expected);
    const found = new Map<string, number[]>();
    for (const { value } of await readTopic(brokers, topic, expected)) {
      const log = codec.decode(value!);
      const { at, parts } = JSON.parse(log.data) as { at: number; parts: string[] };
      expect(parts.join('').length).toBe(texts[at]!.length);
      found.set(log.name, [...(found.get(log.name) ?? []), at]);
    }
    for (const [name, order] of found)
      expect({ name, order }).toEqual({ name, order: order.toSorted((a, b) => a - b) });
    const all = texts.flatMap((_, at) => (dead.includes(at) ? [] : [at]));
    expect([...found.values()].flat().sort((a, b) => a - b)).toEqual(all);
  }

  const topics: [string, number, Record<string, string>][] = [
    ['one partition', 1, {}],
    ['six partitions', 6, {}],
    ['six partitions that take 64 kB', 6, { 'max.message.bytes': '65536' }],
    ['six partitions that compress', 6, { 'compression.type': 'gzip' }],
  ];

  describe.each(clients)('with %s', (_, connection) => {
    it.each(topics)('land once and in order on %s', async (_, partitions, config) => {
      const topic = `t-${randomUUID()}`;
      await createTopic(brokers, topic, partitions, config);
      const texts = Array.from({ length: 1500 }, (_, at) => (at % 2 === 0 ? 'x'.repeat(2000) : 'é'.repeat(3000)));
      await expectOnce(await sending(topic, connection()), topic, texts);
    });

    it.each(topics)('leave out the events alone that are too large for %s', async (_, partitions, config) => {
      const topic = `t-${randomUUID()}`;
      await createTopic(brokers, topic, partitions, { ...config, 'max.message.bytes': '65536' });
      const texts = Array.from({ length: 60 }, (_, at) => (at % 20 === 7 ? 'é'.repeat(20_000) : 'ü'.repeat(300)));
      await expectOnce(await sending(topic, connection()), topic, texts, [7, 27, 47]);
    });

    it('take an event that is alone larger than a batch, where the topic accepts it', async () => {
      const topic = `t-${randomUUID()}`;
      await createTopic(brokers, topic, 6, { 'max.message.bytes': '4000000' });
      const texts = Array.from({ length: 40 }, (_, at) => (at === 9 ? 'é'.repeat(300_000) : 'small'));
      await expectOnce(await sending(topic, connection()), topic, texts);
    });
  });

  it('of a producer of the application land once where the limit is the default of brokers', async () => {
    const topic = `t-${randomUUID()}`;
    await createTopic(brokers, topic, 6);
    const producer = kafkaJs().producer({ retry: { retries: 0 } });
    const texts = Array.from({ length: 1500 }, () => 'é'.repeat(1500));
    await expectOnce(await sending(topic, { kafkajs: producer }), topic, texts);
    await producer.disconnect();
  });
});
