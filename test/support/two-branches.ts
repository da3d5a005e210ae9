import {
  backend,
  LoggerBackend,
  MemoryBackend,
  RoutingBackend,
  TrackingConfigException,
  type NodeCounts,
  type IdentifiedEvent,
  type TrackingModuleOptions,
} from '../../src/entries';
import type { ProcessorEntry } from '../../src/entries/types';
import { LogFolder } from './log-folder';
import { expectSameEvents } from './seen-by-all';
import { buildTracking, expectBalance, RecordingLogger, startTracking, type BuiltTracking } from './start-tracking';

/**
 * Two branches, of which the first has processors and the second has none: what a shipped processor
 * does to the event that all share must be seen in its own branch, by its log as by its memory, and
 * nowhere else.
 */
export async function startTwoBranches(
  processors: readonly ProcessorEntry[],
  options: TrackingModuleOptions = {},
): Promise<TwoBranches> {
  const folder = new LogFolder();
  const logger = new RecordingLogger();
  const run = await startTracking({
    logger,
    ...options,
    backends: {
      processed: backend(
        RoutingBackend,
        {},
        {
          processors,
          backends: { log: backend(LoggerBackend, { path: folder.file(), sync: true }), sink: backend(MemoryBackend) },
        },
      ),
      untouched: backend(MemoryBackend),
    },
  });
  return new TwoBranches(run, folder, logger);
}

export class TwoBranches {
  constructor(
    readonly run: BuiltTracking,
    private readonly folder: LogFolder,
    private readonly logger: RecordingLogger,
  ) {}

  /**
   * Emits, and gives back what the branch with processors got: the event, or undefined if it was
   * held back.
   */
  emit(name: string, data: unknown = {}, context: object = {}): IdentifiedEvent | undefined {
    const before = this.events.length;
    this.run.tracker.context(context, () => {
      this.run.tracker.emit(name, data as object);
    });
    const after = this.events;
    expectBalance(this.run.ledger);
    return after.length === before ? undefined : after.at(-1);
  }

  /** The event before the processors. */
  get untouched(): IdentifiedEvent {
    return this.run.last('untouched');
  }

  /** What the branch has got, of which its log has to say the same. */
  get events(): IdentifiedEvent[] {
    const events = this.run.events('processed/sink');
    expectSameEvents(this.folder.lines(), events);
    return events;
  }

  get counts(): NodeCounts {
    const counts = this.run.ledger.node('processed');
    if (counts === undefined) throw new Error('the branch is not there');
    return counts;
  }

  /** For a property, which would otherwise have a hundred applications open at once. */
  async close(): Promise<void> {
    await this.run.app.close();
  }

  get warnings(): readonly string[] {
    return this.logger.warnings;
  }
}

/** What is wrong with a processor's description, as the start reports it. */
export async function errorsOf(processor: ProcessorEntry): Promise<TrackingConfigException['errors']> {
  const refused: unknown = await buildTracking({ processors: [processor] }).then(
    () => new Error('it was not refused'),
    (error: unknown) => error,
  );
  if (refused instanceof TrackingConfigException) return refused.errors;
  throw refused as Error;
}
