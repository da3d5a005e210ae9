// What validation costs at emit, in a process of its own: node emit-subject.mjs SCHEMAS ROUNDS, of
// which SCHEMAS is one of those below. Prints CPU time of one event: { emitUs, offUs, reportUs } of
// an emit without a catalog, with one that validates nothing, and with one that validates; { ownUs
// } of an emit before which the application asks the schema itself; { schemaUs, checkUs } of the
// schema alone, and of EventCheck alone. All are measured in turns, since what is asked for are
// differences of two of them.
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from '../figures.mjs';
import { warmUp } from '../warm-up.mjs';
import { catalogOf } from './emit-schemas.mjs';
import { logLines } from './log-events.mjs';

const require = createRequire(import.meta.url);
const { NestFactory } = require('@nestjs/core');
const { Module } = require('@nestjs/common');
const { backend, LoggerBackend, TrackerService, TrackingModule } = require('nestjs-event-tracking');
const { EventCheck } = require('../../dist/library/index.js');

const [schemas, rounds] = [process.argv[2], Number(process.argv[3])];
const catalog = catalogOf(schemas);
const lines = [...logLines(900)].map((line) => JSON.parse(line)).filter(({ name }) => catalog.events.has(name));
/** Many, since each round ends with a flush. */
const events = Array.from({ length: 1000 }, (_, at) => lines[at % lines.length]);
for (const { data } of lines) if (data.issued_at !== undefined) data.issued_at = new Date(data.issued_at);
const folder = mkdtempSync(join(tmpdir(), 'bench-'));

async function tracker(options) {
  class AppModule {}
  const path = join(folder, `${Math.random()}.log`);
  const backends = { log: backend(LoggerBackend, { path }) };
  Module({ imports: [TrackingModule.forRoot({ shutdownTimeoutMs: 60_000, backends, ...options })] })(AppModule);
  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
  return { app, path, service: app.get(TrackerService) };
}

const trackers = {
  emitUs: await tracker({}),
  offUs: await tracker({ catalog, validation: 'off' }),
  ownUs: await tracker({ catalog, validation: 'off' }),
  reportUs: await tracker({ catalog, validation: 'report' }),
};
/**
 * Each event in a scope of its own, as a request that emits one: then its context is looked at
 * every time.
 */
const emitAll = async ({ service }) => {
  for (const { name, context, data } of events) service.context(context, () => service.emit(name, data));
  await service.flush();
};
/**
 * In the same place: beside the writing of lines, the garbage of a schema costs more than in a loop
 * of its own.
 */
const askAndEmitAll = async ({ service }) => {
  for (const { name, context, data } of events) {
    service.context(context, () => {
      ask(name, context, data);
      service.emit(name, data);
    });
  }
  await service.flush();
};
function ask(name, context, data) {
  const { schemas: own } = catalog.events.get(name);
  if (own.data.validate(data).issues !== undefined || own.context.validate(context).issues !== undefined)
    throw new Error(`${name} does not keep to its own schema`);
}
const checks = new Map([...catalog.events].map(([name, event]) => [name, new EventCheck(event, { undeclared: true })]));
const subjects = {
  ...Object.fromEntries(Object.entries(trackers).map(([key, each]) => [key, () => emitAll(each)])),
  ownUs: () => askAndEmitAll(trackers.ownUs),
  schemaUs: () => {
    for (const { name, context, data } of events) ask(name, context, data);
  },
  checkUs: () => {
    for (const { name, context, data } of events)
      if (checks.get(name).check(data, context) !== undefined) throw new Error(`${name} has violations`);
  },
};

/**
 * The CPU time of one event, for each of the subjects, each of which is the first of them at some
 * time.
 */
async function round(at) {
  const figures = {};
  const keys = Object.keys(subjects);
  for (let turn = 0; turn < keys.length; turn++) {
    const key = keys[(at + turn) % keys.length];
    const before = process.cpuUsage();
    for (let time = 0; time < TIMES; time++) await subjects[key]();
    const { user, system } = process.cpuUsage(before);
    figures[key] = (user + system) / (TIMES * events.length);
  }
  return figures;
}

/** Little at a time, and often: what disturbs one turn is then no part of the median. */
const TIMES = 2;
const measured = [];
let cold;
let turns = 0;
const { warmUpMs, isSteady } = await warmUp(
  async () => {
    const figures = await round(turns++);
    cold ??= figures;
    return Object.values(figures).reduce((sum, us) => sum + us, 0);
  },
  { cold: 1, window: () => 1, ...(rounds === 1 ? { maxWindows: 0 } : {}) },
);
for (let at = 0; at < rounds; at++) measured.push(await round(turns++));
const expected = turns * TIMES * events.length;
let bytes = 0;
for (const [key, { app, path, service }] of Object.entries(trackers)) {
  await app.close();
  const text = readFileSync(path, 'latin1');
  const written = text.split('\n').length - 1;
  const found = service.violations.list();
  if (written !== expected || found.length > 0)
    throw new Error(`${key}: ${written} lines of ${expected} were written, violations: ${JSON.stringify(found)}`);
  bytes = Math.round(text.length / written);
}
rmSync(folder, { recursive: true });
// Medians of differences within one round, not differences of medians.
const of = (read) => median(measured.map(read));
console.log(
  JSON.stringify({
    bytes,
    ...Object.fromEntries(Object.keys(subjects).map((key) => [key, of((figures) => figures[key])])),
    ...{ cold, warmUpMs, isSteady },
    offAddedUs: of(({ offUs, emitUs }) => offUs - emitUs),
    validationAddedUs: of(({ reportUs, offUs }) => reportUs - offUs),
    ownAddedUs: of(({ ownUs, offUs }) => ownUs - offUs),
  }),
);
