import { setImmediate as nextTurn } from 'node:timers/promises';
import type { IdentifiedEvent } from '../../event/tracking-event';
import type { TrackerService } from '../../tracker/tracker.service';
import { parsePythonJson } from '../../transports/bus/python-json';
import { runtimeOf } from '../../tracker/runtime-of';
import { CommandFailedException } from '../command-failed.exception';
import { readBytes } from '../log-bytes';
import { EventReader, type LogCounts } from '../log-events';
import { LineSplitter } from '../log-lines';
import type { EventGroup, OutcomeCounts } from './event-group';
import { importFilter, type SkipEvent, type SkipReason } from './import-filter';
import { checkImportOptions, type ImportOptions } from './import-options';
import { importedEvent } from './imported-event';
import { TreeFeed } from './tree-feed';

/**
 * Counts of one import. lines = skipped lines + events + catalogs + blank + broken + others, and
 * events = imported + skipped.
 */
export interface ImportResult extends LogCounts {
  /** Number of events that were given to the backends; with `dryRun`, that would be given. */
  readonly imported: number;
  /** Number of events that were not imported, by reason. */
  readonly skipped: Readonly<Partial<Record<SkipReason, number>>>;
  /** Number of imported events by name; at most 10,000 names. */
  readonly names: Readonly<Record<string, number>>;
  /** Number of events by the path of a backend and their outcome there. */
  readonly backends: OutcomeCounts;
  /** Number of lines whose events are all settled; less than `lines` if a backend closed. */
  readonly settledLines: number;
}

/** Size of the pieces after which other work of the process has its turn. */
const PIECE_BYTES = 128 * 1024;
const MAX_NAMES = 10_000;

/**
 * Imports the events of a tracking log into the backends of a tracker. Reads lines of this package,
 * of the reference and of the platform, also compressed by gzip. Waits for destinations without
 * capacity instead of dropping events, and resolves when every event is settled.
 *
 * Events keep their ids; an event without one gets an id that depends on its line alone.
 * @param source bytes or text of the log: a stream, or any other iterable
 * @throws TrackingConfigException for invalid options
 * @throws the reason of `signal`, and errors of `source`
 */
export async function importEvents(
  source: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>,
  options: ImportOptions,
): Promise<ImportResult> {
  checkImportOptions(options);
  const { tracker } = options;
  if (tracker !== undefined && options.dryRun !== true) refuseIfNotRunning(tracker);
  const run = new ImportRun(options);
  const cutOff = await readBytes(
    buffersOf(source),
    (chunk) => run.take(chunk),
    ({ name, command }) =>
      CommandFailedException.create(`the log is compressed with ${name}, which Node.js cannot read.`, command),
  );
  return run.end(cutOff);
}

/** Options of an import from a store of events. */
interface StoreOptions {
  /** True for events that have passed the processors of the branch. */
  readonly isProcessed?: boolean | undefined;
  /** Position in the store where an interrupted import has ended.  @default its start */
  readonly startPosition?: string | undefined;
}

/** The part of a store that one call of `takeStored` gives. */
interface StoredPart {
  /** Position of the last event that was read. */
  readonly position?: string | undefined;
  /** Called when the events are settled; never with `dryRun`. */
  readonly onDone?: (group: EventGroup) => void;
}

/** Imports one log, which is given chunk by chunk. */
export class ImportRun {
  private readonly feed: TreeFeed | undefined;
  private readonly skip: SkipEvent;
  private readonly skipLines: number;
  private readonly reader: EventReader;
  private readonly splitter: LineSplitter;
  private readonly names = new Map<string, number>();
  private readonly skipped: Partial<Record<SkipReason, number>> = {};
  private group: EventGroup | undefined;
  private imported = 0;
  /** Number of records of a store that were read, and of the events among them that count. */
  private stored = 0;
  private storedEvents = 0;

  constructor(private readonly options: ImportOptions & StoreOptions) {
    const { tracker, dryRun = false, skipLines = 0, branch, isProcessed } = options;
    this.feed = dryRun || tracker === undefined ? undefined : new TreeFeed(tracker, branch, isProcessed);
    this.skip = importFilter(options);
    this.skipLines = skipLines;
    this.reader = new EventReader((event, _place, text) => {
      this.takeEvent(importedEvent(event, text));
    }, parsePythonJson);
    this.splitter = new LineSplitter({
      line: (text, number) => {
        if (number > skipLines) this.reader.line(text, number);
      },
      broken: (number, why) => {
        if (number > skipLines) this.reader.broken(number, why);
      },
    });
  }

