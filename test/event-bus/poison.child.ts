/**
 * A consumer in a process of its own that dies with every event called `poison`. It prints the name of each other event that
 * arrives, and the reasons of its dead letters whenever they change: `node poison.child.ts OPTIONS`, options of the consumer as JSON.
 */
import 'reflect-metadata';
import { writeSync } from 'node:fs';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  backend,
  consumer,
  EventBusBackend,
  TrackingDeadLetters,
  TrackingModule,
  type Destination,
  type StoredEvent,
} from '../../src';
import { RedisStreamsConsumer, type RedisStreamsConsumerOptions } from '../../src/redis-streams';

const options = JSON.parse(process.argv[2]!) as RedisStreamsConsumerOptions;

class Sink implements Destination {
  sendBatch(events: readonly StoredEvent[]): Promise<void> {
    if (events.some(({ name }) => name === 'poison')) process.kill(process.pid, 'SIGKILL');
    writeSync(1, events.map(({ name }) => `arrived ${name}\n`).join(''));
    return Promise.resolve();
  }
}

const sink = backend(Sink, undefined, { delivery: { batch: { maxEvents: 10, maxWaitMs: 5 } } });

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
  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'fatal'] });
  app.enableShutdownHooks();
  let printed = 0;
  setInterval(() => {
    const letters = app.get(TrackingDeadLetters).list();
    for (const { event, reason } of letters.slice(printed)) writeSync(1, `letter ${event.name}: ${reason}\n`);
    printed = letters.length;
  }, 20);
}

void main();
