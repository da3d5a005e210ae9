import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DynamicModule } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { Kafka, logLevel } from 'kafkajs';
import { ModuleKind, transpileModule } from 'typescript';
import { Type, type Schema } from 'avsc';
import {
  backend,
  consumer,
  EventBusBackend,
  MemoryBackend,
  TrackerService,
  TrackingDeadLetters,
} from '../../../src/entries';
import * as root from '../../../src/entries';
import * as entry from '../../../src/entries/kafka';
import { frame } from '../../../src/transports/kafka/confluent-frame';
import {
  confluentRegistry,
  kafka,
  KafkaConsumer,
  type KafkaConsumerOptions,
  type SchemaRegistry,
} from '../../../src/entries/kafka';
import { describeWithServices } from '../../support/services';
import { createTopic, readTopic } from '../../support/kafka-topic';
import {
  closeLater,
  expectBalance,
  RecordingLogger,
  startTracking,
  type BuiltTracking,
} from '../../support/start-tracking';
import { until } from '../../support/until';

const TYPE = 'org.openedx.analytics.tracking.event.emitted.v1';
/** As the producer of Open edX registers it (openedx-events 10.5.0). */
const ORIGINAL =
  '{"doc": "Avro Event Format for CloudEvents created with openedx_events/schema", "fields": [{"name": "tracking_log", "type": {"fields": [{"name": "name", "type": "string"}, {"name": "timestamp", "type": "string"}, {"name": "data", "type": "string"}, {"name": "context", "type": "string"}], "name": "TrackingLogData", "type": "record"}}], "name": "CloudEvent", "namespace": "org.openedx.analytics.tracking.event.emitted.v1", "type": "record"}';

type Field = { readonly name: string; readonly type: unknown; readonly default?: unknown };
const TEXTS: readonly Field[] = ['name', 'timestamp', 'data', 'context'].map((name) => ({ name, type: 'string' }));

const schemaWith = (fields: readonly Field[]): string =>
  JSON.stringify({
    ...{ name: 'CloudEvent', type: 'record', namespace: TYPE },
    fields: [{ name: 'tracking_log', type: { name: 'TrackingLogData', type: 'record', fields } }],
  });

const LOG = { name: 'e', timestamp: '2024-02-03T04:05:06+00:00', data: '{"is": "data"}', context: '{"is": "context"}' };
const READ = { name: 'e', data: { is: 'data' }, context: { is: 'context' } };

