import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Kafka, logLevel, type Message } from 'kafkajs';
import {
  backend,
  consumer,
  EventBusBackend,
  MemoryBackend,
  OnTrackingEvent,
  TrackingDeadLetters,
  type TrackingEvent,
} from '../../../src/entries';
import { trackingLogCodec } from '../../../src/transports/bus/avro';
import { kafka, KafkaConsumer, type KafkaConsumerOptions } from '../../../src/entries/kafka';
import { describeWithServices } from '../../support/services';
import { expectBalance, startTracking, type BuiltTracking } from '../../support/start-tracking';
import { until } from '../../support/until';

const codec = trackingLogCodec({ entry: 'nestjs-event-tracking/kafka', peers: ['avsc'] });

const avro = (name: string, data = '{}', context = '{}'): Buffer =>
  codec.encode({ name, timestamp: '2024-02-03T04:05:06+00:00', data, context });

describeWithServices(['kafka'], 'A KafkaConsumer', ({ kafka: brokers }) => {
  const given = (): Kafka => new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
  const fresh = (): string => `t-${randomUUID()}`;

  async function put(topic: string, messages: Message[], numPartitions = 1): Promise<void> {
    const admin = given().admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: true });
    await admin.disconnect();
    const producer = given().producer();
    await producer.connect();
    await producer.send({ topic, messages });
    await producer.disconnect();
  }

  const reading = (options: Partial<KafkaConsumerOptions>, providers: never[] = []): Promise<BuiltTracking> =>
    startTracking(
      {
        backends: { bus: backend(EventBusBackend, {}, { backends: { sink: backend(MemoryBackend) } }) },
        shutdownTimeoutMs: 500,
        consumers: { bus: consumer(KafkaConsumer, { group: randomUUID(), sessionTimeoutMs: 6000, ...options }) },
      },
      { providers },
    );

  const clients: [string, () => Pick<KafkaConsumerOptions, 'brokers' | 'kafkajs'>][] = [
    ['brokers', () => ({ brokers: brokers.split(',') })],
    ['a given kafkajs', () => ({ kafkajs: given() })],
  ];

  /** What is committed for the group, of partition 0. */
  async function committed(group: string, topic: string): Promise<string | undefined> {
    const admin = given().admin();
    await admin.connect();
    const [found] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
    await admin.disconnect();
    return found?.partitions.find(({ partition }) => partition === 0)?.offset;
  }

  describe.each(clients)('with %s', (_, connection) => {
    it('gives the nodes of the bus what was emitted elsewhere, and commits it when it closes', async () => {
      const topic = fresh();
      const group = randomUUID();
      const producer = kafka(connection());
      const sender = await startTracking({ backends: { bus: backend(EventBusBackend, { producer, topic }) } });
      const sent = await sender.tracker.context({ user_id: 3 }, () =>
        sender.tracker.emitConfirmed('e', { text: 'é😀' }),
      );
      const { app, events, ledger } = await reading({ ...connection(), topic, group });
      await until(() => events('bus/sink').length === 1, undefined, 15_000);
      expect(events('bus/sink')).toEqual([
        expect.objectContaining({ name: 'e', id: sent.id, data: { text: 'é😀' }, context: { user_id: 3 } }),
      ]);
      expect(ledger.consumers()).toEqual([expect.objectContaining({ received: 1, settled: 1, pending: 0 })]);
      expectBalance(ledger);
      await app.close();
      expect(await committed(group, topic)).toBe('1');
    });

    it('keeps what it cannot read as dead letters, as it was, and goes on behind it', async () => {
      const topic = fresh();
      const framed = Buffer.concat([Buffer.from([0, 0, 0, 0, 7]), avro('framed')]);
      await put(topic, [
        { value: Buffer.from('no avro') },
        { value: avro('bare'), headers: { ce_id: 'the-id' } },
        { value: null },
        { value: framed },
        { value: avro('other'), headers: { ce_type: 'org.openedx.learning.thing.v1' } },
        { value: avro('time', '{', '{}') },
      ]);
      const group = randomUUID();
      const { app, events, ledger } = await reading({ ...connection(), topic, group });
      await until(
        () => (ledger.consumers()[0]?.deadLettered ?? 0) === 4,
        () => JSON.stringify(ledger.consumers()),
        15_000,
      );
      await until(() => events('bus/sink').length === 2);
      expect(events('bus/sink').map(({ name }) => name)).toEqual(['bare', 'framed']);
      expect(events('bus/sink')[0]!.id).toBe('the-id');
      expect(events('bus/sink')[1]!.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8/);
      const letters = app.get(TrackingDeadLetters).list();
      expect(letters.map(({ reason }) => reason)).toEqual([
        expect.stringContaining('unreadable'),
        'unreadable: Error: it has no value',
        'unreadable: Error: its type is "org.openedx.learning.thing.v1", which is not a tracking event',
        'unreadable: Error: its data is not JSON',
      ]);
      expect(letters[0]!.event.data).toEqual({
        position: `${topic}:0:0`,
        raw: Buffer.from('no avro').toString('base64'),
      });
      await app.close();
      expect(await committed(group, topic)).toBe('6');
    });

    it('begins behind what is there, where it is to read only what is new', async () => {
      const topic = fresh();
      await put(topic, [{ value: avro('old') }]);
      const group = randomUUID();
      const { events, ledger } = await reading({ ...connection(), topic, group, start: 'new' });
      await until(
        () => ledger.consumers()[0]?.lag === 0,
        () => JSON.stringify(ledger.consumers()),
        15_000,
      );
      await put(topic, [{ value: avro('new') }]);
      await until(() => events('bus/sink').length > 0, undefined, 15_000);
      expect(events('bus/sink').map(({ name }) => name)).toEqual(['new']);
    });

    it('waits for a topic that is not there, and misses nothing of it', async () => {
      const topic = fresh();
      const { events } = await reading({ ...connection(), topic, start: 'new' });
      await put(topic, [{ value: avro('first') }]);
      await until(() => events('bus/sink').length === 1, undefined, 15_000);
    });

    it('calls handlers, and reads on from what is not done when it starts again', async () => {
      const topic = fresh();
      const group = randomUUID();
      await put(topic, [{ value: avro('slow') }, { value: avro('quick') }]);
      const seen: string[] = [];
      let letGo = (): void => {};

      @Injectable()
      class Handler {
        @OnTrackingEvent(/./)
        async on({ name }: TrackingEvent): Promise<void> {
          seen.push(name);
          if (name === 'slow') await new Promise<void>((resolve) => (letGo = resolve));
        }
      }

      const options = { ...connection(), topic, group };
      const first = await reading(options, [Handler as never]);
      await until(() => first.ledger.consumers()[0]?.settled === 1, undefined, 15_000);
      await first.app.close();
      letGo();
      expect(await committed(group, topic)).toBe('0');
      const second = await reading(options, [Handler as never]);
      await until(
        () => seen.length >= 4,
        () => seen.join(),
        20_000,
      );
      expect(seen).toEqual(['slow', 'quick', 'slow', 'quick']);
      letGo();
      await until(() => second.ledger.consumers()[0]?.settled === 2);
    });
  });
});
