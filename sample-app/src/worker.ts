import './environment';
import { ConsoleLogger } from '@nestjs/common';
import { createTrackingWorker } from 'nestjs-event-tracking';
import { readSettings, StartError } from './settings';
import { WorkerModule } from './worker.module';

/**
 * Processes the events in the queue of the reports until SIGTERM or Ctrl-C. On shutdown, events
 * that are being processed are finished or returned to the queue.
 */
async function main(): Promise<void> {
  readSettings(); // before Nest starts, which would print the stack of its injector for a wrong variable
  if (!process.env.REDIS_URL) {
    throw new StartError(
      'A worker needs a queue in Redis. Set REDIS_URL, for example redis://localhost:6379, for the worker and the web process. Without REDIS_URL, the web process needs no workers.',
    );
  }
  const logger = new ConsoleLogger({ logLevels: ['warn', 'error', 'fatal'] });
  await createTrackingWorker(WorkerModule, { logger, abortOnError: false });
  console.log(`Worker ${process.pid} is processing events from the queue. Press Ctrl-C to stop it.`);
}

main().catch((error: unknown) => {
  console.error(error instanceof StartError ? error.message : error);
  process.exitCode = 1;
});
