/**
 * One process of an application whose events go through a Bull queue and come out of it line by
 * line, each as soon as the worker has it: `node worker.child.ts SCENARIO REDIS_URL QUEUE_NAME`.
 */
import 'reflect-metadata';
import { writeSync } from 'node:fs';
import { BullModule } from '@nestjs/bull';
import { Module } from '@nestjs/common';
import {
  AsyncRoutingBackend,
  backend,
  createTrackingWorker,
  processor,
  TrackingModule,
  type Destination,
  type IdentifiedEvent,
} from '../../../src/entries';
import { bullQueue } from '../../../src/entries/bull';

/**
 * Once it has been sent one event, the destination of 'hangs' answers no more; 'blocks' blocks the
 * event loop for a while then.
 */
export type Scenario = 'works' | 'hangs' | 'blocks';
const [scenario, url, name] = process.argv.slice(2) as [Scenario, string, string];
const BLOCK_MS = 1500;

function tell(line: string): void {
  writeSync(1, `${line}\n`);
}

let isBlocked = false;

function block(): void {
  if (scenario !== 'blocks' || isBlocked) return;
  isBlocked = true;
  tell('blocking');
  const until = Date.now() + BLOCK_MS;
  while (Date.now() < until);
  tell('blocked');
}

class Sink implements Destination {
  static readonly delivery = { batch: { maxEvents: 1, maxWaitMs: 5 }, ordered: true };
  readonly readsOnly = true;
  private sent = 0;

  async sendBatch(events: readonly IdentifiedEvent[]): Promise<void> {
    this.sent += events.length;
    if (scenario === 'hangs' && this.sent > 1) {
      tell('hanging');
      await new Promise(() => undefined);
    }
    for (const event of events) tell(`event ${event.name} ${event.id}`);
    block();
  }
}

const { hostname, port } = new URL(url);
const queue = BullModule.registerQueue({
  name,
  redis: { host: hostname, port: Number(port) },
  settings: { lockDuration: 400, stalledInterval: 200, maxStalledCount: 20 },
});

@Module({
  imports: [
    TrackingModule.forRoot({
      // The worker is one by whom it was started, whatever stands here.
      role: 'emitter',
      shutdownTimeoutMs: 800,
      backends: {
        later: backend(
          AsyncRoutingBackend,
          { queue: bullQueue(name) },
          { imports: [queue], processors: [processor((event) => event)], backends: { sink: backend(Sink) } },
        ),
      },
    }),
  ],
})
class AppModule {}

void createTrackingWorker(AppModule, { logger: ['warn', 'error', 'fatal'] }).then(() => {
  tell('ready');
});
