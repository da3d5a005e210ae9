import { resolve } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { CommandFailedException } from '../command-failed.exception';
import { EXIT, type AddCommand } from '../command';
import { withoutEvents } from '../log-events';
import { LogFile } from '../log-file';
import { Progress } from '../progress';
import type { Terminal } from '../terminal';
import { ImportRun } from './import-events';
import type { ImportFilter } from './import-filter';
import { importAsText } from './import-report';
import { importKey, ImportState, type LogHead, type Settled } from './import-state';
import type { ImportTarget, TargetOptions } from './import-target';
import type * as Targets from './import-target';
import { totalOf, type ImportResult } from './import-totals';

/** Where the events come from: a log, or a store of events. */
export type ImportSource = Pick<LogFile, 'title' | 'path' | 'bytes' | 'bytesRead' | 'head'> & {
  /** Gives all events to an import. Returns the reason why it could not read to the end. */
  feed(run: ImportRun): Promise<string | undefined>;
};

export interface ImportCommandOptions extends TargetOptions {
  readonly branch?: string;
  /** True for events that have passed the processors of the branch. */
  readonly isProcessed?: boolean;
  readonly name: readonly string[];
  readonly except: readonly string[];
  readonly course: readonly string[];
  readonly from?: Date;
  readonly until?: Date;
  readonly dryRun?: true;
  readonly state: string;
  readonly restart?: true;
  readonly json?: true;
}

const STATE_FILE = 'event-tracking-import.json';

export const addImport: AddCommand = (program, terminal, end) => {
  const command = program
    .command('import')
    .description('Imports the events of tracking logs into backends.')
    .argument('<files...>', 'logs, also compressed by gzip; - for the standard input')
    .option('--to <target>', 'file=PATH, mongo=URL or lrs=URL')
    .option('--root-url <url>', 'the URL of the platform that wrote the logs; for --to lrs=URL');
  withOptions(command).action(async (given: string[], options: ImportCommandOptions) => {
    const files = await LogFile.findAll(terminal.folder, given);
    const result = await importLogs(files, options, terminal);
    if (result.events === 0 && result.lines === result.blank + result.broken + result.others)
      throw withoutEvents(given, result);
    printResult(result, options, terminal, end);
  });
};

/** Prints what became of the events, and sets the exit code. */
export function printResult(
  result: ImportResult,
  options: ImportCommandOptions,
  terminal: Terminal,
  end: Parameters<AddCommand>[2],
): void {
  const isDryRun = options.dryRun === true;
  terminal.out(options.json ? JSON.stringify(result, undefined, 2) : importAsText(result, isDryRun, terminal));
  if (hasLost(result)) end(EXIT.found);
}

/** Adds the options that both commands have. */
export function withOptions(command: Command): Command {
  return command
    .option('--module <file>', 'the file of a module of your application whose tracker gets the events')
    .option('--tracker <name>', 'the tracker in the module; by default the one without a name')
    .option('--name <pattern>', 'only events with this name; * matches any characters; can be repeated', collect, [])
    .option('--except <pattern>', 'no events with this name; * matches any characters; can be repeated', collect, [])
    .option('--course <id>', 'only events of this course; can be repeated', collect, [])
    .option('--from <time>', 'only events from this time on: 2025-01-01, or with a time and a zone', time)
    .option('--until <time>', 'only events before this time', time)
    .option('--dry-run', 'count what would be imported, and import nothing')
    .option('--state <file>', 'the file that remembers how far an interrupted import has come', STATE_FILE)
    .option('--restart', 'begin at the first line, although an import was interrupted')
    .option('--json', 'print the result as one JSON object')
    .addHelpText(
      'after',
      '\nExit codes: 0 every event was imported; 1 a line is broken, or a backend refused an event; 2 the command failed.',
    );
}

function collect(each: string, all: readonly string[]): readonly string[] {
  return [...all, each];
}

function time(text: string): Date {
  const found = new Date(/[T ]/.test(text) && !/(?:Z|[+-]\d\d:?\d\d)$/i.test(text) ? `${text}Z` : text);
  if (Number.isNaN(found.getTime())) throw new InvalidArgumentError('Use a time such as 2025-01-01T00:00:00Z.');
  return found;
}

