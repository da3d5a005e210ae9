// The worst single emit of one set-up, in a process of its own: node subject.mjs SETUP BYTES
// REPEATS [ONLY]. Prints a list of { kind, name, bytes, cpuUs, keptBytes }: CPU time is the median
// of the repeats, each of which has a value of its own.
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from '../figures.mjs';
import { unboundedValues, worstBodies, worstValues } from './worst-values.mjs';

const require = createRequire(import.meta.url);
const tracking = require('nestjs-event-tracking');
const { z } = require('zod');
const { backend, defineEvent, LoggerBackend, MemoryBackend, processor, Redact } = tracking;
const folder = mkdtempSync(join(tmpdir(), 'bench-'));
const path = join(folder, 'out.log');
const [, , setUp, bytes, repeats, only] = process.argv;

class Nowhere {
  async sendBatch() {}
}

const log = { log: backend(LoggerBackend, { path }) };
const setUps = {
  memory: { backends: { memory: backend(MemoryBackend, { maxEvents: 1 }) } },
  log: { backends: log },
  reference: { backends: { log: backend(LoggerBackend, { path, format: 'reference' }) } },
  destination: { backends: { to: backend(Nowhere) } },
  redact: { processors: [processor(Redact, { keys: ['password', /token$/], paths: ['**.email'] })], backends: log },
  processor: { processors: [(event) => void (event.data.seen = true)], backends: log },
  catalog: { catalog: [defineEvent('webhook.received', { data: z.object({ body: z.unknown() }) })], backends: log },
};

const { NestFactory } = require('@nestjs/core');
const { Module } = require('@nestjs/common');
class AppModule {}
const logger = { log() {}, error() {}, warn() {} };
Module({ imports: [tracking.TrackingModule.forRoot({ logger, ...setUps[setUp] })] })(AppModule);
const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
const tracker = app.get(tracking.TrackerService);
const settle = async () => {
  await tracker.flush();
  await new Promise((resolve) => setTimeout(resolve, 20));
  globalThis.gc();
};

/** As an application that has run for a while. */
for (let at = 0; at < 3000; at++) {
  const items = Array.from({ length: at % 50 }, (_, item) => ({ item, text: 'text', when: at % 3 ? 1 : new Date(at) }));
  tracker.emit('webhook.received', { body: { at, list: [1, 'two', null], nested: { a: { b: items } } } });
  if (at % 100 === 0) await settle();
}

const ofBodies = Object.entries(worstBodies(Number(bytes))).map(([name, text]) => ({
  ...{ kind: 'body', name, bytes: Buffer.byteLength(text) },
  make: () => JSON.parse(text),
}));
const ofValues = (kind, values) => Object.entries(values).map(([name, make]) => ({ kind, name, bytes: 0, make }));
const all = [...ofBodies, ...ofValues('value', worstValues), ...ofValues('unbounded', unboundedValues)];
const figures = [];
for (const { kind, name, bytes, make } of all.filter((each) => only === undefined || each.name.includes(only))) {
  const cpuUs = [];
  await settle();
  const before = process.memoryUsage().heapUsed;
  for (let at = 0; at < Number(repeats); at++) {
    const body = make();
    const start = process.cpuUsage();
    tracker.emit('webhook.received', { body });
    const { user, system } = process.cpuUsage(start);
    cpuUs.push(user + system);
    await settle();
  }
  tracker.emit('done'); // what keeps the last event lets go of it
  await settle();
  figures.push({ kind, name, bytes, cpuUs: median(cpuUs), keptBytes: process.memoryUsage().heapUsed - before });
}
await app.close();
rmSync(folder, { recursive: true });
console.log(JSON.stringify(figures));
