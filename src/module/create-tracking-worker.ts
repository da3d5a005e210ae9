import type { DynamicModule, INestApplicationContext } from '@nestjs/common';
import type { NestApplicationContextOptions } from '@nestjs/common/interfaces/nest-application-context-options.interface';
import { NestFactory } from '@nestjs/core';
import { namedModule } from '../routing/node-modules';
import { ROLE_TOKEN } from './settings';

/**
 * Starts an application as a worker: without a server, taking events from the queues of its AsyncRoutingBackends, whatever `role`
 * its trackers have. At SIGTERM and SIGINT it finishes what it has, gives the rest back, and ends.
 * @param module the application's root module, the same that the web process starts
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
