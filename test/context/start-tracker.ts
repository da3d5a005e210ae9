import type { INestApplicationContext, LoggerService, ModuleMetadata } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  backend,
  MemoryBackend,
  TrackerService,
  TrackingModule,
  type EventFields,
  type TrackingModuleOptions,
} from 'nestjs-event-tracking';

const running = new Set<INestApplicationContext>();

afterEach(async () => {
  const started = [...running];
  running.clear();
  await Promise.all(started.map((module) => module.close()));
});

/** What a logger was told, oldest first. */
export class Warnings implements LoggerService {
  readonly texts: string[] = [];

  warn(text: unknown): void {
    this.texts.push(String(text));
  }

  log(): void {}

  error(): void {}
}

export interface StartedTracker {
  readonly tracker: TrackerService;
  readonly warnings: Warnings;
  readonly app: INestApplicationContext;
  /** The contexts of the events of one name, or of all, oldest first. */
  contexts(name?: string): EventFields[];
  /** Forgets the events. */
  clear(): void;
}

/**
 * A tracker with one MemoryBackend called `sink`, in an application without a server; closed after
 * the test.
 */
export async function startTracker(
  options: TrackingModuleOptions = {},
  metadata: ModuleMetadata = {},
): Promise<StartedTracker> {
  const warnings = new Warnings();
  const { imports = [], ...rest } = metadata;
  const module = await Test.createTestingModule({
    ...rest,
    imports: [
      TrackingModule.forRoot({
        backends: { sink: backend(MemoryBackend, { maxEvents: 10_000 }) },
        logger: warnings,
        ...options,
      }),
      ...imports,
    ],
  }).compile();
  module.useLogger(false);
  await module.init();
  running.add(module);
  const tracker = module.get(TrackerService);
  const sink = tracker.backend<MemoryBackend>('sink');
  return {
    tracker,
    warnings,
    app: module,
    contexts: (name) => sink.events(name).map(({ context }) => context),
    clear: () => sink.clear(),
  };
}
