/**
 * Remembers how far an import has come, in a small file, so that an import that was interrupted
 * continues. The file has no event data: names of logs, hashes, numbers and ids.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { describeError } from '../../event/normal-form';
import { CommandFailedException } from '../command-failed.exception';

/** First bytes of a log, which stay the same if the log grows or is renamed. */
export interface LogHead {
  readonly bytes: number;
  readonly sha256: string;
}

interface LogState extends LogHead {
  readonly path: string;
  /** Number of lines at the start whose events are settled. */
  lines: number;
  /** Id of the last event of a store that is settled; its number changes if events are removed. */
  position?: string | undefined;
}

/** How far an import has come. */
export type Settled = Pick<LogState, 'lines' | 'position'>;

interface StateFile {
  readonly version: 1;
  /** Hash of the target and the filters: another import must not continue here. */
  readonly import: string;
  readonly logs: readonly LogState[];
  /** Size of the output file when this was written. */
  readonly outputBytes?: number | undefined;
}

const SAVE_EVERY_MS = 500;

/** Returns the hash under which an import is known; its target may contain a password. */
export function importKey(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

export class ImportState {
  private savedAt = 0;
  /** Logs of the interrupted import, as they were when it ended. */
  private readonly before: readonly LogState[];

  private constructor(
    private readonly path: string,
    private readonly key: string,
    private readonly logs: LogState[],
    /** Size of the output file when the interrupted import was last saved. */
    readonly outputBytes: number | undefined,
    /** True if an interrupted import continues. */
    readonly isResumed: boolean,
  ) {
    this.before = logs.map((log) => ({ ...log }));
  }

  /**
   * Opens the state of an import, or begins a new one.
   * @param isFresh true to forget what an earlier run has done
   * @throws CommandFailedException if the file belongs to another import, or cannot be read
   */
  static open(path: string, shown: string, key: string, isFresh: boolean): ImportState {
    if (isFresh || !existsSync(path)) return new ImportState(path, key, [], undefined, false);
    const found = read(path, shown);
    if (found.import !== key)
      throw CommandFailedException.create(
        `${shown} belongs to an interrupted import with another target or other filters.`,
        `finish that import, or pass --state OTHER-FILE, or --restart to begin again`,
      );
    return new ImportState(path, key, [...found.logs], found.outputBytes, true);
  }

  /** Sizes of the heads by which logs are known, which the caller reads of each log. */
  get headSizes(): readonly number[] {
    return [...new Set(this.before.map(({ bytes }) => bytes))];
  }

  /**
   * Returns how far the interrupted import has come in a log. A log that was renamed since, as logs
   * are when they are rotated, is known by its head.
   * @param headOf returns the head of the log with this size
   * @param others paths of all logs of this import
   */
  settledOf(path: string, headOf: (bytes: number) => LogHead | undefined, others: ReadonlySet<string>): Settled {
    const alike = this.before.filter((log) => headOf(log.bytes)?.sha256 === log.sha256);
    const found = alike.filter((log) => log.path === path || !others.has(log.path));
    return found.reduce<Settled>((most, log) => (log.lines > most.lines ? log : most), { lines: 0 });
  }

  /**
   * Keeps how far the import has come, and saves it at most twice a second.
   * @param outputBytes returns the size of the output file
   */
  settle(
    head: LogHead & { readonly path: string },
    { lines, position }: Settled,
    outputBytes: () => number | undefined,
    isDue = false,
  ): void {
    const { path } = head;
    const known = this.logs.find((log) => log.sha256 === head.sha256 && log.path === path);
    if (known === undefined) this.logs.push({ ...head, lines, position });
    else {
      known.lines = Math.max(known.lines, lines);
      known.position = position ?? known.position;
    }
    const now = performance.now();
    if (!isDue && now - this.savedAt < SAVE_EVERY_MS) return;
    this.savedAt = now;
    this.save(outputBytes());
  }

  /** Removes the file: the import is complete. */
  remove(): void {
    rmSync(this.path, { force: true });
  }

  private save(outputBytes: number | undefined): void {
    const state: StateFile = { version: 1, import: this.key, logs: this.logs, outputBytes };
    // Renamed, so that a process that is killed meanwhile leaves the old file or the new one.
    writeFileSync(`${this.path}.new`, JSON.stringify(state));
    renameSync(`${this.path}.new`, this.path);
  }
}

function read(path: string, shown: string): StateFile {
  try {
    const state = JSON.parse(readFileSync(path, 'utf8')) as Partial<StateFile> | null;
    if (state?.version === 1 && typeof state.import === 'string' && Array.isArray(state.logs))
      return state as StateFile;
    throw new Error('it is not the state of an import');
  } catch (error) {
    throw CommandFailedException.create(
      `${shown} cannot be read: ${describeError(error)}`,
      'pass --state OTHER-FILE, or --restart to begin again',
      error,
    );
  }
}
