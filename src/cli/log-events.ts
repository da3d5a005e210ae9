import { CATALOG_EVENT } from '../catalog/catalog-keeper';
import { LineSplitter, type LineReader } from './log-lines';
import type { LogFile } from './log-file';
import { CommandFailedException } from './command-failed.exception';
import { amount, type Progress } from './progress';

/** An event as it stands in a log. Its dates are texts. */
export interface LoggedEvent {
  readonly name: string;
  readonly timestamp: string;
  readonly data: unknown;
  readonly context: object;
}

export interface BrokenLine {
  readonly line: number;
  /** Reads on from the number: `is no JSON`. Holds nothing of the line, which may be personal. */
  readonly why: string;
}

/** What was in a log. lines = events + catalogs + blank + broken + others. */
export interface LogCounts {
  readonly lines: number;
  readonly events: number;
  /** Lines that hold the catalog itself, which LoggerBackend writes at start. */
  readonly catalogs: number;
  readonly blank: number;
  readonly broken: number;
  /** The first of them. */
  readonly brokenLines: readonly BrokenLine[];
  /** JSON, and no event: what other loggers write into the same file. */
  readonly others: number;
}

const MAX_BROKEN_LINES = 10;

/**
 * Reads a log from its beginning to its end: the lines of LoggerBackend, of its format `reference`, and of its pino target.
 * No line makes it fail.
 * @param take must not keep the event: millions follow
 * @throws CommandFailedException if the file cannot be read
 */
export async function readLog(
  file: LogFile,
  progress: Progress,
  take: (event: LoggedEvent, line: number, text: string) => void,
): Promise<LogCounts> {
  const reader = new EventReader(take);
  const splitter = new LineSplitter(reader);
  try {
    for await (const chunk of file.chunks()) {
      splitter.push(chunk);
      progress.show(file.bytesRead, splitter.lines);
    }
    splitter.end();
  } finally {
    progress.clear();
  }
  return { lines: splitter.lines, ...reader.counts() };
}

class EventReader implements LineReader {
  private events = 0;
  private catalogs = 0;
  private blank = 0;
  private others = 0;
  private brokenCount = 0;
  private readonly brokenLines: BrokenLine[] = [];

  constructor(private readonly take: (event: LoggedEvent, line: number, text: string) => void) {}

  line(text: string, number: number): void {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      if (text.trim() === '') this.blank++;
      else this.broken(number, 'is no JSON');
      return;
    }
    const event = eventOf(value);
    if (event === undefined) {
      this.others++;
      return;
    }
    if (event.name === CATALOG_EVENT) {
      this.catalogs++;
      return;
    }
    this.events++;
    this.take(event, number, text);
  }

  broken(line: number, why: string): void {
    this.brokenCount++;
    if (this.brokenLines.length < MAX_BROKEN_LINES) this.brokenLines.push({ line, why });
  }

  counts(): Omit<LogCounts, 'lines'> {
    const { events, catalogs, blank, others, brokenCount: broken, brokenLines } = this;
    return { events, catalogs, blank, broken, brokenLines, others };
  }
}

/** The event on a line. A line of pino has it in a field; its own `name` is that of the logger. */
export function eventOf(value: unknown): LoggedEvent | undefined {
  if (isEvent(value)) return value;
  const within = isObject(value) ? value['event'] : undefined;
  return isEvent(within) ? within : undefined;
}

function isEvent(value: unknown): value is LoggedEvent {
  if (!isObject(value)) return false;
  const { name, timestamp, data, context } = value;
  return (
    typeof name === 'string' && name !== '' && typeof timestamp === 'string' && data !== undefined && isObject(context)
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** For a file of which nobody can have meant that it is a log. */
export function withoutEvents(given: string, { broken, others }: LogCounts): CommandFailedException {
  return CommandFailedException.create(
    `${given} has no event in it: ${amount(broken, 'broken line')}, ${amount(others, 'line')} of other JSON.`,
    'the log that LoggerBackend writes: one JSON object a line, with name, timestamp, context and data',
  );
}
