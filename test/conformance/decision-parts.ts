import { NestFactory } from '@nestjs/core';
import type { INestApplicationContext, LoggerService } from '@nestjs/common';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import {
  MemoryBackend,
  TrackerService,
  TrackingModule,
  backend,
  type NodeCounts,
  type IdentifiedEvent,
} from 'nestjs-event-tracking';

export const NOW = new Date('2024-02-03T04:05:00.789Z');

/** The lines that a pino has written. */
export class Log {
  readonly lines: string[] = [];
  readonly pino = pino(
    {},
    new Writable({
      decodeStrings: false,
      write: (line: string, _encoding, done) => {
        this.lines.push((JSON.parse(line) as { msg: string }).msg);
        done();
      },
    }),
  );
}

interface Started {
  readonly tracker: TrackerService;
  /** What the backend `mem` has received. */
  readonly events: () => readonly IdentifiedEvent[];
  readonly contexts: () => readonly object[];
  readonly warnings: readonly string[];
  readonly node: (path: string) => NodeCounts;
}

type Options = NonNullable<Parameters<typeof TrackingModule.forRoot>[0]>;

const running: INestApplicationContext[] = [];
afterEach(async () => {
  for (const app of running.splice(0)) await app.close();
});

export async function start(options: Options = {}): Promise<Started> {
  const warnings: string[] = [];
  const logger: LoggerService = { log: () => {}, error: () => {}, warn: (text: string) => warnings.push(text) };
  const tracking = TrackingModule.forRoot({
    backends: { mem: backend(MemoryBackend) },
    clock: () => NOW,
    logger,
    ...options,
  });
  const app = await NestFactory.createApplicationContext(
    { module: class App {}, imports: [tracking] },
    { logger: false, abortOnError: false },
  );
  running.push(app);
  const tracker = app.get(TrackerService);
  const events = (): readonly IdentifiedEvent[] => tracker.backend<MemoryBackend>('mem').events();
  return {
    tracker,
    events,
    contexts: () => events().map(({ context }) => context),
    warnings,
    node: (path) => nodeAt(tracker, path),
  };
}

function nodeAt({ ledger }: TrackerService, path: string): NodeCounts {
  const found = ledger.nodes().find((node) => node.path === path);
  if (!found) throw new Error(`no node at ${path}`);
  return found;
}
