import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Kafka, logLevel } from 'kafkajs';
import {
  backend,
  consumer,
  EventBusBackend,
  MemoryBackend,
  type DestinationCounts,
  type IdentifiedEvent,
} from '../../../src/entries';
import { kafka, KafkaConsumer, type KafkaConsumerOptions } from '../../../src/entries/kafka';
import { OwnServer } from '../../support/own-server';
import { describeWithPrograms, describeWithServices } from '../../support/services';
import { expectBalance, startTracking, type BuiltTracking } from '../../support/start-tracking';
import { until } from '../../support/until';

type Connection = Pick<KafkaConsumerOptions, 'brokers' | 'kafkajs'>;

const started = (connection: Connection, topic: string, group: string): Promise<BuiltTracking> =>
  startTracking({
    delivery: { maxEvents: 200_000, maxBytes: 200_000_000 },
    backends: {
      bus: backend(
        EventBusBackend,
        { producer: kafka({ ...connection, requestTimeoutMs: 1000 }), topic },
        {
          backends: { sink: backend(MemoryBackend, { maxEvents: 200_000 }) },
          delivery: { retry: { maxDelayMs: 500 } },
        },
      ),
    },
    consumers: { bus: consumer(KafkaConsumer, { ...connection, topic, group, sessionTimeoutMs: 6000 }) },
  });

const idsIn = (events: readonly IdentifiedEvent[]): Set<string> => new Set(events.map(({ id }) => id));
const namesIn = (events: readonly IdentifiedEvent[]): Set<string> => new Set(events.map(({ name }) => name));

async function createTopic(brokers: string, topic: string, numPartitions: number): Promise<void> {
  const admin = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: true });
  await admin.disconnect();
}

describeWithPrograms(['kafka'], 'Events over a Kafka that fails', (programs) => {
  let own: OwnServer;

  beforeAll(async () => {
    own = await OwnServer.start(programs.kafka);
  }, 90_000);

  afterAll(() => own.remove());

  const clients: [string, () => Connection][] = [
    ['brokers', () => ({ brokers: [own.url] })],
    [
      'a given kafkajs',
      () => ({
        kafkajs: new Kafka({
          ...{ brokers: [own.url], logLevel: logLevel.NOTHING, retry: { retries: 0 } },
          ...{ connectionTimeout: 500, requestTimeout: 20_000 },
        }),
      }),
    ],
  ];

  it.each(clients)(
    'all arrive with %s, whatever befalls the broker',
    async (_, connection) => {
      const topic = `t-${randomUUID()}`;
      const { tracker, events, ledger } = await started(connection(), topic, randomUUID());
      const emitted = new Set<string>();
      const emit = (count: number): void => {
        for (let at = 0; at < count; at++) {
          const name = `e-${String(emitted.size)}`;
          emitted.add(name);
          tracker.emit(name);
        }
      };
      const arrived = (): Promise<void> =>
        until(
          () => namesIn(events('bus/sink')).size === emitted.size,
          () => `${namesIn(events('bus/sink')).size} of ${emitted.size}, ${JSON.stringify(ledger.consumers())}`,
          50_000,
        );
      emit(500);
      await arrived();
      await own.kill('SIGSTOP');
      emit(500);
      // Longer than an attempt may take.
      await until(() => (ledger.node('bus')!.delivery as DestinationCounts).failedAttempts > 0);
      await own.kill('SIGCONT');
      emit(500);
      await arrived();
      emit(500);
      await own.kill();
      emit(500);
      await own.start();
      emit(500);
      await arrived();
      expect(namesIn(events('bus/sink'))).toEqual(emitted);
      expectBalance(ledger);
    },
    120_000,
  );
});

describeWithServices(['kafka'], 'Events over Kafka', ({ kafka: brokers }) => {
  const members: ChildProcess[] = [];

  afterEach(() => {
    for (const member of members.splice(0)) member.kill('SIGKILL');
  });

  it('are counted the same at both ends, 100,000 of them', async () => {
    const topic = `t-${randomUUID()}`;
    await createTopic(brokers, topic, 2);
    const { tracker, events, ledger } = await started({ brokers: [brokers] }, topic, randomUUID());
    for (let at = 0; at < 100_000; at++) {
      tracker.emit(`event-${String(at % 7)}`, { at });
      if (at % 5000 === 0) await tracker.flush();
    }
    await until(
      () => (ledger.consumers()[0]?.settled ?? 0) >= 100_000,
      () => JSON.stringify([ledger.consumers(), ledger.node('bus')]),
      100_000,
    );
    const { delivered } = ledger.node('bus')!.delivery!;
    const [counts] = ledger.consumers();
    expect(delivered).toBe(100_000);
    expect(counts).toMatchObject({ settled: 100_000, deadLettered: 0, pending: 0 });
    expect(idsIn(events('bus/sink')).size).toBe(100_000);
  }, 150_000);

  it('all come to one of two members of a group, though one is killed', async () => {
    const topic = `t-${randomUUID()}`;
    const group = randomUUID();
    await createTopic(brokers, topic, 4);
    const seen = [new Set<string>(), new Set<string>()] as const;
    for (const names of seen) {
      const swc = join(__dirname, '../../../scripts/swc-register.cjs');
      const member = spawn(
        process.execPath,
        ['-r', swc, join(__dirname, '../bus/bus-member.child.ts'), brokers, topic, group],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      members.push(member);
      createInterface(member.stdout).on('line', (name) => names.add(name));
    }
    const producer = kafka({ brokers: [brokers] });
    const { tracker } = await startTracking({ backends: { bus: backend(EventBusBackend, { producer, topic }) } });
    const emitted = new Set<string>();
    const emit = (count: number): void => {
      for (let at = 0; at < count; at++) {
        const name = `e-${String(emitted.size)}`;
        emitted.add(name);
        tracker.emit(name);
      }
    };
    await until(
      () => {
        emit(1);
        return seen.every(({ size }) => size > 5);
      },
      () => seen.map(({ size }) => size).join(),
      40_000,
    );
    emit(2000);
    await until(() => seen[0].size > 100, undefined, 20_000);
    members[0]!.kill('SIGKILL');
    emit(1000);
    await until(
      () => new Set([...seen[0], ...seen[1]]).size === emitted.size,
      () => `${seen.map(({ size }) => size).join()} of ${emitted.size}`,
      40_000,
    );
  }, 110_000);
});
