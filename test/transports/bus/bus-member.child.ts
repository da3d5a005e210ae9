// A member of the group in argv[4], on the brokers in argv[2] and the topic in argv[3]. Prints the
// id of each event that it has.
import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { consumer, OnTrackingEvent, TrackingModule, type TrackingEvent } from '../../../src/entries';
import { KafkaConsumer } from '../../../src/entries/kafka';

const [, , brokers = '', topic = '', group = ''] = process.argv;

@Injectable()
class Printer {
  @OnTrackingEvent(/./)
  print({ name }: TrackingEvent): void {
    process.stdout.write(`${name}\n`);
  }
}

@Module({
  imports: [
    TrackingModule.forRoot({
      consumers: {
        bus: consumer(KafkaConsumer, { brokers: [brokers], topic, group, sessionTimeoutMs: 6000, maxInFlight: 50 }),
      },
    }),
  ],
  providers: [Printer],
})
class MemberModule {}

void NestFactory.createApplicationContext(MemberModule, { logger: false });
