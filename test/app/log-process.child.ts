/**
 * A process for log-process.spec.ts: starts an application with one LoggerBackend, emits, and ends
 * as the scenario says. It reports on standard error, since standard output may be the log.
 */
import 'reflect-metadata';
import { pbkdf2 } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { backend, LoggerBackend, TrackerService, TrackingModule, type LoggerBackendOptions } from '../../src/entries';

export interface Scenario {
  readonly log: LoggerBackendOptions;
  readonly count: number;
  /** @default 0 */
  readonly textLength?: number;
  /** Events are emitted in one go, or in so many turns of the event loop.  @default 1 */
  readonly turns?: number;
  /** @default false */
  readonly enableShutdownHooks?: boolean;
  /**
   * Whether every thread that could write in the background has other work for a while.
   * @default false
   */
  readonly isBusy?: boolean;
  /**
   * Whether the application prints lines of its own to standard output, between the events.
   * @default false
   */
  readonly prints?: boolean;
  /** How the process ends once it has emitted. `stay`: it reports, and ends when it is told to. */
  readonly end: 'natural' | 'exit' | 'throw' | 'close' | 'stay';
}

const scenario = JSON.parse(process.argv[2] ?? '') as Scenario;

function report(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function emitAll(tracker: TrackerService): Promise<void> {
  const { count, textLength = 0, turns = 1, prints = false } = scenario;
  const text = 'é'.repeat(textLength);
  for (let at = 0; at < count; at++) {
    tracker.emit('e', { at, text });
    if (prints) console.log(JSON.stringify({ printed: at }));
    if (turns > 1 && at % Math.ceil(count / turns) === 0) await wait(1);
  }
}

async function main(): Promise<void> {
  const logger = { log: () => {}, error: report, warn: report };
  const tracking = TrackingModule.forRoot({ logger, backends: { log: backend(LoggerBackend, scenario.log) } });
  const app = await NestFactory.createApplicationContext(
    { module: class AppModule {}, imports: [tracking] },
    { logger: false },
  );
  if (scenario.enableShutdownHooks === true) app.enableShutdownHooks();
  const tracker = app.get(TrackerService);
  if (scenario.isBusy === true) for (let at = 0; at < 8; at++) pbkdf2('a', 'b', 50_000, 64, 'sha512', () => {});
  await emitAll(tracker);
  switch (scenario.end) {
    case 'natural':
      return;
    case 'exit':
      process.exit(3);
    case 'throw':
      setImmediate(() => {
        throw new Error('uncaught');
      });
      return;
    case 'close': {
      const closed = app.close();
      for (let turn = 0; turn < 20; turn++) await wait(1);
      report('the event loop turns');
      await closed;
      report(`delivery ${JSON.stringify(tracker.ledger.node('log')?.delivery)}`);
      return;
    }
    case 'stay':
      report('emitted');
      await wait(30_000);
  }
}

void main();
