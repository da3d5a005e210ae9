import type { DynamicModule, INestApplicationContext } from '@nestjs/common';
import type { NestApplicationContextOptions } from '@nestjs/common/interfaces/nest-application-context-options.interface';
import { NestFactory } from '@nestjs/core';
import { namedModule } from '../routing/node-modules';
import { ROLE_TOKEN } from './settings';

/**
 * Starts an application as a worker.
 * A worker has no server. It takes events from the queues of its AsyncRoutingBackends, whatever the
 * `role` of its trackers. On SIGTERM and SIGINT it finishes the events in progress, returns the
 * others to the queue, and exits.
 * @param module the application's root module, the same as in the web process
 */
export async function createTrackingWorker(
  module: NonNullable<DynamicModule['imports']>[number],
  options?: NestApplicationContextOptions,
): Promise<INestApplicationContext> {
  const root: DynamicModule = {
    module: namedModule('TrackingWorkerModule'),
    global: true,
    imports: [module],
    providers: [{ provide: ROLE_TOKEN, useValue: 'worker' }],
    exports: [ROLE_TOKEN],
  };
  const app = await NestFactory.createApplicationContext(root, options);
  return app.enableShutdownHooks();
}
