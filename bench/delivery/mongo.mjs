// Events into MongoDB, in a process of its own: node mongo.mjs raw|ours [COUNT]; MONGO_URL says
// where. Prints { bytes, cpuUs, perSecond }.
import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';
import { contextOf, dataOf } from '../emit/events.mjs';

const require = createRequire(import.meta.url);
const [name, COUNT] = [process.argv[2], Number(process.argv[3]) || 40_000];
const WARM_UP = Math.min(5000, COUNT);
const BATCH = 500;
const IN_FLIGHT = 2;
const data = dataOf(1024);
const scopes = contextOf(1024);
const context = Object.assign({}, ...scopes);
const bytes = Buffer.byteLength(JSON.stringify({ name: 'problem_check', timestamp: new Date(), context, data }));
const database = `bench_${process.pid}_${Date.now()}`;
const url = `${process.env.MONGO_URL.replace(/\/+$/, '')}/${database}`;

async function raw() {
  const { MongoClient } = require('mongodb');
  const client = await new MongoClient(url).connect();
  const collection = client.db().collection('events');
  const insert = async (count) => {
    for (let left = count; left > 0; left -= BATCH) {
      const documents = Array.from({ length: Math.min(left, BATCH) }, () => ({
        _id: randomUUID(),
        name: 'problem_check',
        timestamp: new Date(),
        context,
        data,
      }));
      await collection.insertMany(documents, { ordered: false });
    }
  };
  return {
    run: (count) => Promise.all(Array.from({ length: IN_FLIGHT }, () => insert(count / IN_FLIGHT))),
    count: () => collection.countDocuments(),
    end: async () => {
      await client.db().dropDatabase();
      await client.close();
    },
  };
}

async function ours() {
  const { Module } = require('@nestjs/common');
  const { NestFactory } = require('@nestjs/core');
  const { getConnectionToken, MongooseModule } = require('@nestjs/mongoose');
  const { backend, TrackerService, TrackingModule } = require('nestjs-event-tracking');
  const { MongoBackend } = require('nestjs-event-tracking/mongoose');
  const imports = [MongooseModule.forRoot(url, { lazyConnection: true })];
  const delivery = { batch: { maxEvents: BATCH, maxBytes: 16_000_000 }, concurrency: IN_FLIGHT, maxEvents: 100_000 };
  const backends = { mongo: backend(MongoBackend, { indexes: false }, { delivery, imports }) };
  class AppModule {}
  Module({ imports: [TrackingModule.forRoot({ backends })] })(AppModule);
  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
  const tracker = app.get(TrackerService);
  const inScope = (body) => scopes.reduceRight((inner, values) => () => tracker.context(values, inner), body)();
  const connection = app.get(getConnectionToken(), { strict: false });
  return {
    run: (count) =>
      inScope(async () => {
        for (let done = 0; done < count; done++) {
          tracker.emit('problem_check', data);
          if (done % BATCH !== 0) continue;
          await new Promise(setImmediate);
          while (tracker.ledger.destination('mongo').pending > 10 * BATCH)
            await new Promise((resolve) => setTimeout(resolve, 20));
        }
        await tracker.flush();
        while (tracker.ledger.destination('mongo').pending > 0) await new Promise((resolve) => setTimeout(resolve, 20));
      }),
    count: () => connection.collection('events').countDocuments(),
    end: async () => {
      await connection.dropDatabase();
      await app.close();
    },
  };
}

const { run, count, end } = await { raw, ours }[name]();
await run(WARM_UP);
globalThis.gc();
const before = process.cpuUsage();
const startedAt = performance.now();
await run(COUNT);
const seconds = (performance.now() - startedAt) / 1000;
const { user, system } = process.cpuUsage(before);
const stored = await count();
if (stored !== COUNT + WARM_UP) throw new Error(`${name}: ${stored} documents of ${COUNT + WARM_UP} were stored`);
await end();
console.log(JSON.stringify({ bytes, cpuUs: (user + system) / COUNT, perSecond: COUNT / seconds }));
process.exit();
