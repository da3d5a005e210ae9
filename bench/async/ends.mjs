// One end of a queue in Redis, in a process of its own: node ends.mjs SUBJECT emitter|worker BYTES
// REDIS_URL, forked by async.mjs. Says { bytes } when it is ready. Then answers `cpu`; the emitter
// { emit: N } when all are in Redis; the worker { arrive: N } when so many have arrived in all, and
// `count` with how many did.
import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { contextOf, dataOf } from '../emit/events.mjs';

const require = createRequire(import.meta.url);
const [name, end, size, redis] = [process.argv[2], process.argv[3], Number(process.argv[4]), process.argv[5]];
const QUEUE = 'bench';
const BATCH = 100;
const MAX_PENDING = 500;
const data = dataOf(size);
const scopes = contextOf(size);
const context = Object.assign({}, ...scopes);
const eventOf = () => ({ id: randomUUID(), name: 'problem_check', timestamp: new Date(), context, data });
const bytes = Buffer.byteLength(JSON.stringify({ ...eventOf(), id: undefined }));

let arrived = 0;
let target = Infinity;
let reached = () => undefined;
function count(events) {
  arrived += events;
  if (arrived >= target) reached();
}

class CountingDestination {
  readsOnly = true;
  sendBatch(events) {
    count(events.length);
    return Promise.resolve();
  }
}

class CountingBackend {
  send() {
    count(1);
  }
}

const subjects = {
  ours: () => tracking(CountingDestination),
  'ours-send': () => tracking(CountingBackend),
  /**
   * The same batches, as one would write it in an afternoon: nothing is checked, retried, confirmed
   * or given back.
   */
  bare: () => {
    const queue = bull();
    if (end === 'worker') {
      void queue.process(4, (job) => {
        count(job.data.events.length);
        return Promise.resolve();
      });
    }
    return {
      emit: async (events) => {
        for (let left = events; left > 0; left -= BATCH) {
          const batch = Array.from({ length: Math.min(BATCH, left) }, eventOf);
          await queue.add({ events: batch }, { removeOnComplete: true });
        }
      },
      close: () => queue.close(),
    };
  },
  single: () => {
    const queue = bull();
    if (end === 'worker') {
      void queue.process(BATCH, () => {
        count(1);
        return Promise.resolve();
      });
    }
    return {
      emit: async (events) => {
        for (let left = events; left > 0; left -= BATCH) {
          const jobs = Array.from({ length: Math.min(BATCH, left) }, () => ({
            data: eventOf(),
            opts: { removeOnComplete: true },
          }));
          await queue.addBulk(jobs);
        }
      },
      close: () => queue.close(),
    };
  },
};

function bull() {
  const Bull = require('bull');
  return new Bull(QUEUE, redis);
}

async function tracking(Counting) {
  const { Module } = require('@nestjs/common');
  const { NestFactory } = require('@nestjs/core');
  const { BullModule } = require('@nestjs/bull');
  const {
    AsyncRoutingBackend,
    backend,
    createTrackingWorker,
    TrackerService,
    TrackingModule,
  } = require('nestjs-event-tracking');
  const { bullQueue } = require('nestjs-event-tracking/bull');
  const later = backend(
    AsyncRoutingBackend,
    { queue: bullQueue(QUEUE) },
    {
      imports: [BullModule.registerQueue({ name: QUEUE, redis })],
      delivery: { batch: { maxEvents: BATCH } },
      backends: { counting: backend(Counting) },
    },
  );
  class AppModule {}
  Module({ imports: [TrackingModule.forRoot({ role: 'emitter', backends: { later } })] })(AppModule);
  const options = { logger: ['error'] };
  const app =
    end === 'worker'
      ? await createTrackingWorker(AppModule, options)
      : await NestFactory.createApplicationContext(AppModule, options);
  const tracker = app.get(TrackerService);
  const inScope = (body) => scopes.reduceRight((inner, values) => () => tracker.context(values, inner), body)();
  const pending = () => tracker.ledger.destination('later').pending;
  return {
    emit: (events) =>
      inScope(async () => {
        for (let done = 1; done <= events; done++) {
          tracker.emit('problem_check', data);
          if (done % BATCH !== 0) continue;
          await new Promise(setImmediate);
          // As much as keeps the sender busy: what waits longer grows old, and costs the garbage
          // collector more.
          if (done % MAX_PENDING === 0)
            while (pending() > MAX_PENDING) await new Promise((resolve) => setTimeout(resolve, 5));
        }
        await tracker.flush();
      }),
    close: () => app.close(),
  };
}

const { emit, close } = await subjects[name]();
async function answer(question) {
  if (question === 'count') return arrived;
  if (question === 'gc') return globalThis.gc() ?? 'done';
  if (question === 'cpu') return process.cpuUsage();
  if (question.emit !== undefined) return (await emit(question.emit)) ?? 'sent';
  return new Promise((resolve) => {
    target = question.arrive;
    reached = () => resolve('arrived');
    count(0);
  });
}
process.on('message', async (question) => {
  process.send(await answer(question));
});
process.on('disconnect', async () => {
  await close();
  process.exit();
});
process.send({ bytes });
