// @ts-check
// The application of scripts/chaos/transactions.mjs. Each of its transactions inserts a row of
// `enrolments` and emits one or two events about it; some have a savepoint that does the same, and
// some roll back on purpose.
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { setTimeout as wait } from 'node:timers/promises';
import { booksModule } from './books.mjs';
import { tell } from './tell.mjs';
import { configurationOf, inTransaction, left } from './transaction-ways.mjs';

const require = createRequire(import.meta.url);
const { Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { Pool } = require('pg');
const { backend, TrackerService, TrackingModule } = require('nestjs-event-tracking');
const { SegmentBackend } = require('nestjs-event-tracking/segment');
const { way, slot, life, signal, url, sink, directory } = JSON.parse(process.env.CHAOS ?? '{}');

/** How many transactions are open at a time. */
const CONCURRENCY = 4;
const LAST_PATIENCE_MS = 60_000;

/** With the outbox, one application has no disk: the outbox is all that it needs. */
const isDurable = signal === 'KILL' && (way === 'held' || slot === 'app-2');
const delivery = {
  ...(isDurable ? { durable: true, directory, maxDiskBytes: 2 ** 30 } : {}),
  batch: { maxEvents: 50, maxWaitMs: 20 },
  retry: { minDelayMs: 20, maxDelayMs: 200 },
};
let tracker;
let isStopping = false;
let emitted = Promise.resolve();
class AppModule {
  async beforeApplicationShutdown() {
    isStopping = true; // as requests stop coming
    await emitted;
  }
}
const imports = [booksModule(() => tracker)];
const backends = { sink: backend(SegmentBackend, { writeKey: 'chaos', host: sink }, { delivery, imports }) };
Module({
  imports: [TrackingModule.forRoot({ shutdownTimeoutMs: 20_000, backends, ...configurationOf[way](url) })],
})(AppModule);
const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'fatal'] });
app.enableShutdownHooks();
tracker = app.get(TrackerService);

const pool = new Pool({ connectionString: url, max: CONCURRENCY, connectionTimeoutMillis: 5000 });
// The server is killed now and then. Statements of a connection that breaks reject as well.
pool.on('error', () => undefined);
pool.on('connect', (client) => client.on('error', () => undefined));
const filler = 'x'.repeat(500);
let number = 0;
let hasBegun = false;

/** What happens in a transaction, by chance. */
class RolledBack extends Error {}
const isOneIn = (cases) => Math.random() * cases < 1;

/** Inserts a row and emits its events, in either order. @returns its key */
async function enrol(client, key) {
  const events = isOneIn(2) ? 1 : 2;
  const emit = () => {
    for (let part = 1; part <= events; part++) tracker.emit('chaos.enrolled', { key, part, filler });
  };
  const isFirst = isOneIn(2);
  if (isFirst) emit();
  await client.query('INSERT INTO enrolments VALUES ($1, $2)', [key, events]);
  if (!isFirst) emit();
  return key;
}

/** @returns the keys that are there if the transaction commits */
async function enrolments(client, key) {
  const keys = [await enrol(client, key)];
  if (isOneIn(3)) keys.push(...(await withSavepoint(client, `${key}-nested`)));
  if (isOneIn(6)) throw new RolledBack();
  if (isOneIn(6)) await client.query('INSERT INTO enrolments VALUES ($1, 0)', [key]); // refused: the key is there
  return keys;
}

/** A transaction inside another one, which half of the time rolls back alone. */
async function withSavepoint(client, key) {
  await client.query('SAVEPOINT nested');
  try {
    return await tracker.transaction(async () => {
      await enrol(client, key);
      if (isOneIn(2)) throw new RolledBack();
      await client.query('RELEASE SAVEPOINT nested');
      return [key];
    });
  } catch (error) {
    if (!(error instanceof RolledBack)) throw error;
    await client.query('ROLLBACK TO SAVEPOINT nested');
    return [];
  }
}

/** One transaction. Tells the keys whose commit the server has confirmed. */
async function once() {
  let client;
  let failure;
  try {
    client = await pool.connect();
    const key = `${life}-${number++}`;
    const keys = await tracker.context({ user_id: 7 }, () =>
      inTransaction[way](tracker, client, () => enrolments(client, key)),
    );
    for (const each of keys) tell(`+ ${each}`);
    if (!hasBegun) tell('begun');
    hasBegun = true;
  } catch (error) {
    failure = error;
  }
  const isExpected = failure === undefined || failure instanceof RolledBack || failure.code === '23505';
  client?.release(!isExpected);
  if (!isExpected) await wait(20); // the server is down
}

async function emitUntilStopped() {
  while (!isStopping) {
    await once();
    await wait(5);
  }
}

/** Ends once everything is at the destination, or the patience is over. */
async function end() {
  isStopping = true;
  await emitted;
  const deadline = performance.now() + LAST_PATIENCE_MS;
  const pending = async () => (await left[way](pool)) + (tracker.ledger.destination('sink')?.pending ?? 0);
  for (let count; (count = await pending()) > 0; await wait(50)) {
    if (performance.now() < deadline) continue;
    tell(`left ${count}`);
    break;
  }
  await app.close();
  process.exit(0);
}

process.once('message', () => void end());
emitted = Promise.all(Array.from({ length: CONCURRENCY }, emitUntilStopped)).then(() => undefined);
