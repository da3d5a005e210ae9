import { CATALOG_EVENT } from '../catalog/catalog-keeper';
import { CommandFailedException } from './command-failed.exception';
import { eventOfLine, type LoggedEvent, type ParseJson } from './event-line';
import type { LogFile } from './log-file';
import { LineSplitter, type LineReader } from './log-lines';
import { amount, type Progress } from './progress';

/** Position of a line. */
export interface LinePlace {
  /** Number of the line in its file, starting at 1. */
  readonly line: number;
  /** Name of the file if there are several; undefined for a single file. */
  readonly file?: string | undefined;
}

export interface BrokenLine extends LinePlace {
  /**
   * Error, as the continuation of the line number: `is no JSON`. Contains no part of the line,
   * which may be personal.
   */
  readonly why: string;
}

/** Counts of the lines in the logs. lines = events + catalogs + blank + broken + others. */
export interface LogCounts {
  readonly lines: number;
  readonly events: number;
  /** Lines that contain the catalog itself, which LoggerBackend writes at start. */
  readonly catalogs: number;
  readonly blank: number;
  readonly broken: number;
  /** First broken lines, at most 10. */
  readonly brokenLines: readonly BrokenLine[];
  /** JSON lines without an event, which other loggers write into the same file. */
  readonly others: number;
}

/**
 * Receives an event. Must not keep the event, because millions may follow.
 * @param place the same object for all events, and changed for each
 */
export type TakeEvent = (event: LoggedEvent, place: LinePlace, text: string) => void;

const MAX_BROKEN_LINES = 10;

/**
 * Reads logs from start to end, one after another.
 * No line makes it fail. A truncated archive counts as one broken line after the readable ones.
 * @throws CommandFailedException if a file cannot be read
 */
export async function readLogs(files: readonly LogFile[], progress: Progress, take: TakeEvent): Promise<LogCounts> {
  const reader = new EventReader(take);
  let lines = 0;
  let bytes = 0;
  try {
    for (const file of files) {
      const splitter = new LineSplitter(reader);
      reader.begin(files.length > 1 ? file.title : undefined);
      const [before, linesBefore] = [bytes, lines];
      const cutOff = await file.read((chunk) => {
        splitter.push(chunk);
        progress.show(before + file.bytesRead, linesBefore + splitter.lines);
      });
      if (cutOff === undefined) splitter.end();
      else splitter.cutOff(cutOff);
      lines += splitter.lines;
      bytes += file.bytesRead;
    }
  } finally {
    progress.clear();
  }
  return { lines, ...reader.counts() };
}

/** Finds the events in lines, and counts what it finds. */
export class EventReader implements LineReader {
  private events = 0;
  private catalogs = 0;
  private blank = 0;
  private others = 0;
  private brokenCount = 0;
  private readonly brokenLines: BrokenLine[] = [];
  private place: { line: number; file?: string } = { line: 0 };

  /** @param json parses the JSON of a line, as in `eventOfLine` */
  constructor(
    private readonly take: TakeEvent,
    private readonly json?: ParseJson,
  ) {}

  /** @param file name of the file whose lines follow, if there are several */
  begin(file: string | undefined): void {
    this.place = file === undefined ? { line: 0 } : { line: 0, file };
  }

  line(text: string, number: number): void {
    const event = eventOfLine(text, this.json);
    if (event === 'blank') this.blank++;
    else if (event === 'other') this.others++;
    else if ('why' in event) this.broken(number, event.why);
    else if (event.name === CATALOG_EVENT) this.catalogs++;
    else {
      this.events++;
      this.place.line = number;
      this.take(event, this.place, text);
    }
  }

  broken(line: number, why: string): void {
    this.brokenCount++;
    if (this.brokenLines.length < MAX_BROKEN_LINES) this.brokenLines.push({ ...this.place, line, why });
  }

  counts(): Omit<LogCounts, 'lines'> {
    const { events, catalogs, blank, others, brokenCount: broken, brokenLines } = this;
    return { events, catalogs, blank, broken, brokenLines, others };
  }
}

/** Returns `line 7`, or `tracking.log.1 line 7` if there are several files. */
export function placeText({ file, line }: LinePlace): string {
  const number = `line ${line.toLocaleString('en')}`;
  return file === undefined ? number : `${file} ${number}`;
}

/**
 * Returns the error for files without any event, which are probably not logs.
 * @param given names of the files, as given
 */
export function withoutEvents(
  given: readonly string[],
  { lines, blank, broken, others, brokenLines: [first] }: LogCounts,
): CommandFailedException {
  const example = first === undefined ? '' : ` (${placeText(first)} ${first.why})`;
  const found =
    lines === blank
      ? lines === 0
        ? 'it is empty'
        : 'all lines are blank'
      : `${amount(broken, 'broken line')}${example}, ${amount(others, 'line')} of other JSON`;
  return CommandFailedException.create(
    `${given.join(', ')} ${given.length === 1 ? 'contains' : 'contain'} no events: ${found}.`,
    'pass the log that LoggerBackend writes: one JSON object per line, with name, timestamp, context and data',
  );
}
