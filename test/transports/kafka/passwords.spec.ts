import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { backend, consumer, EventBusBackend, MemoryBackend } from '../../../src/entries';
import { kafka, KafkaConsumer, type KafkaConsumerOptions } from '../../../src/entries/kafka';
import { OwnServer } from '../../support/own-server';
import { describeWithPrograms, type ServerProgram } from '../../support/services';
import { RecordingLogger, startTracking } from '../../support/start-tracking';
import { until } from '../../support/until';

const RIGHT = 'right-password';
const WRONG = 'wr0ng-s3cret';
const WATCHED_MS = 3000;

/** The broker of the services, which asks for a password. */
function withPassword(program: ServerProgram): ServerProgram {
  const login = 'org.apache.kafka.common.security.plain.PlainLoginModule required';
  const more = [
    'sasl.enabled.mechanisms=PLAIN',
    'sasl.mechanism.inter.broker.protocol=PLAIN',
    `listener.name.sasl_plaintext.plain.sasl.jaas.config=${login} username="u" password="${RIGHT}" user_u="${RIGHT}";`,
  ];
  const args = program.args.map((arg) =>
    arg
      .replaceAll('listeners=PLAINTEXT://', 'listeners=SASL_PLAINTEXT://')
      .replace('security.protocol.map=PLAINTEXT:PLAINTEXT', 'security.protocol.map=SASL_PLAINTEXT:SASL_PLAINTEXT')
      .replace('inter.broker.listener.name=PLAINTEXT', `inter.broker.listener.name=SASL_PLAINTEXT\n${more.join('\n')}`),
  );
  return { ...program, args };
}

describeWithPrograms(['kafka'], 'A Kafka that asks for a password', (programs) => {
  let own: OwnServer;
  let front: Server;
  let connections = 0;
  const sockets = new Set<Socket>();

  beforeAll(async () => {
    own = await OwnServer.start(withPassword(programs.kafka));
    const port = Number(own.url.split(':')[1]);
    front = createServer((socket) => {
      connections++;
      const onward = connect(port, '127.0.0.1');
      for (const each of [socket, onward]) sockets.add(each.on('error', () => undefined));
      socket.pipe(onward).pipe(socket);
    }).listen(0, '127.0.0.1');
    await once(front, 'listening');
  }, 120_000);

  afterAll(async () => {
    front.close();
    for (const socket of sockets) socket.destroy();
    await own.remove();
  });

  const clients: [string, (brokers: string[], password: string) => Partial<KafkaConsumerOptions>][] = [
    ['brokers', (brokers, password) => ({ brokers, sasl: { mechanism: 'PLAIN', username: 'u', password } })],
    [
      'a given kafkajs',
      (brokers, password) => ({
        kafkajs: new Kafka({
          ...{ brokers, logLevel: logLevel.NOTHING, retry: { retries: 0 } },
          sasl: { mechanism: 'plain', username: 'u', password },
        }),
      }),
    ],
  ];

  const started = async (connection: Partial<KafkaConsumerOptions>, topic: string) => {
    const logger = new RecordingLogger();
    const run = await startTracking({
      ...{ logger, shutdownTimeoutMs: 1000 },
      backends: {
        bus: backend(
          EventBusBackend,
          { producer: kafka(connection as never), topic },
          { backends: { sink: backend(MemoryBackend) } },
        ),
      },
      consumers: { bus: consumer(KafkaConsumer, { ...connection, topic, group: topic }) },
    });
    return { run, logger };
  };

  it.each(clients)(
    'is sent events and read with the right one (%s)',
    async (name, connection) => {
      const { run } = await started(connection([own.url], RIGHT), `right-${name.replaceAll(' ', '-')}`);
      run.tracker.emit('e');
      await until(
        () => run.names('bus/sink').length === 1,
        () => JSON.stringify(run.ledger.consumers()),
        40_000,
      );
    },
    60_000,
  );

  it.each(clients)(
    'is reported once and tried with pauses with a wrong one, and the start does not wait for it (%s)',
    async (_name, connection) => {
      const { port } = front.address() as AddressInfo;
      const { run, logger } = await started(connection([`127.0.0.1:${String(port)}`], WRONG), 'wrong');
      const [receiving, sending] = [/cannot read, and keeps trying/, /not responding|is down|does not answer|breaker/];
      run.tracker.emit('e');
      const linesLike = (pattern: RegExp): string[] => logger.all.filter((text) => pattern.test(text));
      await until(
        () => linesLike(receiving).length > 0,
        () => logger.all.join('\n'),
        30_000,
      );
      const before = connections;
      await wait(WATCHED_MS);
      expect(connections - before).toBeLessThan(30);
      expect(linesLike(receiving)).toHaveLength(1);
      expect(linesLike(receiving)[0]).toMatch(/authentication failed.* Fix: check the user name and the password/i);
      expect(linesLike(sending).length).toBeLessThanOrEqual(1);
      expect(run.ledger.destination('bus')).toMatchObject({ pending: 1, deadLettered: 0 });
      expect(run.ledger.destination('bus')?.lastError?.text).toMatch(/authenticat/i);
      expect(logger.all.join('\n')).not.toContain(WRONG);
    },
    60_000,
  );
});
