/**
 * A consumer in a process of its own that dies with every event called `poison`. It prints the name
 * of each other event that arrives, and the reasons of its dead letters whenever they change: `node
 * poison.child.ts OPTIONS`, options of the consumer as JSON: with `brokers` those of a
 * KafkaConsumer, which uses kafkajs where `isKafkaJs` is true. `death` is 'kill', 'abort' or
 * 'memory'.
 */
import 'reflect-metadata';
import { writeSync } from 'node:fs';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Kafka, logLevel } from 'kafkajs';
import {
  backend,
  consumer,
  EventBusBackend,
  TrackingDeadLetters,
  TrackingModule,
  type Destination,
  type IdentifiedEvent,
} from '../../../src/entries';
import { KafkaConsumer, type KafkaConsumerOptions } from '../../../src/entries/kafka';
import { RedisStreamsConsumer, type RedisStreamsConsumerOptions } from '../../../src/entries/redis-streams';

type Options = { readonly isKafkaJs?: boolean; readonly death?: keyof typeof deaths } & (
  RedisStreamsConsumerOptions | KafkaConsumerOptions
);

const deaths = {
  kill: () => process.kill(process.pid, 'SIGKILL'),
  abort: () => process.abort(),
  memory: () => {
    for (const kept: number[][] = []; ;) kept.push(new Array<number>(1_000_000).fill(0.5));
  },
};
const { isKafkaJs = false, death = 'kill', ...options } = JSON.parse(process.argv[2]!) as Options;

function described() {
  if (!('brokers' in options)) return consumer(RedisStreamsConsumer, options as RedisStreamsConsumerOptions);
  if (!isKafkaJs) return consumer(KafkaConsumer, options);
  const { brokers = [], ...others } = options;
  const kafkajs = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });
  return consumer(KafkaConsumer, { ...others, kafkajs });
}

class Sink implements Destination {
  sendBatch(events: readonly IdentifiedEvent[]): Promise<void> {
    if (events.some(({ name }) => name === 'poison')) deaths[death]();
    writeSync(1, events.map(({ name }) => `arrived ${name}\n`).join(''));
    return Promise.resolve();
  }
}

const sink = backend(Sink, undefined, { delivery: { batch: { maxEvents: 10, maxWaitMs: 5 } } });

@Module({
  imports: [
    TrackingModule.forRoot({
      backends: { in: backend(EventBusBackend, {}, { backends: { sink } }) },
      consumers: { bus: described() },
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
