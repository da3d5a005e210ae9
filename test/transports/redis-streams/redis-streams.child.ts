/**
 * A consumer in a process of its own, that prints the id of each event before it takes it, and
 * takes as long as it is told: `node redis-streams.child.ts URL TOPIC NAME SLOW_MS`.
 */
import 'reflect-metadata';
import { writeSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  backend,
  consumer,
  EventBusBackend,
  TrackingModule,
  type Destination,
  type IdentifiedEvent,
} from '../../../src/entries';
import { RedisStreamsConsumer } from '../../../src/entries/redis-streams';

const [url, topic, name, slowMs] = process.argv.slice(2) as [string, string, string, string];

class Sink implements Destination {
  async sendBatch(events: readonly IdentifiedEvent[]): Promise<void> {
    await wait(Number(slowMs));
    writeSync(1, events.map(({ id }) => `${id}\n`).join(''));
  }
}

const sink = backend(Sink, undefined, { delivery: { batch: { maxEvents: 10, maxWaitMs: 0 }, concurrency: 1 } });
const options = { url, topic, name, group: 'group', count: 20, maxInFlight: 60, claimAfterMs: 500, blockMs: 200 };

@Module({
  imports: [
    TrackingModule.forRoot({
      backends: { in: backend(EventBusBackend, {}, { backends: { sink } }) },
      consumers: { bus: consumer(RedisStreamsConsumer, options) },
    }),
  ],
})
class AppModule {}

async function main(): Promise<void> {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'warn', 'fatal'] });
  app.enableShutdownHooks();
  writeSync(1, 'ready\n');
}

void main();