describeWithServices(['kafka', 'registry'], 'With a schema registry', ({ kafka: brokers, registry: url }) => {
  const given = (): Kafka => new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
  const clients: [string, () => Pick<KafkaConsumerOptions, 'brokers' | 'kafkajs'>][] = [
    ['brokers', () => ({ brokers: brokers.split(',') })],
    ['a given kafkajs', () => ({ kafkajs: given() })],
  ];

  const reading = (topic: string, options: Partial<KafkaConsumerOptions>): Promise<BuiltTracking> =>
    startTracking({
      backends: { bus: backend(EventBusBackend, {}, { backends: { sink: backend(MemoryBackend) } }) },
      shutdownTimeoutMs: 500,
      consumers: {
        bus: consumer(KafkaConsumer, { group: randomUUID(), topic, sessionTimeoutMs: 6000, ...options }),
      },
    });

  async function put(topic: string, values: readonly Buffer[]): Promise<void> {
    const producer = given().producer();
    await producer.connect();
    await producer.send({
      topic,
      messages: values.map((value) => ({ value, headers: { ce_type: TYPE, ce_id: randomUUID() } })),
    });
    await producer.disconnect();
  }

  /** A value as a writer with that schema writes it, under the id that the registry gives it. */
  async function written(topic: string, fields: readonly Field[], more: object = {}): Promise<Buffer> {
    const schema = schemaWith(fields);
    const id = await confluentRegistry({ url }).idFor(`${topic}-${TYPE}.CloudEvent`, schema);
    const body = Type.forSchema(JSON.parse(schema) as Schema).toBuffer({ tracking_log: { ...LOG, ...more } });
    return frame(id, body);
  }

  const arrived = ({ events }: BuiltTracking, count: number): Promise<void> =>
    until(
      () => events('bus/sink').length === count,
      () => `${String(events('bus/sink').length)} events`,
      20_000,
    );

  it.each(clients)(
    'events go from node to node under the ids and subjects of Open edX, with %s',
    async (_, connection) => {
      const topic = `t-${randomUUID()}`;
      const registry = confluentRegistry({ url });
      const value = await registry.idFor(`${topic}-${TYPE}.CloudEvent`, ORIGINAL);
      const key = await registry.idFor(`${topic}-string`, '{"name": "name", "type": "string"}');
      const producer = kafka({ ...connection(), registry });
      const { tracker } = await startTracking({ backends: { bus: backend(EventBusBackend, { producer, topic }) } });
      await tracker.emitConfirmed('e', { text: 'é😀', long: 2n ** 63n });
      const [message] = await readTopic(brokers, topic, 1);
      expect([message!.value!.readUInt32BE(1), message!.key!.readUInt32BE(1)]).toEqual([value, key]);
      const receiver = await reading(topic, { ...connection(), registry });
      await arrived(receiver, 1);
      expect(receiver.last('bus/sink').data).toEqual({ text: 'é😀', long: '9223372036854775808' });
    },
  );

  it.each(clients)('entries are read by the schema of their writer, with %s', async (_, connection) => {
    const topic = `t-${randomUUID()}`;
    await createTopic(brokers, topic, 1);
    const [name, timestamp, data, context] = TEXTS as [Field, Field, Field, Field];
    const later: Field = { name: 'org', type: ['null', 'string'], default: null };
    await put(topic, [
      await written(topic, TEXTS),
      await written(topic, [name, timestamp, context, data]),
      await written(topic, [...TEXTS, later], { org: 'edX' }),
      await written(topic, [later, context, data, { ...timestamp, type: ['null', 'string'] }, name], { org: null }),
    ]);
    const receiver = await reading(topic, { ...connection(), registry: confluentRegistry({ url }) });
    await arrived(receiver, 4);
    expect(receiver.events('bus/sink')).toMatchObject([READ, READ, READ, READ]);
  });

  it('an entry is a dead letter whose schema is not there, or is none of an event', async () => {
    const topic = `t-${randomUUID()}`;
    await createTopic(brokers, topic, 1);
    const other = await confluentRegistry({ url }).idFor(`${topic}-int`, '"int"');
    await put(topic, [
      frame(4_000_000, Buffer.from('0000', 'hex')),
      frame(other, Buffer.from('02', 'hex')),
      await written(topic, TEXTS),
    ]);
    const receiver = await reading(topic, { brokers: brokers.split(','), registry: confluentRegistry({ url }) });
    await arrived(receiver, 1);
    const letters = receiver.app.get(TrackingDeadLetters).list({ path: 'consumer:bus' });
    expect(letters.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('the registry has no Avro schema 4000000'),
      expect.stringContaining(`schema ${String(other)}, which is not one of tracking events`),
    ]);
    expectBalance(receiver.ledger);
  });

  it('events wait in order while it does not answer, which is told once', async () => {
    const topic = `t-${randomUUID()}`;
    await createTopic(brokers, topic, 1);
    const values = await Promise.all(['a', 'b', 'c'].map((name) => written(topic, TEXTS, { name })));
    await put(topic, values);
    const real = confluentRegistry({ url });
    let asked = 0;
    const registry: Pick<SchemaRegistry, 'schemaOf'> = {
      schemaOf: (id) => (++asked < 3 ? Promise.reject(new Error('ECONNREFUSED')) : real.schemaOf(id)),
    };
    const logger = new RecordingLogger();
    const receiver = await startTracking({
      backends: { bus: backend(EventBusBackend, {}, { backends: { sink: backend(MemoryBackend) } }) },
      consumers: {
        bus: consumer(KafkaConsumer, { brokers: brokers.split(','), topic, group: randomUUID(), registry }),
      },
      logger,
    });
    await arrived(receiver, 3);
    expect(receiver.names('bus/sink')).toEqual(['a', 'b', 'c']);
    expect(asked).toBe(3);
    expect(
      logger.warnings.filter((text) => text.includes('the schema registry does not answer (ECONNREFUSED)')),
    ).toHaveLength(1);
    expect(logger.all.filter((text) => text.includes('the schema registry answers again'))).toHaveLength(1);
  });

  it('a consumer ends at once while it waits for an answer', async () => {
    const topic = `t-${randomUUID()}`;
    await createTopic(brokers, topic, 1);
    await put(topic, [await written(topic, TEXTS)]);
    let asked = 0;
    const registry = { schemaOf: (): Promise<never> => (asked++, new Promise(() => undefined)) };
    const receiver = await reading(topic, { brokers: brokers.split(','), registry });
    await until(() => asked > 0, undefined, 15_000);
    await receiver.app.close();
    expect(receiver.events('bus/sink')).toEqual([]);
  });

  it('the example of the documentation sends and receives as it is', async () => {
    const [topic, group] = [`t-${randomUUID()}`, randomUUID()];
    await createTopic(brokers, topic, 1);
    const example = readFileSync(join(__dirname, '../../../docs/reliability/event-bus-kafka.md'), 'utf8')
      .split('```ts\n')
      .slice(1)
      .map((block) => block.split('```')[0]!)
      .find((code) => code.includes('confluentRegistry'))!
      .replace(
        "'localhost:9092'",
        brokers
          .split(',')
          .map((broker) => `'${broker}'`)
          .join(),
      )
      .replace('http://localhost:8081', url)
      .replaceAll('dev-analytics', topic)
      .replaceAll('warehouse', group);
    const { outputText } = transpileModule(example, { compilerOptions: { module: ModuleKind.CommonJS } });
    const found: { sending?: DynamicModule; receiving?: DynamicModule } = {};
    const modules: Record<string, unknown> = { 'nestjs-event-tracking': root, 'nestjs-event-tracking/kafka': entry };
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the code is that of the documentation
    new Function('exports', 'require', outputText)(found, (name: string) => modules[name]);
    const start = async (imported: DynamicModule | undefined): Promise<TestingModule> =>
      closeLater(await Test.createTestingModule({ imports: [imported!] }).compile()).init();
    const sender = await start(found.sending);
    const { id } = await sender.get(TrackerService).emitConfirmed('e', { text: 'é' });
    const receiver = (await start(found.receiving)).get(TrackerService).backend<MemoryBackend>('bus/memory');
    await until(() => receiver.events().length === 1, undefined, 20_000);
    expect(receiver.events()).toMatchObject([{ id, name: 'e', data: { text: 'é' } }]);
  });

  it('confluentRegistry() finds what is registered, and nothing else', async () => {
    const subject = `t-${randomUUID()}`;
    const lookUp = confluentRegistry({ url, registers: false });
    await expect(lookUp.idFor(subject, ORIGINAL)).rejects.toThrow(/^the schema registry answered 404 \(4040[13]: /);
    const id = await confluentRegistry({ url: `${url}/` }).idFor(subject, ORIGINAL);
    expect(await lookUp.idFor(subject, ORIGINAL)).toBe(id);
    expect(await lookUp.schemaOf(id)).toBe(ORIGINAL);
    expect(await lookUp.schemaOf(4_000_000)).toBeUndefined();
    await expect(confluentRegistry({ url }).idFor(subject, '"nothing"')).rejects.toThrow('answered 422 (42201: ');
  });
});

