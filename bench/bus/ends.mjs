// One end of a bus: node ends.mjs BUS SERVER TOPIC ours|raw send|receive, forked by bus.mjs. Says {
// bytes } when it is ready, then answers { warm, count } with what `count` events after the first
// `warm` took: { cpu, seconds, passed }.
import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { hostname } from 'node:os';
import { contextOf, dataOf } from '../emit/events.mjs';

const require = createRequire(import.meta.url);
const [bus, server, topic, subject, end] = process.argv.slice(2);
const BATCH = 100;
const data = dataOf(1024);
const scopes = contextOf(1024);
const context = Object.assign({}, ...scopes);
const avsc = require('avsc');
const text = (name) => ({ name, type: 'string' });
const type = avsc.Type.forSchema({
  ...{ name: 'CloudEvent', type: 'record' },
  fields: [
    {
      name: 'tracking_log',
      type: { name: 'TrackingLogData', type: 'record', fields: ['name', 'timestamp', 'data', 'context'].map(text) },
    },
  ],
});
const TYPE = 'org.openedx.analytics.tracking.event.emitted.v1';

/** What anybody has to do for an event. */
const encode = () =>
  type.toBuffer({
    tracking_log: {
      ...{ name: 'problem_check', timestamp: new Date().toISOString() },
      ...{ data: JSON.stringify(data), context: JSON.stringify(context) },
    },
  });
const decode = (bytes) => {
  const { tracking_log: log } = type.fromBuffer(bytes);
  return { ...log, timestamp: new Date(log.timestamp), data: JSON.parse(log.data), context: JSON.parse(log.context) };
};

let arrived = 0;
const marks = [];
/** Calls back when so many have passed in all. */
const at = (events, call) => marks.push({ events, call });
function count(events) {
  arrived += events;
  while (marks.length > 0 && arrived >= marks[0].events) marks.shift().call();
}

const redisFields = (payload) => [
  ...['type', TYPE, 'id', randomUUID(), 'source', 'bench', 'time', new Date().toISOString()],
  ...['minorversion', '0', 'sourcehost', 'bench', 'sourcelib', '11.2.0', 'event_data', payload],
];