export async function importLogs(
  files: readonly ImportSource[],
  options: ImportCommandOptions,
  terminal: Terminal,
  more: readonly unknown[] = [],
): Promise<ImportResult> {
  const progress = Progress.of(terminal, files);
  if (options.dryRun === true) return new LogImport(files, options, progress).run();
  const { to, module, tracker, rootUrl, name, except, course, from, until } = options;
  const key = importKey([to, module, tracker, name, except, course, from, until, rootUrl, ...more]);
  const state = ImportState.open(resolve(terminal.folder, options.state), options.state, key, options.restart === true);
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- to count needs neither Nest nor backends
  const { ImportTarget } = require('./import-target') as typeof Targets;
  const target = await ImportTarget.start(terminal.folder, options, state);
  if (state.isResumed) terminal.tell(`The import that was interrupted continues (${options.state}).`);
  let result: ImportResult;
  try {
    result = await new LogImport(files, options, progress, { state, target }).run();
  } finally {
    progress.clear();
    await target.close();
  }
  if (result.settledLines < result.lines)
    throw CommandFailedException.create(
      'the application closed before all events were delivered.',
      'run the same command again: it continues where this run ended',
    );
  state.remove();
  return result;
}

interface Destination {
  readonly state: ImportState;
  readonly target: ImportTarget;
}

/** Imports logs one after another. */
class LogImport {
  private readonly filter: ImportFilter & {
    readonly branch: string | undefined;
    readonly isProcessed: boolean | undefined;
  };
  private bytesBefore = 0;
  private linesRead = 0;

  constructor(
    private readonly files: readonly ImportSource[],
    { name, except, course, from, until, branch, isProcessed }: ImportCommandOptions,
    private readonly progress: Progress,
    private readonly destination?: Destination,
  ) {
    this.filter = {
      ...{ except, from, until, branch, isProcessed },
      names: name.length > 0 ? name : undefined,
      courses: course.length > 0 ? course : undefined,
    };
  }

  async run(): Promise<ImportResult> {
    const results: ImportResult[] = [];
    try {
      for (const file of this.files) {
        const result = await this.importLog(file);
        results.push(result);
        this.bytesBefore += file.bytesRead;
        this.linesRead += result.lines;
      }
    } finally {
      this.progress.clear();
    }
    return totalOf(results);
  }

  private async importLog(file: ImportSource): Promise<ImportResult> {
    const { destination } = this;
    const head = destination && (await file.head());
    const before = destination === undefined ? { lines: 0 } : await this.settledBefore(file, destination.state);
    const startPosition = before.position;
    const keep = (lines: number, isDue: boolean): void => {
      if (head === undefined || destination === undefined) return;
      const { state, target } = destination;
      const position = run.settledPosition;
      state.settle({ ...head, path: file.path ?? '' }, { lines, position }, target.outputBytes, isDue);
    };
    const run: ImportRun = new ImportRun({
      ...{ ...this.filter, startPosition, tracker: destination?.target.tracker, dryRun: destination === undefined },
      // A store is read from the position on, and its events are counted from there.
      skipLines: startPosition === undefined ? before.lines : 0,
      onProgress: ({ lines, settledLines }) => {
        this.progress.show(this.bytesBefore + file.bytesRead, this.linesRead + lines);
        keep(settledLines, false);
      },
    });
    run.begin(this.files.length > 1 ? file.title : undefined);
    const cutOff = await file.feed(run);
    const result = await run.end(cutOff);
    keep(result.settledLines, true);
    return result;
  }

  /** Returns how far an interrupted import has come in a log. */
  private async settledBefore(file: ImportSource, state: ImportState): Promise<Settled> {
    const heads = new Map<number, LogHead | undefined>();
    for (const bytes of state.headSizes) heads.set(bytes, await file.head(bytes));
    const paths = new Set(this.files.map(({ path = '' }) => path));
    return state.settledOf(file.path ?? '', (bytes) => heads.get(bytes), paths);
  }
}

function hasLost({ broken, backends, skipped }: ImportResult): boolean {
  const isRefused = Object.values(backends).some(
    (counts) => (counts.dropped ?? 0) + (counts['dead-lettered'] ?? 0) > 0,
  );
  return broken > 0 || isRefused || (skipped['no-time'] ?? 0) > 0;
}