describe('confluentRegistry()', () => {
  it('rejects in time where nothing answers, without a secret', async () => {
    const server = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const url = `http://user:s3cret@127.0.0.1:${String(port)}`;
    await expect(confluentRegistry({ url, timeoutMs: 100 }).schemaOf(1)).rejects.toThrow(/^no answer within 100 ms$/);
    server.close();
    const refused = confluentRegistry({ url: 'http://user:s3cret@127.0.0.1:1' });
    await expect(refused.idFor('s', '"string"')).rejects.toThrow(/^ECONNREFUSED$/);
  });

  it.each([
    ['an id that no registry can have', 0xffff_ffff, '{"error_code":404,"message":"HTTP 404 Not Found"}'],
    ['a schema that is not Avro', 5, '{"schema":"syntax = \\"proto3\\";","schemaType":"PROTOBUF"}'],
  ])('has no schema for %s, so that its record is a dead letter and not an outage', async (_, id, reply) => {
    const server = createHttpServer((__, response) => {
      response.statusCode = reply.includes('error_code') ? 404 : 200;
      response.end(reply);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await confluentRegistry({ url: `http://127.0.0.1:${String(port)}` }).schemaOf(id)).toBeUndefined();
    server.closeAllConnections();
    server.close();
  });

  it('refuses times that no timer can wait', () => {
    for (const timeoutMs of [Infinity, 1.5, 2 ** 31])
      expect(() => confluentRegistry({ url: 'http://localhost:8081', timeoutMs })).toThrow('timeoutMs is');
  });

  it('says all that is wrong with its options, without a secret', () => {
    const options = { url: 'ftp://user:s3cret@host', headers: { a: 1 }, registers: 'no', timeoutMs: 0, user: 'x' };
    const make = (): unknown => confluentRegistry(options as never);
    for (const what of ['url begins with', 'headers is', 'registers is', 'timeoutMs is', 'unknown option "user"'])
      expect(make).toThrow(what);
    expect(make).not.toThrow('s3cret');
  });
});
