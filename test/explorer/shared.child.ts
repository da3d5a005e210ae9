// An application with the explorer, which shares its events over the Redis in argv[2] under the
// prefix in argv[3]. Emits an event for each line of its input, and prints the name of the event.
import 'reflect-metadata';
import { createInterface } from 'node:readline';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { backend, MemoryBackend, TrackerService, TrackingModule } from '../../src/entries';
import { redisChannel, TrackingExplorerModule } from '../../src/entries/explorer';

const [, , url = '', prefix = ''] = process.argv;

@Module({
  imports: [
    TrackingModule.forRoot({ backends: { memory: backend(MemoryBackend) } }),
    TrackingExplorerModule.forRoot({ shared: redisChannel(url, { prefix }) }),
  ],
})
class SharingModule {}

async function run(): Promise<void> {
  const app = await NestFactory.createApplicationContext(SharingModule, { logger: false });
  const tracker = app.get(TrackerService);
  process.stdout.write('ready\n');
  for await (const name of createInterface({ input: process.stdin })) {
    tracker.context({ user_id: 7 }, () => {
      tracker.emit(name, { password: 'secret', course: 'DemoX' });
    });
    process.stdout.write(`${name}\n`);
  }
  await app.close();
}

void run();
