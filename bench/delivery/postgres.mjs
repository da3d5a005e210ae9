// Events into PostgreSQL, in a process of its own: node postgres.mjs raw|ours [COUNT]; POSTGRES_URL
// says where. Prints { bytes, cpuUs, perSecond }.
import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';
import { contextOf, dataOf } from '../emit/events.mjs';

const require = createRequire(import.meta.url);
const { Pool } = require('pg');
const [name, COUNT] = [process.argv[2], Number(process.argv[3]) || 100_000];
const WARM_UP = Math.min(20_000, COUNT);
const BATCH = 500;
const IN_FLIGHT = 2;
/** Events that wait or are being sent: as many as keep both connections busy. */
const HELD = 2 * IN_FLIGHT * BATCH;
const data = dataOf(1024);
const scopes = contextOf(1024);
const context = Object.assign({}, ...scopes);
const bytes = Buffer.byteLength(JSON.stringify({ name: 'problem_check', timestamp: new Date(), context, data }));
const schema = `bench_${process.pid}_${Date.now()}`;
const pool = new Pool({ connectionString: process.env.POSTGRES_URL, max: IN_FLIGHT });

/**
 * The beginning of ids that grow with the time, as those of events do. With random ids the server
 * would write to all pages of the index, and the raw insert would be slower.
 */
function idsOfNow() {
  const time = Date.now().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7`;
}

/**
 * The same rows in the same table, as an application would insert them: a list of JSON, made from
 * objects that it holds.
 */
async function raw() {
  const insert = async (count) => {
    for (let left = count; left > 0; left -= BATCH) {
      const beginning = idsOfNow();
      const rows = Array.from({ length: Math.min(left, BATCH) }, () => ({
        id: beginning + randomUUID().slice(15),
        name: 'problem_check',
        occurred_at: new Date(),
        context,
        data,
      }));
      await pool.query(
        `INSERT INTO ${schema}.tracking_events (id, name, occurred_at, context, data)
         SELECT id, name, occurred_at, context, data FROM jsonb_to_recordset($1::jsonb)
           AS r(id uuid, name text, occurred_at timestamptz, context jsonb, data jsonb)
         ON CONFLICT (id) DO NOTHING`,
        [JSON.stringify(rows)],
      );
    }
  };
  return {
    run: (count) => Promise.all(Array.from({ length: IN_FLIGHT }, () => insert(count / IN_FLIGHT))),
    end: async () => undefined,
  };
}

async function ours() {
  const { Module } = require('@nestjs/common');
  const { NestFactory } = require('@nestjs/core');
  const { backend, TrackerService, TrackingModule } = require('nestjs-event-tracking');
  const { fromPg, PostgresBackend } = require('nestjs-event-tracking/postgres');
  const delivery = { batch: { maxEvents: BATCH }, concurrency: IN_FLIGHT, maxEvents: 100_000 };
  const backends = { postgres: backend(PostgresBackend, { client: fromPg(pool), schema }, { delivery }) };
  class AppModule {}
  Module({ imports: [TrackingModule.forRoot({ backends })] })(AppModule);
  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
  const tracker = app.get(TrackerService);
  const inScope = (body) => scopes.reduceRight((inner, values) => () => tracker.context(values, inner), body)();
  return {
    run: (count) =>
      inScope(async () => {
        for (let done = 0; done < count; done++) {
          tracker.emit('problem_check', data);
          if (done % BATCH !== 0) continue;
          await new Promise(setImmediate);
          while (tracker.ledger.destination('postgres').pending > HELD)
            await new Promise((resolve) => setTimeout(resolve, 5));
        }
        await tracker.flush();
        while (tracker.ledger.destination('postgres').pending > 0)
          await new Promise((resolve) => setTimeout(resolve, 20));
      }),
    end: () => app.close(),
  };
}

await pool.query(`CREATE SCHEMA ${schema}`);
await pool.query(`CREATE TABLE ${schema}.tracking_events (id uuid PRIMARY KEY, name text NOT NULL,
  occurred_at timestamptz NOT NULL, context jsonb NOT NULL, data jsonb NOT NULL, extra jsonb,
  received_at timestamptz NOT NULL DEFAULT now())`);
const { run, end } = await { raw, ours }[name]();
await run(WARM_UP);
globalThis.gc();
const before = process.cpuUsage();
const startedAt = performance.now();
await run(COUNT);
const seconds = (performance.now() - startedAt) / 1000;
const { user, system } = process.cpuUsage(before);
const { rows } = await pool.query(`SELECT count(*)::int AS stored FROM ${schema}.tracking_events`);
if (rows[0].stored !== COUNT + WARM_UP)
  throw new Error(`${name}: ${rows[0].stored} rows of ${COUNT + WARM_UP} were stored`);
await end();
await pool.query(`DROP SCHEMA ${schema} CASCADE`);
await pool.end();
console.log(JSON.stringify({ bytes, cpuUs: (user + system) / COUNT, perSecond: COUNT / seconds }));
process.exit();
