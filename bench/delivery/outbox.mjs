// Events of transactions, in a process of its own: node outbox.mjs SUBJECT [COUNT]; POSTGRES_URL
// says where. Prints { bytes, cpuUs, perSecond } for one event.
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';
import { dataOf } from '../emit/events.mjs';

const require = createRequire(import.meta.url);
const { Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { Pool } = require('pg');
const { backend, consumer, TrackerService, TrackingModule } = require('nestjs-event-tracking');
const { fromPg, OutboxRelay, PostgresBackend } = require('nestjs-event-tracking/postgres');
const { holdEvents } = require('nestjs-event-tracking/transactions');

const [name, given] = process.argv.slice(2);
const data = dataOf(1024);
const bytes = Buffer.byteLength(JSON.stringify({ name: 'problem_check', data }));
const schema = `bench_${process.pid}_${Date.now()}`;
const connectionString = process.env.POSTGRES_URL;
const pool = new Pool({ connectionString, max: 4 });
const PER_TRANSACTION = 10;

class Discard {
  send() {}
}

async function start(options = {}) {
  class AppModule {}
  const transactions = { outbox: { schema } };
  Module({ imports: [TrackingModule.forRoot({ backends: { sink: backend(Discard) }, transactions, ...options })] })(
    AppModule,
  );
  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
  const tracker = app.get(TrackerService);
  const emit = (count) => {
    for (let at = 0; at < count; at++) tracker.emit('problem_check', data);
  };
  return { app, tracker, emit };
}

const times = async (count, work) => {
  for (let at = 0; at < count; at++) await work();
};

/** No database: one turn of the event loop for each group of events. */
async function inMemory(perGroup, isHeld) {
  const { app, tracker, emit } = await start();
  const group = async () => {
    emit(perGroup);
    await undefined;
  };
  const run = (count) => times(count / perGroup, isHeld ? () => tracker.transaction(group) : group);
  return { run, end: () => app.close() };
}

async function overKnex(isHeld) {
  const { app, tracker, emit } = await start();
  const knex = require('knex')({ client: 'pg', connection: connectionString });
  if (isHeld) holdEvents(knex, tracker);
  const transaction = () =>
    knex.transaction(async (trx) => {
      await trx.raw(`INSERT INTO ${schema}.enrolments VALUES ('x')`);
      emit(PER_TRANSACTION);
    });
  return {
    run: (count) => times(count / PER_TRANSACTION, transaction),
    end: () => app.close().then(() => knex.destroy()),
  };
}

async function inTransaction(body) {
  const client = await pool.connect();
  await client.query('BEGIN');
  await client.query(`INSERT INTO ${schema}.enrolments VALUES ('x')`);
  await body(client);
  await client.query('COMMIT');
  client.release();
}

/** The rows of the outbox by one statement of the application, the text of the event included. */
async function rows() {
  const values = Array.from({ length: PER_TRANSACTION }, (_, at) => `('default', 1, '{}', $${at + 1})`).join(', ');
  const sql = `INSERT INTO ${schema}.tracking_outbox (tracker, format, head, event) VALUES ${values}`;
  const text = () => JSON.stringify({ name: 'problem_check', timestamp: new Date(), context: {}, data });
  const insert = (client) => client.query(sql, Array.from({ length: PER_TRANSACTION }, text));
  return { run: (count) => times(count / PER_TRANSACTION, () => inTransaction(insert)), end: async () => undefined };
}

async function outbox() {
  const { app, tracker, emit } = await start();
  const store = (client) => tracker.transaction(() => emit(PER_TRANSACTION), { outbox: fromPg(client) });
  return { run: (count) => times(count / PER_TRANSACTION, () => inTransaction(store)), end: () => app.close() };
}

/** From a full table to a backend. `run` fills it first, which is not measured. */
async function relay(backends) {
  const filler = await start();
  let relaying;
  const prepare = async (count) => {
    const fill = (client) => filler.tracker.transaction(() => filler.emit(1000), { outbox: fromPg(client) });
    await times(count / 1000, () => inTransaction(fill));
  };
  const run = async (count) => {
    const consumers = { outbox: consumer(OutboxRelay, { client: fromPg(pool), schema }) };
    relaying = await start({ consumers, ...(backends && { backends: backends() }) });
    const waiting = `SELECT 1 FROM ${schema}.tracking_outbox LIMIT 1`;
    while ((await pool.query(waiting)).rows.length > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    if (relaying.tracker.ledger.tracker().relayed < count) throw new Error('events are missing');
  };
  return { prepare, run, end: () => relaying.app.close().then(() => filler.app.close()) };
}

const SUBJECTS = {
  'emit-1': () => inMemory(1, false),
  'emit-10': () => inMemory(10, false),
  'held-1': () => inMemory(1, true),
  'held-10': () => inMemory(10, true),
  'knex-emit': () => overKnex(false),
  'knex-held': () => overKnex(true),
  rows,
  outbox,
  relay: () => relay(),
  'relay-postgres': () => {
    const options = { client: fromPg(pool), schema, ensureTable: true };
    return relay(() => ({ postgres: backend(PostgresBackend, options, { delivery: { batch: { maxEvents: 500 } } }) }));
  },
};

await pool.query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.enrolments (course text);
  CREATE TABLE ${schema}.tracking_outbox (tracker text NOT NULL, position bigint GENERATED ALWAYS AS IDENTITY,
    format smallint NOT NULL, head text NOT NULL, event text NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
    leased_until timestamptz, leased_by text, attempts int NOT NULL DEFAULT 0, PRIMARY KEY (tracker, position))
    WITH (fillfactor = 70)`);
const { prepare, run, end } = await SUBJECTS[name]();
const COUNT = Number(given) || (/^(emit|held)/.test(name) ? 100_000 : 10_000);
await (prepare === undefined ? run(Math.min(COUNT, 5000)) : prepare(COUNT));
globalThis.gc();
const before = process.cpuUsage();
const startedAt = performance.now();
await run(COUNT);
const seconds = (performance.now() - startedAt) / 1000;
const { user, system } = process.cpuUsage(before);
await end();
await pool.query(`DROP SCHEMA ${schema} CASCADE`);
await pool.end();
console.log(JSON.stringify({ bytes, cpuUs: (user + system) / COUNT, perSecond: COUNT / seconds }));
process.exit();
