import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { MongooseModule } from '@nestjs/mongoose';
import { Kafka, logLevel } from 'kafkajs';
import { backend, consumer, EventBusBackend, MemoryBackend, type TrackingModuleOptions } from '../../src/entries';
import { kafka, KafkaConsumer, type KafkaConsumerOptions } from '../../src/entries/kafka';
import { MongoBackend } from '../../src/entries/mongoose';
import { redisStreams, RedisStreamsConsumer } from '../../src/entries/redis-streams';
import { bullBackend, queueName, startBull } from '../transports/bull/bull-run';
import { RedisBus } from '../transports/redis-streams/redis-bus';
import { OwnServer } from '../support/own-server';
import { describeWithPrograms, describeWithServices } from '../support/services';
import { RecordingLogger, startTracking } from '../support/start-tracking';
import { FaultyWay } from '../support/toxiproxy';
import { until } from '../support/until';

const SHUTDOWN_MS = 1000;
/**
 * What closing may take beyond it: what is still to be said to servers takes up to 1.5 s, and the
 * machine may be busy.
 */
const MARGIN_MS = 2000;

/**
 * Closes an application whose server falls silent after it has taken one event. @returns how long
 * that took
 */
async function closingMs(
  options: TrackingModuleOptions,
  path: string,
  silence: () => Promise<unknown>,
): Promise<number> {
  const run = await startTracking({ logger: new RecordingLogger(), shutdownTimeoutMs: SHUTDOWN_MS, ...options });
  run.tracker.emit('before');
  await run.tracker.flush();
  await until(
    () => run.ledger.destination(path)?.delivered === 1,
    () => JSON.stringify(run.ledger.destination(path)),
  );
  await silence();
  run.tracker.emit('after');
  const begin = performance.now();
  await run.app.close();
  return performance.now() - begin;
}

describeWithPrograms(['redis'], 'Closing while Redis does not answer', ({ redis: program }) => {
  let server: OwnServer;
  beforeEach(async () => {
    server = await OwnServer.start(program);
  });
  afterEach(() => server.remove());
  const silence = (): Promise<void> => server.kill('SIGSTOP');

  it.each(['emitter', 'both'] as const)('is bounded by shutdownTimeoutMs: Bull, %s', async (role) => {
    const later = bullBackend({ url: server.url, name: queueName() });
    const took = await closingMs({ backends: { later }, role }, 'later', silence);
    expect(took).toBeLessThan(SHUTDOWN_MS + MARGIN_MS);
  });

  it('is bounded by shutdownTimeoutMs: Bull with a job under way', async () => {
    const options = { shutdownTimeoutMs: SHUTDOWN_MS };
    const run = await startBull({ url: server.url, name: queueName(), options });
    run.gate.behave = () => new Promise(() => undefined);
    run.emit(1);
    await until(() => run.gate.underWay === 1);
    await silence();
    const begin = performance.now();
    await run.app.close();
    expect(performance.now() - begin).toBeLessThan(SHUTDOWN_MS + MARGIN_MS);
  });

  it('is bounded by shutdownTimeoutMs: Redis Streams', async () => {
    const bus = new RedisBus(server.url);
    const options = { backends: { bus: bus.sender() }, consumers: { bus: bus.consumer() } };
    const took = await closingMs(options, 'bus', silence);
    expect(took).toBeLessThan(SHUTDOWN_MS + MARGIN_MS);
  });
});

describeWithPrograms(['kafka'], 'Closing while Kafka does not answer', ({ kafka: program }) => {
  let server: OwnServer;
  beforeEach(async () => {
    server = await OwnServer.start(program);
  }, 90_000);
  afterEach(() => server.remove());

  const clients: [string, () => Pick<KafkaConsumerOptions, 'brokers' | 'kafkajs'>][] = [
    ['brokers', () => ({ brokers: [server.url] })],
    [
      'a given kafkajs',
      () => ({ kafkajs: new Kafka({ brokers: [server.url], logLevel: logLevel.NOTHING, retry: { retries: 0 } }) }),
    ],
  ];
  it.each(clients)(
    'is bounded by shutdownTimeoutMs: %s',
    async (_, connection) => {
      const topic = `t-${randomUUID()}`;
      const sink = backend(MemoryBackend);
      const options = {
        backends: {
          bus: backend(EventBusBackend, { producer: kafka(connection()), topic }, { backends: { sink } }),
        },
        consumers: { bus: consumer(KafkaConsumer, { ...connection(), topic, group: randomUUID() }) },
      };
      const took = await closingMs(options, 'bus', () => server.kill('SIGSTOP'));
      expect(took).toBeLessThan(SHUTDOWN_MS + MARGIN_MS);
    },
    90_000,
  );
});

describeWithServices(['mongo', 'toxiproxy'], 'Closing while MongoDB does not answer', ({ mongo, toxiproxy }) => {
  it('is bounded by shutdownTimeoutMs', async () => {
    const way = await FaultyWay.to(toxiproxy, mongo);
    try {
      const url = `${way.url.replace(/\/$/, '')}/t_${randomUUID().replaceAll('-', '')}`;
      const imports = [MongooseModule.forRoot(url, { lazyConnection: true })];
      const took = await closingMs(
        { backends: { mongo: backend(MongoBackend, {}, { imports }) } },
        'mongo',
        async () => {
          await way.add({ type: 'stall' });
          await way.add({ type: 'stall' }, 'upstream');
        },
      );
      expect(took).toBeLessThan(SHUTDOWN_MS + MARGIN_MS);
    } finally {
      await way.delete();
    }
  });
});

describe('Closing while a server has never answered', () => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
  });
  let address = '';
  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    address = `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  });
  afterAll(() => {
    server.close();
  });

  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  });

  const redis = (): string => `redis://${address}`;
  const ofKafka = (connection: Pick<KafkaConsumerOptions, 'brokers' | 'kafkajs'>): TrackingModuleOptions => ({
    backends: { bus: backend(EventBusBackend, { producer: kafka(connection), topic: 't' }) },
    consumers: { bus: consumer(KafkaConsumer, { ...connection, topic: 't', group: 'g' }) },
  });
  const setUps: [string, () => TrackingModuleOptions][] = [
    ['Bull', () => ({ backends: { later: bullBackend({ url: redis(), name: queueName() }) } })],
    [
      'Redis Streams',
      () => ({
        backends: { bus: backend(EventBusBackend, { producer: redisStreams({ url: redis() }), topic: 't' }) },
        consumers: { bus: consumer(RedisStreamsConsumer, { url: redis(), topic: 't', group: 'g' }) },
      }),
    ],
    ['Kafka', () => ofKafka({ brokers: [address] })],
    [
      'a given kafkajs',
      () => ofKafka({ kafkajs: new Kafka({ brokers: [address], logLevel: logLevel.NOTHING, retry: { retries: 0 } }) }),
    ],
    [
      'MongoDB',
      () => ({
        backends: {
          mongo: backend(
            MongoBackend,
            {},
            { imports: [MongooseModule.forRoot(`mongodb://${address}/t`, { lazyConnection: true })] },
          ),
        },
      }),
    ],
  ];
  it.each(setUps)(
    'is bounded by shutdownTimeoutMs: %s',
    async (_name, options) => {
      const run = await startTracking({
        ...{ logger: new RecordingLogger(), shutdownTimeoutMs: SHUTDOWN_MS },
        ...options(),
      });
      run.tracker.emit('e');
      await until(() => sockets.size > 0);
      const begin = performance.now();
      await run.app.close();
      expect(performance.now() - begin).toBeLessThan(SHUTDOWN_MS + MARGIN_MS);
    },
    60_000,
  );
});
