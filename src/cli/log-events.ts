import { CATALOG_EVENT } from '../catalog/catalog-keeper';
import { CommandFailedException } from './command-failed.exception';
import { eventOfLine, type LoggedEvent } from './event-line';
import type { LogFile } from './log-file';
import { LineSplitter, type LineReader } from './log-lines';
import { amount, type Progress } from './progress';

/** Where a line is. */
export interface LinePlace {
  /** Number of the line in its file, from 1. */
  readonly line: number;
  /** Name of the file, where there are several; undefined for the only one. */
  readonly file?: string | undefined;
}

export interface BrokenLine extends LinePlace {
  /** Reads on from the number: `is no JSON`. Holds nothing of the line, which may be personal. */
  readonly why: string;
}

/** What was in the logs. lines = events + catalogs + blank + broken + others. */
export interface LogCounts {
  readonly lines: number;
  readonly events: number;
  /** Lines that hold the catalog itself, which LoggerBackend writes at start. */
  readonly catalogs: number;
  readonly blank: number;
  readonly broken: number;
  /** The first of them. */
  readonly brokenLines: readonly BrokenLine[];
  /** JSON without an event: what other loggers write into the same file. */
  readonly others: number;
}

/** Must not keep the event: millions follow. @param place is the same object for all events, and changes */
export type TakeEvent = (event: LoggedEvent, place: LinePlace, text: string) => void;

const MAX_BROKEN_LINES = 10;

/**
 * Reads logs from their beginnings to their ends, one after the other. No line makes it fail. An archive that was cut off counts as
 * one broken line, behind those that could be read.
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

class EventReader implements LineReader {
  private events = 0;
  private catalogs = 0;
  private blank = 0;
  private others = 0;
  private brokenCount = 0;
  private readonly brokenLines: BrokenLine[] = [];
  private place: { line: number; file?: string } = { line: 0 };

  constructor(private readonly take: TakeEvent) {}

  begin(file: string | undefined): void {
    this.place = file === undefined ? { line: 0 } : { line: 0, file };
  }

  line(text: string, number: number): void {
    const event = eventOfLine(text);
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

/** `line 7`, or `tracking.log.1 line 7` where there are several files. */
export function placeText({ file, line }: LinePlace): string {
  const number = `line ${line.toLocaleString('en')}`;
  return file === undefined ? number : `${file} ${number}`;
}

/** For files of which nobody can have meant that they are logs. @param given names of the files, as they were given */
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
    `${given.join(', ')} ${given.length === 1 ? 'has' : 'have'} no event in ${given.length === 1 ? 'it' : 'them'}: ${found}.`,
    'the log that LoggerBackend writes: one JSON object a line, with name, timestamp, context and data',
  );
}
