/**
 * A log writer that waits for the disk holds up the request; one that does not loses what it holds when the disk fills up, the
 * file is rotated away under it, or the process ends. So lines are gathered into chunks, sonic-boom writes them in the
 * background, one at a time, and each is held here until it is known to be written. While one is being written the next one
 * grows: the more there is to write, the fewer writes it takes. While the file cannot be written, lines are held within a
 * bound, and every second the path is opened anew.
 *
 * States: `idle` (nothing opened yet) -> `open` <-> `unwritable` -> `ended`. Only `enter*` methods change it.
 */
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, stat, writeSync, type BigIntStats } from 'node:fs';
import { dirname } from 'node:path';
import SonicBoom from 'sonic-boom';
import type { DeliveryCounts } from '../../delivery/node-ledger';
import { Tally } from '../../delivery/node-ledger';

export interface LineWriterOptions {
  /** The file; undefined is standard output. */
  readonly path: string | undefined;
  /** Each line is on disk, or refused by it, when `write` returns. */
  readonly sync: boolean;
  /** A chunk is handed over once it has this size. */
  readonly bufferBytes: number;
  /** A chunk is handed over once its first line has waited this long. */
  readonly maxWaitMs: number;
  /** Lines that are not written yet take no more than this; beyond it they are refused. */
  readonly maxHeldBytes: number;
  /** The file is looked for under its path no more often than this. */
  readonly rotationCheckMs: number;
}

interface Chunk {
  /** How many lines were accepted before its first one. */
  readonly from: number;
  readonly bytes: Buffer;
  readonly lines: number;
  /** How many of the bytes the file has. */
  written: number;
}

interface Waiter {
  /** Lines accepted before the wait began. */
  readonly upTo: number;
  /** Whether an unwritable file ends the wait too. */
  readonly givesUp: boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

const STANDARD_OUTPUT = 1;
const RETRY_MS = 1000;
const MAX_TIMER_MS = 2 ** 31 - 1;
/** Encoding and writing more at once would hold up the event loop for longer than a request takes. */
const MAX_CHUNK_BYTES = 1_048_576;

export class LineWriter {
  private state: 'idle' | 'open' | 'unwritable' | 'ended' = 'idle';
  private sonic: SonicBoom | undefined;
  private fd = -1;
  private file: Pick<BigIntStats, 'dev' | 'ino'> | undefined;

  /** Closed chunks, oldest first; the first is being written while the file is open. None is empty. */
  private readonly chunks: Chunk[] = [];
  private openText = '';
  private openLines = 0;
  private openBytes = 0;
  private heldBytes = 0;

  private accepted = 0;
  private delivered = 0;
  private readonly dropped = new Tally();
  private lost = 0;
  private waiters: Waiter[] = [];

  private handOverTimer: NodeJS.Timeout | undefined;
  private retryTimer: NodeJS.Timeout | undefined;
  private checkedAt = 0;
  private isMoved = false;
  /** Whether it was said that the file cannot be written. */
  private isTroubled = false;
  /** Whether the gathered lines have waited long enough, and go as soon as nothing is being written. */
  private isDue = false;

  /** @param say told once for each change between writable and not */
  constructor(
    private readonly options: LineWriterOptions,
    private readonly say: (text: string) => void,
  ) {}

  /**
   * Takes one line, without its newline. Does not wait for the disk unless `sync`.
   * @param bytes its size in UTF-8
   * @returns false if it cannot be held: the line is not taken
   */
  write(line: string, bytes: number): boolean {
    if (this.state === 'ended') return this.writeLate(line);
    const size = bytes + 1;
    if (this.heldBytes + size > this.options.maxHeldBytes && !this.relieve()) return false;
    this.openText += `${line}\n`;
    this.openLines++;
    this.openBytes += size;
    this.heldBytes += size;
    this.accepted++;
    if (this.options.sync || this.openBytes >= this.options.bufferBytes) this.handOver();
    // Not to keep the process alive: `flushSync` at its exit writes what is left.
    else this.handOverTimer ??= setTimeout(this.handOverDue, this.options.maxWaitMs).unref();
    return true;
  }

  /** Opens the file, unless it is open. A file that cannot be opened is a state, not an error. */
  open(): void {
    if (this.state === 'idle') this.enterOpen();
  }

  /** Resolves when every line taken before is written, or while the file is unwritable. */
  flush(): Promise<void> {
    return this.wait(true);
  }

  /** Resolves when every line taken before is written; rejects when one was given up. */
  written(): Promise<void> {
    return this.wait(false);
  }

  /** Closes and opens the file under its path, as after a rotation. */
  reopen(): void {
    this.isMoved = true;
    this.handOverDue();
    this.reopenIfMoved();
  }

