import {
  backend,
  LoggerBackend,
  MemoryBackend,
  type IdentifiedEvent,
  type TrackingModuleOptions,
} from '../../src/entries';
import { LogFolder, type LoggedEvent } from './log-folder';
import { RecordingLogger, startTracking, type BuiltTracking } from './start-tracking';

/**
 * An application whose events go to memory, and at once to a file: both have to see the same event.
 */
export async function startWithLogAndMemory(options: TrackingModuleOptions = {}): Promise<LogAndMemory> {
  const folder = new LogFolder();
  const logger = new RecordingLogger();
  const run = await startTracking({
    logger,
    backends: { log: backend(LoggerBackend, { path: folder.file(), sync: true }), sink: backend(MemoryBackend) },
    ...options,
  });
  return new LogAndMemory(run, folder, logger);
}

export class LogAndMemory {
  constructor(
    readonly run: BuiltTracking,
    readonly folder: LogFolder,
    readonly logger: RecordingLogger,
  ) {}

  /** Emits, and gives back the one event that memory then has; fails if the log has another. */
  emit(data: unknown, name: unknown = 'e'): IdentifiedEvent {
    const before = this.run.events().length;
    this.run.tracker.emit(name as string, data as object);
    const events = this.run.events();
    expect(events).toHaveLength(before + 1);
    expectSameEvents(this.folder.lines(), events);
    return this.run.last();
  }

  /** What became of `value` as the field `v` of an event's data. */
  field(value: unknown): unknown {
    return this.emit({ v: value }).data['v'];
  }

  get replaced(): Readonly<Record<string, number>> {
    return this.run.ledger.tracker().replaced;
  }
}

/** Key by key and in the same order; the log has the JSON of what memory has. */
export function expectSameEvents(lines: readonly string[], events: readonly IdentifiedEvent[]): void {
  const logged = lines.map((line) => JSON.parse(line) as LoggedEvent);
  expect(logged.map(inOrder)).toEqual(events.map(inOrder));
}

/** As text, since `toEqual` takes no notice of the order of keys. */
function inOrder({ name, timestamp, id, context, data, ...added }: IdentifiedEvent | LoggedEvent): string {
  return JSON.stringify({ name, timestamp, id, context, data, ...added });
}