  /** Number of lines, or of events of a store. */
  get lines(): number {
    return this.splitter.lines + this.stored;
  }

  get settledLines(): number {
    return Math.max(this.skipLines, this.feed === undefined ? this.lines : this.feed.settledLines);
  }

  /** Position in a store from which the events are read; undefined for its start. */
  get startPosition(): string | undefined {
    return this.options.startPosition;
  }

  /** Position in a store up to which all events are settled. */
  get settledPosition(): string | undefined {
    return this.feed?.settledPosition;
  }

  /** Returns true if the tracker has a backend at this path. */
  hasBackend(path: string): boolean {
    return this.feed?.paths.includes(path) === true;
  }

  /** @param file name of the log, for the places of broken lines */
  begin(file: string | undefined): void {
    this.reader.begin(file);
  }

  /** Reads the next chunk of the log. Resolves when the backends have capacity for more. */
  async take(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      const piece = chunk.subarray(at, at + PIECE_BYTES);
      await this.inGroup(() => {
        this.splitter.push(piece);
      });
    }
  }

  /** Reads the next events of a store. Resolves when the backends have capacity for more. */
  async takeStored(events: readonly IdentifiedEvent[], { position, onDone }: StoredPart = {}): Promise<void> {
    await this.inGroup(() => {
      for (const event of events) {
        this.stored++;
        if (this.stored <= this.skipLines) continue;
        this.storedEvents++;
        this.takeEvent(event);
      }
      if (this.group !== undefined) this.group.endPosition = position;
    }, onDone);
  }

  /** Counts a record of a store that is no event. @param why as for a line that is broken */
  takeBroken(why: string): void {
    this.stored++;
    if (this.stored > this.skipLines) this.reader.broken(this.stored, why);
  }

  /**
   * Ends the log. Resolves when every event is settled.
   * @param cutOff reason why the log could not be read to its end
   */
  async end(cutOff?: string): Promise<ImportResult> {
    await this.inGroup(() => {
      if (cutOff === undefined) this.splitter.end();
      else this.splitter.cutOff(cutOff);
    });
    await this.feed?.settled(this.options.signal);
    this.report();
    return this.result();
  }

  result(): ImportResult {
    const { imported, skipped, names, lines, settledLines } = this;
    return {
      ...{ lines, ...this.reader.counts() },
      events: this.reader.counts().events + this.storedEvents,
      ...{ imported, skipped: { ...skipped }, settledLines },
      names: Object.fromEntries([...names].sort(([, one], [, other]) => other - one)),
      backends: this.feed?.counts() ?? {},
    };
  }

  private async inGroup(read: () => void, onDone?: (group: EventGroup) => void): Promise<void> {
    const { feed } = this;
    const { signal } = this.options;
    signal?.throwIfAborted();
    this.group = feed?.begin(onDone);
    try {
      read();
    } finally {
      this.group?.end(this.lines);
    }
    await nextTurn(); // deliveries send, and the application does its own work
    await feed?.room(signal);
    this.report();
  }

  private report(): void {
    const { lines, settledLines } = this;
    this.options.onProgress?.({ lines, settledLines });
  }

  private takeEvent(event: IdentifiedEvent | undefined): void {
    const reason = event === undefined ? 'no-time' : this.skip(event);
    if (reason !== undefined || event === undefined) {
      const why = reason ?? 'no-time';
      this.skipped[why] = (this.skipped[why] ?? 0) + 1;
      return;
    }
    this.imported++;
    this.countName(event);
    if (this.group !== undefined) this.feed?.give(event, this.group);
  }

  private countName({ name }: IdentifiedEvent): void {
    const count = this.names.get(name);
    if (count !== undefined || this.names.size < MAX_NAMES) this.names.set(name, (count ?? 0) + 1);
  }
}

/** Refuses a tracker that would keep the events in memory, or drop all of them. */
function refuseIfNotRunning(tracker: TrackerService): void {
  const { isOff, isStarting } = runtimeOf(tracker);
  if (isOff)
    throw CommandFailedException.create(
      `tracking is switched off for the tracker "${tracker.name}", so no event would be imported.`,
      'import with enabled: true',
    );
  if (isStarting)
    throw CommandFailedException.create(
      `the tracker "${tracker.name}" has not started.`,
      'call importEvents after app.init(), or in onApplicationBootstrap',
    );
}

async function* buffersOf(
  source: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>,
): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    if (typeof chunk === 'string') yield Buffer.from(chunk);
    else yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
}
