import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { ConsoleLogger, type INestApplication, type LoggerService } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module';
import { readSettings, StartError, type Settings } from './settings';

// The demo trusts the header x-demo-user, so it must not be reachable from the network.
const HOST = '127.0.0.1';

// Nest logs every route and module at start, which would scroll the greeting off the screen.
const WARNINGS = new ConsoleLogger({ logLevels: ['warn', 'error', 'fatal'] });

/**
 * Starts the application with the settings of the environment and prints a greeting with requests
 * to try. @throws StartError if a setting must be changed
 */
export async function start(
  print: (text: string) => void,
  logger: LoggerService | false = WARNINGS,
): Promise<INestApplication> {
  readSettings(); // before Nest starts, which would print the stack of its injector for a wrong variable
  // Browsers keep idle connections open, and Ctrl-C would otherwise wait until they are closed.
  const app = await NestFactory.create(AppModule, { logger, abortOnError: false, forceCloseConnections: true });
  app.enableShutdownHooks(); // delivers the last events on Ctrl-C and SIGTERM
  const config = app.get<ConfigService<Settings, true>>(ConfigService);
  const tracking = config.get('tracking', { infer: true });
  const port = await listen(app, config.get('port', { infer: true }));
  print(greeting(`http://${HOST}:${port}`, tracking));
  return app;
}

/** Returns the port in use. For port 0 this is the port that the system selected. */
async function listen(app: INestApplication, port: number): Promise<number> {
  try {
    await app.listen(port, HOST);
  } catch (error) {
    await app.close();
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new StartError(
      `Port ${port} is in use by another program. Set PORT to a free port, or to 0 for any free port.`,
    );
  }
  return ((app.getHttpServer() as Server).address() as AddressInfo).port;
}

function greeting(address: string, tracking: Settings['tracking']): string {
  const course = `${address}/courses/course-v1:edX+DemoX+2026`;
  const post = `-H 'x-demo-user: learner' -H 'content-type: application/json'`;
  return `
The explorer of your events: ${address}/tracking
The learning platform: ${address}

Send requests, and watch their events in the explorer:

curl -X POST ${course}/enrollment ${post} -d '{"mode":"verified"}'
curl -X POST ${course}/problems/capital/check ${post} -d '{"answer":"Paris"}'
curl ${address}/events

Events behind a queue, with the learner's country: ${process.env.REDIS_URL ? resolve(tracking.reports) : `${address}/events/reports`}
A video to watch in your browser: ${course}/video
${tracking.enabled ? `The log of all events: ${resolve(tracking.log)}` : 'Tracking is off (TRACKING_ENABLED=false). No events are recorded.'}
To see events without requests, set SAMPLE_TRAFFIC=5. To see a destination fail, read sample-app/README.md.
`;
}
