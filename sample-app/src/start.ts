import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { ConsoleLogger, type INestApplication, type LoggerService } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module';
import { readSettings, StartFault, type Settings } from './settings';

const HOST = '127.0.0.1'; // whoever sends x-demo-user is believed, so the demo is not offered to the network

// Nest lists each route and module at start, which would push the greeting off the screen.
const WARNINGS = new ConsoleLogger({ logLevels: ['warn', 'error', 'fatal'] });

/** Starts the application as the environment says and greets through `print`. @throws StartFault when the operator can fix it. */
export async function start(
  print: (text: string) => void,
  logger: LoggerService | false = WARNINGS,
): Promise<INestApplication> {
  readSettings(); // before Nest, which would show a wrong variable with the stack of its injector
  // A browser holds spare connections open, and Ctrl-C would wait for it to let go.
  const app = await NestFactory.create(AppModule, { logger, abortOnError: false, forceCloseConnections: true });
  app.enableShutdownHooks(); // so that the last events reach the log on Ctrl-C and on a deploy
  const config = app.get<ConfigService<Settings, true>>(ConfigService);
  const tracking = config.get('tracking', { infer: true });
  const port = await listen(app, config.get('port', { infer: true }));
  print(greeting(`http://${HOST}:${port}`, tracking));
  return app;
}

/** @returns the port in use, which for port 0 is the one the system chose */
async function listen(app: INestApplication, port: number): Promise<number> {
  try {
    await app.listen(port, HOST);
  } catch (error) {
    await app.close();
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new StartFault(`Port ${port} is taken by another program. Choose another; PORT=0 takes any free one.`);
  }
  return ((app.getHttpServer() as Server).address() as AddressInfo).port;
}

function greeting(address: string, tracking: Settings['tracking']): string {
  const course = `${address}/courses/course-v1:edX+DemoX+2026`;
  const post = `-H 'x-demo-user: learner' -H 'content-type: application/json'`;
  return `
The learning platform is at ${address}
Enrol, check a problem, and see the events:

curl -X POST ${course}/enrollment ${post} -d '{"mode":"verified"}'
curl -X POST ${course}/problems/capital/check ${post} -d '{"answer":"Paris"}'
curl ${address}/events

With the learner's country, from behind a queue: ${process.env.REDIS_URL ? resolve(tracking.reports) : `${address}/events/reports`}
Watch a video in a browser: ${course}/video
${tracking.enabled ? `The log of events: ${resolve(tracking.log)}` : 'Tracking is off (TRACKING_ENABLED=false): nothing is recorded.'}
`;
}
