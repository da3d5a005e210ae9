import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { Kafka, logLevel, type KafkaMessage } from 'kafkajs';
import { backend, EventBusBackend } from '../../../src/entries';
import { trackingLogCodec } from '../../../src/transports/bus/avro';
import { kafka, KafkaConsumer, type KafkaOptions } from '../../../src/entries/kafka';
import { describeWithServices } from '../../support/services';
import { startTracking, type BuiltTracking } from '../../support/start-tracking';
import { readTopic } from '../../support/kafka-topic';

const codec = trackingLogCodec({ entry: 'nestjs-event-tracking/kafka', peers: ['avsc'] });

describeWithServices(['kafka'], 'kafka()', ({ kafka: brokers }) => {
  const kafkaJs = (): Kafka => new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });

  const sending = (topic: string, options: KafkaOptions): Promise<BuiltTracking> =>
    startTracking({
      backends: {
        bus: backend(EventBusBackend, { producer: kafka(options), topic }, { delivery: { batch: { maxWaitMs: 1 } } }),
      },
    });

  const clients: [string, () => KafkaOptions][] = [
    ['brokers', () => ({ brokers: brokers.split(',') })],
    ['a given kafkajs', () => ({ kafkajs: kafkaJs() })],
  ];

  describe.each(clients)('with %s', (_, connection) => {
    it('puts an event on a topic that was not there, under the headers of a CloudEvent', async () => {
      const topic = `t-${randomUUID()}`;
      const { tracker } = await sending(topic, { ...connection(), source: 'here/web' });
      const { id } = await tracker.emitConfirmed('problem_check', { grade: 1.5, text: 'é😀' });
      const [message] = await readTopic(brokers, topic, 1);
      const log = codec.decode(message!.value!);
      expect(textsOf(message!)).toEqual({
        key: 'problem_check',
        ce_specversion: '1.0',
        'content-type': 'application/avro',
        ce_datacontenttype: 'application/avro',
        ce_type: 'org.openedx.analytics.tracking.event.emitted.v1',
        ce_id: id,
        ce_source: 'here/web',
        ce_time: log.timestamp,
        ce_minorversion: '0',
        sourcehost: hostname(),
        sourcelib: '11.2.0',
      });
      expect(JSON.parse(log.data)).toEqual({ grade: 1.5, text: 'é😀' });
    });

    it('frames key and value with the ids of a registry, asked once, and again where it gave none', async () => {
      const topic = `t-${randomUUID()}`;
      const asked: string[] = [];
      const registry = {
        idFor: (subject: string, schema: string): Promise<number> => {
          asked.push(subject);
          if (asked.length <= 2) return Promise.reject(new Error('away'));
          return Promise.resolve((JSON.parse(schema) as { type: string }).type === 'string' ? 258 : 7);
        },
      };
      const { tracker } = await sending(topic, { ...connection(), registry });
      await Promise.all([tracker.emitConfirmed('one'), tracker.emitConfirmed('two')]);
      const messages = await readTopic(brokers, topic, 2);
      expect(messages.map(({ key }) => key!.toString('hex'))).toEqual(['0000000102066f6e65', '00000001020674776f']);
      for (const { value } of messages) expect(value!.subarray(0, 5).toString('hex')).toBe('0000000007');
      expect(messages.map(({ value }) => codec.decode(value!.subarray(5)).name)).toEqual(['one', 'two']);
      const subjects = [`${topic}-org.openedx.analytics.tracking.event.emitted.v1.CloudEvent`, `${topic}-string`];
      expect(asked).toEqual([...subjects, ...subjects]);
    });
  });

  it('puts the golden event on the wire byte for byte', async () => {
    const topic = `t-${randomUUID()}`;
    const producer = kafka({ brokers: brokers.split(','), schemaId: 7 }).open({ ...nowhere, topic });
    const payload = Buffer.from(GOLDEN, 'hex');
    await producer.send([{ id: 'id', name: 'play_video', time: '2024-02-03T04:05:06+00:00', payload }], never);
    await producer.close();
    const [message] = await readTopic(brokers, topic, 1);
    expect(message!.value!.toString('hex')).toBe(`0000000007${GOLDEN}`);
  });

  it('puts events of one key into the same partition with either client', async () => {
    const topic = `t-${randomUUID()}`;
    const admin = kafkaJs().admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: 8 }], waitForLeaders: true });
    await admin.disconnect();
    const names = Array.from({ length: 20 }, (_, at) => `course.event-${String(at)}`);
    for (const [, connection] of clients) {
      const { tracker } = await sending(topic, { ...connection(), key: ({ name }) => name.slice(7) });
      await Promise.all(names.map((name) => tracker.emitConfirmed(name)));
    }
    const messages = await readTopic(brokers, topic, 40);
    const partitions = new Map<string, Set<number>>();
    for (const { key, partition } of messages)
      partitions.set(String(key), (partitions.get(String(key)) ?? new Set()).add(partition));
    expect([...partitions.keys()].sort()).toEqual(names.map((name) => name.slice(7)).sort());
    expect([...partitions.values()].every(({ size }) => size === 1)).toBe(true);
    expect(new Set(messages.map(({ partition }) => partition)).size).toBeGreaterThan(3);
  });

  it.each(clients)('with %s says of an event that is too large that it will never be taken', async (_, connection) => {
    const producer = kafka(connection()).open({ ...nowhere, topic: `t-${randomUUID()}` });
    const large = { ...message, payload: Buffer.alloc(1_100_000) };
    const reason = expect.stringContaining('1100') as string;
    expect(await producer.send([message, large, message], never)).toEqual([{ index: 1, reason, retryable: false }]);
    expect(await producer.send([message], never)).toEqual([]);
    await producer.close();
  });
});

