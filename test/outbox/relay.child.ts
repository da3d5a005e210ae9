/**
 * An application that stores an event in the outbox and has no relay: `node relay.child.ts URL
 * SCHEMA MOMENT`. It kills itself with SIGKILL at the moment: 'before' the commit, 'after' it, or,
 * with a relay, when the event 'arrives' at its backend. Prints nothing.
 */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Pool } from 'pg';
import { backend, consumer, TrackerService, TrackingModule, type Backend } from '../../src/entries';
import { fromPg, OutboxRelay } from '../../src/entries/postgres';

const [, , url, schema, moment] = process.argv;
const pool = new Pool({ connectionString: url });

const die = (): never => {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('it was not killed');
};

class Deadly implements Backend {
  send(): void {
    die();
  }
}

const relay =
  moment === 'arrives' ? { outbox: consumer(OutboxRelay, { client: fromPg(pool), schema, leaseMs: 3000 }) } : {};

@Module({
  imports: [
    TrackingModule.forRoot({
      backends: { deadly: backend(Deadly) },
      consumers: relay,
      transactions: { outbox: { schema } },
    }),
  ],
})
class AppModule {}

async function main(): Promise<void> {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'fatal'] });
  const tracker = app.get(TrackerService);
  const client = await pool.connect();
  await client.query('BEGIN');
  await tracker.transaction(
    async () => {
      await client.query(`INSERT INTO ${String(schema)}.enrolments VALUES ('x')`);
      for (const name of ['a', 'b', 'c']) tracker.emit(name);
    },
    { outbox: fromPg(client) },
  );
  if (moment === 'before') die();
  await client.query('COMMIT');
  if (moment === 'after') die();
}

void main();
