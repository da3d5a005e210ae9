// @ts-check
// An application that emits until it is stopped, and says on its standard output which events it
// relies on (scripts/chaos.mjs).
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { countDuplicates } from './duplicates.mjs';
import { emitKeys } from './emit-keys.mjs';
import { tell } from './tell.mjs';

const require = createRequire(import.meta.url);
const { Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { backend, TrackerService, TrackingModule } = require('nestjs-event-tracking');
const { life, mode, directory, backend: kind, signal, url, schema } = JSON.parse(process.env.CHAOS ?? '{}');

const delivery = {
  ...(signal === 'KILL' ? { durable: true, directory, maxDiskBytes: 2 ** 30 } : {}),
  // Without a disk, memory has to hold what is emitted while the server is down.
  ...(kind === 'postgres' ? { maxEvents: 100_000, maxBytes: 2 ** 28 } : {}),
  batch: { maxEvents: 50, maxWaitMs: 20 },
  retry: { minDelayMs: 20, maxDelayMs: 200 },
};

function sink() {
  if (kind === 'segment') {
    const { SegmentBackend } = require('nestjs-event-tracking/segment');
    return backend(SegmentBackend, { writeKey: 'chaos', host: url }, { delivery });
  }
  if (kind === 'postgres') {
    const { PostgresBackend } = require('nestjs-event-tracking/postgres');
    return backend(PostgresBackend, { connectionString: url, schema, ensureTable: true }, { delivery });
  }
  const { MongooseModule } = require('@nestjs/mongoose');
  const { MongoBackend } = require('nestjs-event-tracking/mongoose');
  const options = { lazyConnection: true, ...countDuplicates((count) => tell(`again ${count}`)) };
  const imports = [MongooseModule.forRoot(url, options)];
  return backend(MongoBackend, { collection: 'events', indexes: false }, { delivery, imports });
}

let isStopping = false;
class AppModule {
  beforeApplicationShutdown() {
    isStopping = true; // as requests stop coming
  }
}
Module({
  imports: [TrackingModule.forRoot({ shutdownTimeoutMs: 20_000, backends: { sink: sink() } })],
})(AppModule);
const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'fatal'] });
app.enableShutdownHooks();
const tracker = app.get(TrackerService);
const filler = 'x'.repeat(500);

let again = 0;
/** Tells how many events PostgreSQL had already, since it was last told. */
function tellDuplicates() {
  if (kind !== 'postgres') return;
  const { duplicates } = /** @type {{ duplicates: number }} */ (tracker.backend('sink'));
  if (duplicates > again) tell(`again ${duplicates - again}`);
  again = duplicates;
}

if (mode === 'deliver') {
  tell('delivering');
  while ((tracker.ledger.destination('sink')?.pending ?? 0) > 0)
    await new Promise((resolve) => setTimeout(resolve, 20));
  tellDuplicates();
  await app.close();
  process.exit(0);
}
await emitKeys({
  ...{ tracker, signal, life, filler },
  isStopping: () => isStopping,
  after: (n) => {
    tellDuplicates();
    return n % 5 === 0 ? new Promise((resolve) => setTimeout(resolve, 1)) : undefined;
  },
});
