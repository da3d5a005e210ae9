/**
 * An application with one destination, for shutdown.spec.ts: `node shutdown.child.ts SCENARIO
 * DIRECTORY`.
 */
import 'reflect-metadata';
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { Controller, Get, Module, type OnModuleInit } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { backend, TrackerService, TrackingModule, type Destination } from '../../src/entries';

export type Scenario = 'slow' | 'down' | 'starting' | 'leaves' | 'never' | 'request';
const [scenario, directory] = process.argv.slice(2) as [Scenario, string | undefined];

function tell(line: string): void {
  writeSync(1, `${line}\n`);
}

/** Waits until the test writes to standard input. */
async function untilTestGoesOn(): Promise<void> {
  await once(process.stdin, 'data');
  process.stdin.destroy(); // it would keep the process alive
}

class Sink implements Destination {
  readonly readsOnly = true;

  async sendBatch(events: readonly unknown[]): Promise<void> {
    if (scenario === 'down' || scenario === 'leaves') throw new Error('connection refused');
    tell('sending');
    if (scenario === 'never' || scenario === 'request') await new Promise(() => undefined);
    if (scenario === 'slow') await untilTestGoesOn();
    tell(`delivered ${String(events.length)}`);
  }
}

/** Starts slowly: a database that has to be reached, say. */
class Slow implements OnModuleInit {
  async onModuleInit(): Promise<void> {
    if (scenario !== 'starting') return;
    tell('starting');
    await untilTestGoesOn();
  }
}

const delivery = { directory, batch: { maxWaitMs: 60_000 }, retry: { minDelayMs: 10, maxDelayMs: 20 } };

@Controller()
class HangingController {
  @Get()
  hang(): Promise<never> {
    tell('asked');
    return new Promise(() => undefined);
  }
}

@Module({
  controllers: [HangingController],
  imports: [TrackingModule.forRoot({ shutdownTimeoutMs: 3000, delivery, backends: { sink: backend(Sink) } })],
  providers: [Slow],
})
class AppModule {}

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['log', 'warn', 'error', 'fatal'] });
  app.enableShutdownHooks();
  if (scenario === 'starting') app.get(TrackerService).emit('early');
  await app.listen(0, '127.0.0.1');
  const tracker = app.get(TrackerService);
  for (let n = 0; n < (scenario === 'never' ? 2000 : 10); n++) tracker.emit('e', { n });
  if (scenario === 'down') void tracker.flush();
  if (scenario === 'leaves') process.exit(3);
  if (scenario === 'never') void tracker.flush();
  if (scenario === 'request') void fetch(await app.getUrl());
  tell('ready');
}

void main();
