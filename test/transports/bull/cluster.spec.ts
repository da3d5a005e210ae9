import { BullModule } from '@nestjs/bull';
import Redis, { Cluster } from 'ioredis';
import { AsyncRoutingBackend, backend, type BackendDescription } from '../../../src/entries';
import { bullQueue } from '../../../src/entries/bull';
import { Gate, quick } from '../../delivery/gate';
import { OwnServer } from '../../support/own-server';
import { describeWithPrograms } from '../../support/services';
import { RecordingLogger, startTracking } from '../../support/start-tracking';
import { until } from '../../support/until';
import { queueName } from './bull-run';

describeWithPrograms(['redis'], 'A Bull queue in a Redis Cluster', ({ redis: program }) => {
  let redis: OwnServer;
  let node: Redis;
  let clients: Cluster[] = [];

  /** One node with all slots refuses commands over several slots like many nodes do. */
  beforeAll(async () => {
    redis = await OwnServer.start({
      ...program,
      args: [...program.args, '--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'],
    });
    node = new Redis(redis.url);
    await node.call('CLUSTER', 'ADDSLOTSRANGE', 0, 16383);
    while (!String(await node.call('CLUSTER', 'INFO')).includes('cluster_state:ok'));
  });
  afterEach(() => {
    for (const client of clients) client.disconnect();
    clients = [];
  });
  afterAll(async () => {
    node.disconnect();
    await redis.remove();
  });

  const later = (name: string, more: Parameters<typeof BullModule.registerQueue>[0]): BackendDescription =>
    backend(
      AsyncRoutingBackend,
      { queue: bullQueue(name) },
      {
        imports: [BullModule.registerQueue({ name, settings: { guardInterval: 100 }, ...more })],
        delivery: quick,
        backends: { gate: backend(Gate, {}, { delivery: quick }) },
      },
    );
  const { hostname, port } = { hostname: '127.0.0.1', port: (): number => Number(new URL(redis.url).port) };
  const createClient = (): Cluster => {
    const redisOptions = { enableReadyCheck: false, maxRetriesPerRequest: null };
    const client = new Cluster([{ host: hostname, port: port() }], { enableReadyCheck: false, redisOptions });
    clients.push(client);
    return client;
  };

  it.each([
    ['the prefix', '{tracking}', queueName()],
    ['the name', 'bull', `{${queueName()}}`],
  ])('carries events where %s is in braces', async (_, prefix, name) => {
    const logger = new RecordingLogger();
    const run = await startTracking({ logger, backends: { later: later(name, { prefix, createClient }) } });
    for (let n = 0; n < 50; n++) run.tracker.emit(`e${String(n)}`);
    const gate = run.tracker.backend<Gate>('later/gate');
    await until(() => gate.taken.length === 50);
    await until(() => run.ledger.node('later')?.queue?.unsettledEvents === 0);
    expect(logger.warnings.filter((line) => line.includes('Cluster'))).toEqual([]);
    await run.app.close();
  });

  it.each([['bull'], ['{}bull'], ['bull}{']])('is refused at the start with the prefix "%s"', async (prefix) => {
    const started = startTracking({ backends: { later: later(queueName(), { prefix, createClient }) } });
    await expect(started).rejects.toThrow(/Redis Cluster[^]*prefix: '{tracking}'/);
  });

  it('is reported where one node of it is taken for all', async () => {
    const logger = new RecordingLogger();
    const connection = { redis: { host: hostname, port: port() } };
    const run = await startTracking({
      ...{ logger, shutdownTimeoutMs: 500 },
      backends: { later: later(queueName(), connection) },
    });
    run.tracker.emit('e');
    await until(() => logger.warnings.some((line) => /is a Redis Cluster.*Fix: .*createClient/.test(line)));
    await run.app.close();
  });
});