const never = new AbortController().signal;
const nowhere = { place: 'backends.bus', warn: () => {}, tell: () => {} };
/** As the Python producer wrote it: test/transports/bus/avro.spec.ts. */
const GOLDEN =
  '14706c61795f766964656f32323032342d30322d30335430343a30353a30362b30303a30306c7b226964223a20227631222c20226e223a20312e302c20225c7530306663223a20225c75303065395c75643833645c7564653030227d6e7b22636f757273655f6964223a2022636f757273652d76313a6564582b44656d6f582b44656d6f222c2022757365725f6964223a20337d';
const message = { id: 'id', name: 'e', time: '2024-02-03T04:05:06+00:00', payload: Buffer.from(GOLDEN, 'hex') };

describe('kafka() without brokers that answer', () => {
  const servers: Server[] = [];
  const sockets = new Set<Socket>();

  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
    for (const socket of sockets) socket.destroy();
  });

  async function silentBroker(): Promise<string> {
    const server = createServer((socket) => sockets.add(socket.on('error', () => {}).resume())).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  }

  const clients: [string, (broker: string) => KafkaOptions][] = [
    ['brokers', (broker) => ({ brokers: [broker] })],
    [
      'a given kafkajs',
      (broker) => ({
        kafkajs: new Kafka({
          brokers: [broker],
          logLevel: logLevel.NOTHING,
          requestTimeout: 500,
          enforceRequestTimeout: true,
          retry: { retries: 0 },
        }),
      }),
    ],
  ];

  it.each(clients)('with %s settles a send to a silent one within its time, and closes', async (_, connection) => {
    const options = { ...connection(await silentBroker()), requestTimeoutMs: 300 };
    const producer = kafka(options).open({ ...nowhere, topic: 't' });
    const startedAt = performance.now();
    await expect(producer.send([message], never)).rejects.toMatchObject({ retryable: true });
    expect(performance.now() - startedAt).toBeLessThan(1300);
    await producer.close();
    expect(performance.now() - startedAt).toBeLessThan(4000);
  });

  it.each(clients)('with %s rejects a send to one that is down, to be tried again', async (_, connection) => {
    const producer = kafka({ ...connection('127.0.0.1:1'), requestTimeoutMs: 3000 }).open({ ...nowhere, topic: 't' });
    await expect(producer.send([message], never)).rejects.toMatchObject({
      retryable: true,
      message: expect.stringContaining('ECONNREFUSED'),
    });
    await producer.close();
  });

  it('says all that is wrong with its options', () => {
    const options = {
      brokers: 'localhost',
      acks: 0,
      schemaId: -1,
      registry: {},
      clientID: 'x',
      key: 'name',
      partitioner: 'crc',
    };
    let message = '';
    try {
      kafka(options as never);
    } catch (error) {
      message = (error as Error).message;
    }
    for (const fault of [
      'brokers is a string of 9 characters',
      'acks is 0',
      'schemaId is -1',
      'registry is',
      '"clientID"',
      'key is',
      'partitioner is "crc"',
    ])
      expect(message).toContain(fault);
    for (const sourcelib of ['11.2', '11.2.0-alpha', 'v11.2.0', '', '11.2.0.1'])
      expect(() => kafka({ brokers: ['a:1'], sourcelib })).toThrow('sourcelib is');
    expect(() => kafka({ brokers: ['a:1'], sourcelib: '10.5.0' })).not.toThrow();
    expect(() => kafka({ brokers: ['a:1'], keyPrefix: 'dev' } as never)).toThrow("topic: 'dev-analytics'");
    expect(() => kafka({})).toThrow('brokers and kafkajs are missing');
    expect(() => kafka({ brokers: ['a:1'], kafkajs: {} as never })).toThrow('brokers is set, but kafkajs has its own');
    expect(() => new KafkaConsumer({ brokers: ['a:1'] } as never)).toThrow('group is missing');
    expect(() => new KafkaConsumer({ brokers: ['a:1'], group: 'g', start: 'end' } as never)).toThrow('start is "end"');
  });

  it.each(['avsc', '@platformatic/kafka'])('names %s where it is not installed', (peer) => {
    jest.isolateModules(() => {
      jest.doMock(peer, () => {
        throw Object.assign(new Error(`Cannot find module '${peer}'`), { code: 'MODULE_NOT_FOUND' });
      });
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- anew, without the peer
      const { kafka: anew } = require('../../../src/entries/kafka') as { kafka: typeof kafka };
      expect(() => anew({ brokers: ['a:1'] })).toThrow(`nestjs-event-tracking/kafka needs the package "${peer}"`);
      jest.dontMock(peer);
    });
  });
});

function textsOf({ key, headers = {} }: KafkaMessage): Record<string, string> {
  const texts = Object.entries(headers).map(([name, value]) => [name, String(value)]);
  return { key: String(key), ...Object.fromEntries(texts) };
}
