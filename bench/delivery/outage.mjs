// A destination that is down, in a process of its own: node outage.mjs
// latency|latency-nothing|million|replay [COUNT]. Prints the figures of that case as JSON in its
// last line.
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { contextOf, dataOf } from '../emit/events.mjs';

const require = createRequire(import.meta.url);
const name = process.argv[2];
const COUNTS = { latency: 20_000, 'latency-nothing': 20_000, million: 1_000_000, replay: 200_000 };
const COUNT = Number(process.argv[3]) || COUNTS[name];
const PER_SECOND = 2000;
const data = dataOf(1024);
const context = Object.assign({}, ...contextOf(1024));
const bytes = Buffer.byteLength(JSON.stringify({ name: 'problem_check', timestamp: new Date(), context, data }));
const directory = mkdtempSync(join(tmpdir(), 'bench-'));

let isUp = false;
let taken = 0;
class Destination {
  readsOnly = true;
  sendBatch(events) {
    if (!isUp) return Promise.reject(new Error('down'));
    taken += events.length;
    return Promise.resolve();
  }
}

async function start(delivery) {
  const { NestFactory } = require('@nestjs/core');
  const { Module } = require('@nestjs/common');
  const { backend, TrackerService, TrackingModule } = require('nestjs-event-tracking');
  class AppModule {}
  const backends = delivery === undefined ? {} : { down: backend(Destination, {}, { delivery }) };
  Module({ imports: [TrackingModule.forRoot({ backends, shutdownTimeoutMs: 1000 })] })(AppModule);
  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
  return { app, tracker: app.get(TrackerService) };
}

/**
 * Emits when each is due, as requests come, not when the last one is done: a stall then shows in
 * all that came meanwhile.
 */
async function latency(delivery) {
  const { app, tracker } = await start(delivery);
  const warmUp = 20_000; // beyond what memory holds: from here on, events go to the disk
  await inScope(tracker, async () => {
    for (let done = 0; done < warmUp; done++) {
      tracker.emit('problem_check', data);
      if (done % 500 === 0) await new Promise(setImmediate);
    }
    // The compiler optimises for the pace that is measured, too.
    for (let done = 0; done < PER_SECOND; done += 2) {
      tracker.emit('problem_check', data);
      tracker.emit('problem_check', data);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  });
  const lateMs = new Float64Array(COUNT);
  const tookMs = new Float64Array(COUNT);
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  await inScope(tracker, async () => {
    for (let done = 0; done < COUNT;) {
      const due = Math.min(COUNT, Math.floor(((performance.now() - startedAt) * PER_SECOND) / 1000));
      for (; done < due; done++) {
        const before = performance.now();
        tracker.emit('problem_check', data);
        const after = performance.now();
        tookMs[done] = after - before;
        lateMs[done] = after - startedAt - (done * 1000) / PER_SECOND;
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  });
  loop.disable();
  const { user, system } = process.cpuUsage(cpuBefore);
  const counts = tracker.ledger.destination('down');
  await app.close();
  lateMs.sort();
  tookMs.sort();
  return {
    bytes,
    cpuUs: (user + system) / COUNT,
    p50Ms: lateMs[COUNT >> 1],
    p99Ms: lateMs[Math.floor(COUNT * 0.99)],
    p999Ms: tookMs[Math.floor(COUNT * 0.999)],
    loopP99Ms: loop.percentile(99) / 1e6,
    isOnDisk: counts?.isOnDisk,
    pending: counts?.pending,
  };
}

async function million() {
  const { app, tracker } = await start({ directory, maxDiskBytes: 8 * 1024 ** 3 });
  await inScope(tracker, async () => {
    for (let done = 0; done < 20_000; done++) tracker.emit('problem_check', data);
    await new Promise(setImmediate);
  });
  globalThis.gc();
  const before = anonymousMb();
  let most = before;
  const cpuBefore = process.cpuUsage();
  await inScope(tracker, async () => {
    for (let done = 0; done < COUNT; done++) {
      tracker.emit('problem_check', data);
      if (done % 500 !== 0) continue;
      await new Promise(setImmediate);
      if (done % 20_000 === 0) most = Math.max(most, anonymousMb());
    }
  });
  const { user, system } = process.cpuUsage(cpuBefore);
  most = Math.max(most, anonymousMb());
  const counts = tracker.ledger.destination('down');
  if (counts.pending !== COUNT + 20_000) throw new Error(`lost: ${JSON.stringify(counts)}`);
  isUp = true;
  const replayedAt = performance.now();
  while (tracker.ledger.destination('down').pending > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  const replaySeconds = (performance.now() - replayedAt) / 1000;
  if (taken !== COUNT + 20_000) throw new Error(`${String(taken)} events of ${String(COUNT + 20_000)} arrived`);
  await app.close();
  return {
    bytes,
    cpuUs: (user + system) / COUNT,
    grownMb: most - before,
    lost: 0,
    replayPerSecond: taken / replaySeconds,
  };
}

/** From a directory that another life of the application has left. */
async function replay() {
  const first = await start({ durable: true, directory, maxDiskBytes: 8 * 1024 ** 3 });
  await inScope(first.tracker, async () => {
    for (let done = 0; done < COUNT; done++) {
      first.tracker.emit('problem_check', data);
      if (done % 500 === 0) await new Promise(setImmediate);
    }
  });
  await first.app.close();
  isUp = true;
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const { app, tracker } = await start({ directory, batch: { maxEvents: 500 } });
  while (taken < COUNT) await new Promise((resolve) => setTimeout(resolve, 5));
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const { recovered, delivered } = tracker.ledger.destination('down');
  if (recovered !== COUNT || delivered !== COUNT) throw new Error(`recovered ${recovered}, delivered ${delivered}`);
  await app.close();
  return { bytes, cpuUs: (user + system) / COUNT, perSecond: COUNT / seconds };
}

function inScope(tracker, body) {
  return contextOf(1024).reduceRight((inner, values) => () => tracker.context(values, inner), body)();
}

/** Memory that is the process's alone: pages of the files it writes are not. */
function anonymousMb() {
  const text = readFileSync('/proc/self/status', 'latin1');
  return Number(/RssAnon:\s+(\d+)/.exec(text)[1]) / 1024;
}

const cases = {
  latency: () => latency({ directory, maxDiskBytes: 8 * 1024 ** 3 }),
  'latency-nothing': () => latency(undefined),
  million,
  replay,
};
console.log(JSON.stringify(await cases[name]()));
rmSync(directory, { recursive: true, force: true });
process.exit();
