import { ConsoleLogger } from '@nestjs/common';
import { createTrackingWorker } from 'nestjs-event-tracking';
import { readSettings, StartFault } from './settings';
import { WorkerModule } from './worker.module';

/** Takes the reports' events out of the queue, until SIGTERM or Ctrl-C; what it has then is finished, or goes back. */
async function main(): Promise<void> {
  readSettings(); // before Nest, which would show a wrong variable with the stack of its injector
  if (!process.env.REDIS_URL) {
    throw new StartFault(
      'A worker needs the queue of the web process: REDIS_URL=redis://localhost:6379 for both. Without it the web process works its events off by itself.',
    );
  }
  const logger = new ConsoleLogger({ logLevels: ['warn', 'error', 'fatal'] });
  await createTrackingWorker(WorkerModule, { logger, abortOnError: false });
  console.log(`Worker ${process.pid} takes events from the queue. Ctrl-C ends it.`);
}

main().catch((error: unknown) => {
  console.error(error instanceof StartFault ? error.message : error);
  process.exitCode = 1;
});
