// Events over the wire of Segment, end to end: node wire.mjs ours|ours-gzip|segment SINK_URL
// [COUNT]. Prints { bytes, cpuUs, perSecond }. The sink is another process (sink.mjs); each says
// when it has them all.
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';
import { contextOf, dataOf } from '../emit/events.mjs';

const require = createRequire(import.meta.url);
const [name, host, COUNT] = [process.argv[2], process.argv[3], Number(process.argv[4]) || 40_000];
const WARM_UP = Math.min(5000, COUNT);
const data = dataOf(1024);
const scopes = contextOf(1024);
const context = Object.assign({}, ...scopes);
const bytes = Buffer.byteLength(JSON.stringify({ name: 'problem_check', timestamp: new Date(), context, data }));
const received = async () => Number(await (await fetch(`${host}/count`)).text());

async function ours(gzip) {
  const { Module } = require('@nestjs/common');
  const { NestFactory } = require('@nestjs/core');
  const { backend, TrackerService, TrackingModule } = require('nestjs-event-tracking');
  const { SegmentBackend } = require('nestjs-event-tracking/segment');
  const delivery = { batch: { maxEvents: 100 }, maxEvents: 100_000 };
  const backends = { segment: backend(SegmentBackend, { writeKey: 'bench', host, gzip }, { delivery }) };
  class AppModule {}
  Module({ imports: [TrackingModule.forRoot({ backends })] })(AppModule);
  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
  const tracker = app.get(TrackerService);
  const inScope = (body) => scopes.reduceRight((inner, values) => () => tracker.context(values, inner), body)();
  const pending = () => tracker.ledger.destination('segment').pending;
  return {
    run: (count) =>
      inScope(async () => {
        for (let done = 0; done < count; done++) {
          tracker.emit('problem_check', data);
          if (done % 100 !== 0) continue;
          await new Promise(setImmediate);
          while (pending() > 4000) await new Promise((resolve) => setTimeout(resolve, 5));
        }
        void tracker.flush();
        while (pending() > 0) await new Promise((resolve) => setTimeout(resolve, 1));
      }),
    end: () => app.close(),
  };
}

function segment() {
  const { Analytics } = require('@segment/analytics-node');
  const client = new Analytics({ writeKey: 'bench', host, flushAt: 100, maxEventsInBatch: 100 });
  let open = 0;
  return {
    run: async (count) => {
      for (let done = 0; done < count; done++) {
        open++;
        const properties = { name: 'problem_check', timestamp: new Date(), context, data };
        client.track({ userId: '10938', event: 'problem_check', properties, context }, () => open--);
        if (done % 100 !== 0) continue;
        await new Promise(setImmediate);
        while (open > 4000) await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await client.flush();
      while (open > 0) await new Promise((resolve) => setTimeout(resolve, 1));
    },
    end: () => client.closeAndFlush(),
  };
}

const { run, end } = await { ours: () => ours(false), 'ours-gzip': () => ours(true), segment }[name]();
await run(WARM_UP);
globalThis.gc();
const already = await received();
const before = process.cpuUsage();
const startedAt = performance.now();
await run(COUNT);
const seconds = (performance.now() - startedAt) / 1000;
const { user, system } = process.cpuUsage(before);
const arrived = (await received()) - already;
if (arrived !== COUNT) throw new Error(`${name}: ${arrived} events of ${COUNT} arrived`);
await end();
console.log(JSON.stringify({ bytes, cpuUs: (user + system) / COUNT, perSecond: COUNT / seconds }));
process.exit();