const raw = {
  'redis-streams': () => {
    const Redis = require('ioredis');
    const client = new Redis(server);
    const group = 'raw';
    const send = async (events) => {
      for (let left = events; left > 0; left -= BATCH) {
        const pipeline = client.pipeline();
        for (let each = 0; each < Math.min(BATCH, left); each++)
          pipeline.xadd(topic, 'MAXLEN', '~', 1_000_000, '*', ...redisFields(encode()));
        await pipeline.exec();
        count(Math.min(BATCH, left));
      }
    };
    const receive = async (events) => {
      await client.xgroup('CREATE', topic, group, '0', 'MKSTREAM').catch(() => undefined);
      for (let left = events; left > 0;) {
        const read = await client.xreadgroupBuffer('GROUP', group, 'a', 'COUNT', BATCH, 'STREAMS', topic, '>');
        const entries = read?.[0]?.[1] ?? [];
        for (const [, fields] of entries) decode(fields[fields.length - 1]);
        if (entries.length > 0) await client.xack(topic, group, ...entries.map(([id]) => id));
        left -= entries.length;
        count(entries.length);
      }
    };
    return { send, receive, close: () => client.del(topic).then(() => client.quit()) };
  },
  kafka: () => {
    const { Consumer, Producer } = require('@platformatic/kafka');
    const options = { clientId: 'bench', bootstrapBrokers: server.replace(/^\w+:\/\//, '').split(',') };
    const producer = new Producer({ ...options, autocreateTopics: true });
    // The same headers as ours: eight that never change, and two of each event.
    const fixed = Object.entries({
      ...{ ce_specversion: '1.0', 'content-type': 'application/avro', ce_datacontenttype: 'application/avro' },
      ...{ ce_type: TYPE, ce_source: 'bench', ce_minorversion: '0', sourcehost: hostname(), sourcelib: '11.2.0' },
    }).map((pair) => pair.map((text) => Buffer.from(text)));
    const [idName, timeName] = [Buffer.from('ce_id'), Buffer.from('ce_time')];
    const send = async (events) => {
      for (let left = events; left > 0; left -= BATCH) {
        const messages = Array.from({ length: Math.min(BATCH, left) }, () => ({
          ...{ topic, key: Buffer.from('problem_check'), value: encode() },
          headers: new Map([
            ...fixed,
            [idName, Buffer.from(randomUUID())],
            [timeName, Buffer.from(new Date().toISOString())],
          ]),
        }));
        for (let tries = 0; ; tries++) {
          try {
            await producer.send({ messages, acks: -1 });
            break;
          } catch (error) {
            if (tries > 50) throw error; // a topic that is made by its first message is not there at once
            await new Promise((resolve) => setTimeout(resolve, 100));
          }
        }
        count(Math.min(BATCH, left));
      }
    };
    const receive = async (events) => {
      const consumer = new Consumer({ ...options, groupId: `raw-${topic}` });
      const stream = await consumer.consume({ autocommit: false, topics: [topic], mode: 'earliest' });
      let left = events;
      for await (const message of stream) {
        decode(message.value);
        if (--left % BATCH !== 0) continue;
        await message.commit();
        count(BATCH);
        if (left === 0) break;
      }
      await consumer.close(true);
    };
    return { send, receive, close: () => producer.close() };
  },
};

async function ours() {
  const { Module } = require('@nestjs/common');
  const { NestFactory } = require('@nestjs/core');
  const { backend, consumer, EventBusBackend, TrackerService, TrackingModule } = require('nestjs-event-tracking');
  class CountingDestination {
    readsOnly = true;
    sendBatch(events) {
      count(events.length);
      return Promise.resolve();
    }
  }
  const entries = {
    'redis-streams': () => {
      const { redisStreams, RedisStreamsConsumer } = require('nestjs-event-tracking/redis-streams');
      const target = { url: server };
      return {
        producer: redisStreams({ ...target, maxLen: 1_000_000 }),
        consumer: consumer(RedisStreamsConsumer, { ...target, topic, group: 'ours', start: 'group', count: BATCH }),
      };
    },
    kafka: () => {
      const { kafka, KafkaConsumer } = require('nestjs-event-tracking/kafka');
      const brokers = server.replace(/^\w+:\/\//, '').split(',');
      return {
        producer: kafka({ brokers }),
        consumer: consumer(KafkaConsumer, { brokers, topic, group: `ours-${topic}`, start: 'group' }),
      };
    },
  };
  const entry = entries[bus]();
  const sends = end === 'send';
  class AppModule {}
  Module({
    imports: [
      TrackingModule.forRoot({
        ...(sends ? {} : { consumers: { bus: entry.consumer } }),
        backends: {
          bus: backend(
            EventBusBackend,
            sends ? { producer: entry.producer, topic } : {},
            sends
              ? { delivery: { batch: { maxEvents: BATCH } } }
              : { backends: { counting: backend(CountingDestination) } },
          ),
        },
      }),
    ],
  })(AppModule);
  let app;
  const start = async () => (app ??= await NestFactory.createApplicationContext(AppModule, { logger: ['error'] }));
  const send = async (events) => {
    const tracker = (await start()).get(TrackerService);
    const inScope = (body) => scopes.reduceRight((inner, values) => () => tracker.context(values, inner), body)();
    const counts = () => tracker.ledger.destination('bus');
    let known = 0;
    const look = () => {
      const { delivered, pending } = counts();
      count(delivered - known);
      known = delivered;
      return pending;
    };
    await inScope(async () => {
      for (let done = 1; done <= events; done++) {
        tracker.emit('problem_check', data);
        if (done % BATCH !== 0) continue;
        await new Promise(setImmediate);
        while (done % (5 * BATCH) === 0 && look() > 1000) await new Promise((resolve) => setTimeout(resolve, 5));
      }
    });
    while (look() > 0) await tracker.flush();
  };
  return { send, receive: start, close: async () => app?.close() };
}

const filler = raw[bus]();
const client = subject === 'raw' ? filler : await ours();

async function measure({ warm, count: wanted }) {
  if (end === 'receive') {
    await filler.send(warm + wanted);
    arrived = 0;
  }
  globalThis.gc();
  let [cpu, startedAt] = [0, 0];
  const usage = () => process.cpuUsage().user + process.cpuUsage().system;
  const ended = new Promise((resolve) => {
    at(warm, () => {
      cpu = usage();
      startedAt = performance.now();
    });
    at(warm + wanted, () => resolve({ cpu: usage() - cpu, seconds: (performance.now() - startedAt) / 1000 }));
  });
  await client[end](warm + wanted);
  return { ...(await ended), passed: arrived };
}

process.on('message', async (question) => {
  process.send(await measure(question));
});
process.on('disconnect', async () => {
  await client.close();
  if (client !== filler) await filler.close();
  process.exit();
});
process.send({ bytes: encode().length });