  /** Writes what is held, for `timeoutMs` at most, and closes the file; what is left is dropped as 'shutdown'. */
  async end(timeoutMs: number): Promise<void> {
    if (this.state === 'ended') return;
    let timer: NodeJS.Timeout | undefined;
    // Beyond what a timer can hold it would fire at once.
    const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, Math.min(timeoutMs, MAX_TIMER_MS))));
    await Promise.race([this.flush(), timeout]);
    clearTimeout(timer);
    this.enterEnded();
  }

  /** Writes what is held without waiting for anything: for the exit of the process. What fails here is told by nobody. */
  flushSync(): void {
    this.open();
    if (this.state === 'open') this.writeGathered();
  }

  counts(): DeliveryCounts {
    const { accepted, delivered } = this;
    return { accepted, delivered, dropped: this.dropped.counts(), pending: accepted - delivered - this.lost };
  }

  private readonly handOverDue = (): void => {
    this.isDue = true;
    this.handOver();
  };

  /** Gives the gathered lines to be written, if nothing is being written; else closes the chunk once it is large. */
  private handOver(): void {
    clearTimeout(this.handOverTimer);
    this.handOverTimer = undefined;
    const isBusy = this.chunks.length > 0;
    if (this.openLines === 0 || (isBusy && this.openBytes < MAX_CHUNK_BYTES)) return;
    const chunk = this.closeChunk();
    if (isBusy) return;
    if (this.state === 'open') this.startWriting(chunk);
    else this.open();
    this.lookForRotation();
  }

  private closeChunk(): Chunk {
    const from = this.accepted - this.openLines;
    const chunk: Chunk = { from, bytes: Buffer.from(this.openText), lines: this.openLines, written: 0 };
    this.openText = '';
    this.openLines = 0;
    this.openBytes = 0;
    this.isDue = false;
    this.chunks.push(chunk);
    return chunk;
  }

  private startWriting({ bytes, written }: Chunk): void {
    // In its buffer mode sonic-boom takes what its types do not say.
    (this.sonic as { write(bytes: unknown): boolean } | undefined)?.write(bytes.subarray(written));
  }

  /** After a chunk was written: the next one, or what has been gathered meanwhile. */
  private goOn(): void {
    const [next] = this.chunks;
    if (next !== undefined) this.startWriting(next);
    else if (this.isDue || this.openBytes >= this.options.bufferBytes) this.handOver();
  }

  /**
   * A loop that emits without ever yielding lets no background write finish: its lines would reach the bound although the disk
   * takes them. Then they are written here and now. @returns whether there is room again
   */
  private relieve(): boolean {
    this.open();
    if (this.state !== 'open') return false;
    this.writeGathered();
    return this.heldBytes <= this.options.maxHeldBytes / 2;
  }

  /**
   * Writes synchronously all but the chunk that is being written in the background: that one was begun earlier, and the disk
   * has it or waits for it as it would for this.
   */
  private writeGathered(): void {
    const at = this.chunks.length > 0 ? 1 : 0;
    if (this.openLines > 0) this.closeChunk();
    try {
      for (let chunk = this.chunks[at]; chunk !== undefined; chunk = this.chunks[at]) {
        while (chunk.written < chunk.bytes.length) this.count(chunk, writeSync(this.fd, chunk.bytes, chunk.written));
        this.chunks.splice(at, 1);
      }
      this.answer();
    } catch (error) {
      // With a write in the background, its end will tell: a stream must not be given up while it may still write.
      if (at === 0) this.enterUnwritable(error as Error);
    }
  }

  private enterOpen(): void {
    try {
      this.openFile();
    } catch (error) {
      this.enterUnwritable(error as Error);
      return;
    }
    this.state = 'open';
    const sonic = new SonicBoom({ fd: this.fd, sync: this.options.sync, contentMode: 'buffer' });
    sonic.on('write', (bytes: number) => {
      if (this.sonic === sonic) this.settle(bytes);
    });
    sonic.on('error', (error: Error) => {
      // A late error of a stream that was replaced says nothing about its successor.
      if (this.sonic === sonic) this.enterUnwritable(error);
    });
    this.sonic = sonic;
    this.goOn();
  }

  private enterUnwritable(error: Error): void {
    this.state = 'unwritable';
    this.releaseFile();
    if (!this.isTroubled) {
      this.isTroubled = true;
      this.say(
        `${this.target()} cannot be written (${error.message}). Lines are held up to ${String(this.options.maxHeldBytes)} bytes, ` +
          `then dropped ('log-unwritable'). Mend: ${mendOf(error)}; it is tried every second.`,
      );
    }
    this.answer('not now');
    this.retryTimer ??= setTimeout(() => {
      this.retryTimer = undefined;
      if (this.state === 'unwritable') this.enterOpen();
    }, RETRY_MS).unref();
  }

  private enterEnded(): void {
    clearTimeout(this.handOverTimer);
    clearTimeout(this.retryTimer);
    const left = this.heldLines();
    if (left > 0) {
      this.dropped.add('shutdown', left);
      this.lost += left;
      this.say(
        `${this.target()} could not take the last lines before the application closed: ${String(left)} dropped ('shutdown').`,
      );
    }
    this.answer('never');
    this.state = 'ended';
    this.chunks.length = 0;
    this.openText = '';
    this.openLines = 0;
    this.openBytes = 0;
    this.heldBytes = 0;
    this.releaseFile();
  }

  /** Emits may come after the application has closed, from timers and sockets that nobody stopped. */
  private writeLate(line: string): boolean {
    const { path } = this.options;
    try {
      const fd = path === undefined ? STANDARD_OUTPUT : openSync(path, 'a');
      try {
        const bytes = Buffer.from(`${line}\n`);
        for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
      } finally {
        if (path !== undefined) closeSync(fd);
      }
    } catch {
      return false;
    }
    this.accepted++;
    this.delivered++;
    return true;
  }

  private openFile(): void {
    const { path } = this.options;
    if (path === undefined) {
      this.fd = STANDARD_OUTPUT;
      return;
    }
    makeDirectory(dirname(path));
    this.fd = openSync(path, 'a');
    const before = this.file;
    this.file = fstatSync(this.fd, { bigint: true });
    const isSameFile = before?.ino === this.file.ino && before.dev === this.file.dev;
    const [first] = this.chunks;
    if (first !== undefined && !isSameFile) this.rewindToLine(first);
    this.checkedAt = Date.now();
    this.isMoved = false;
  }

  /** The disk may have taken half a chunk: the same file gets the other half, another one only whole lines. */
  private rewindToLine(chunk: Chunk): void {
    const startOfLine = chunk.written === 0 ? 0 : chunk.bytes.lastIndexOf(0x0a, chunk.written - 1) + 1;
    this.heldBytes += chunk.written - startOfLine;
    chunk.written = startOfLine;
  }

  private releaseFile(): void {
    const { sonic, fd } = this;
    this.sonic = undefined;
    this.fd = -1;
    if (sonic !== undefined) {
      sonic.on('error', () => undefined); // closing what cannot be written may fail as well
      sonic.destroy();
    } else if (fd > STANDARD_OUTPUT) {
      closeSync(fd);
    }
  }

  private settle(bytes: number): void {
    // A full disk can be opened: only what was written shows that it can be written again.
    if (this.isTroubled) this.sayWritable();
    const [first] = this.chunks;
    if (first === undefined) return;
    this.count(first, bytes);
    if (first.written < first.bytes.length) return;
    this.chunks.shift();
    this.answer();
    if (this.isMoved) this.reopenIfMoved();
    if (this.state === 'open') this.goOn();
  }

  private count(chunk: Chunk, bytes: number): void {
    chunk.written += bytes;
    this.heldBytes -= bytes;
    if (chunk.written === chunk.bytes.length) this.delivered += chunk.lines;
  }

  private sayWritable(): void {
    this.isTroubled = false;
    this.say(`${this.target()} can be written again; ${String(this.heldLines())} held lines follow.`);
  }

  private lookForRotation(): void {
    const { path, rotationCheckMs } = this.options;
    const now = Date.now();
    if (path === undefined || this.state !== 'open' || now - this.checkedAt < rotationCheckMs) return;
    this.checkedAt = now;
    stat(path, { bigint: true }, (error, found) => {
      if (this.state !== 'open') return;
      const isThere = error === null && found.ino === this.file?.ino && found.dev === this.file.dev;
      if (isThere) return;
      this.isMoved = true;
      this.reopenIfMoved();
    });
  }

  /** Only between chunks, so that no line is torn between two files. */
  private reopenIfMoved(): void {
    if (!this.isMoved || this.state !== 'open' || this.chunks.length > 0) return;
    this.releaseFile();
    this.enterOpen();
  }

  private wait(givesUp: boolean): Promise<void> {
    this.handOverDue();
    return new Promise((resolve, reject) => {
      this.waiters.push({ upTo: this.accepted, givesUp, resolve, reject });
      this.answer(this.state === 'unwritable' ? 'not now' : undefined);
    });
  }

  /**
   * Ends the waits for lines that are written.
   * @param unwritten what holds for the lines that are not: they cannot be written now, or never. Undefined if they will be
   */
  private answer(unwritten?: 'not now' | 'never'): void {
    if (this.waiters.length === 0) return;
    const written = this.chunks[0]?.from ?? this.accepted - this.openLines;
    const waiting = this.waiters;
    this.waiters = [];
    for (const waiter of waiting) {
      if (waiter.upTo <= written || (unwritten !== undefined && waiter.givesUp)) waiter.resolve();
      else if (unwritten === 'never') waiter.reject(new Error(`${this.target()} could not be written`));
      else this.waiters.push(waiter);
    }
  }

  private heldLines(): number {
    return this.accepted - this.delivered - this.lost;
  }

  private target(): string {
    return this.options.path ?? 'standard output';
  }
}

/**
 * As `mkdirSync` with `recursive`, which on Node 20 never returns where the parent exists and refuses with ENOENT, as /proc
 * and some mounts do.
 */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeDirectory(parent);
  try {
    mkdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // another process was faster
  }
}

/** What an operator can do about it. */
function mendOf(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'free the disk';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'give the process the right to write there, or another path';
    case 'EISDIR':
    case 'ENOTDIR':
    case 'EEXIST':
    case 'ENOENT':
      return 'give the path of a file in a directory that can be made';
    default:
      return 'see the error';
  }
}
