/**
 * A log writer that waits for the disk holds up the request; one that does not loses what it holds when the disk fills up, the
 * file is rotated away under it, or the process ends. So lines are gathered into chunks, sonic-boom writes the chunks in the
 * background, and each chunk is held here until it is known to be written. While the file cannot be written, lines are held
 * within a bound, and every second the path is opened anew.
 *
 * States: `idle` (nothing opened yet) -> `open` <-> `unwritable` -> `ended`. Only `enter*` methods change it.
 */
import { closeSync, fstatSync, mkdirSync, openSync, stat, writeSync, type BigIntStats } from 'node:fs';
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
  readonly text: string;
  readonly bytes: number;
  readonly lines: number;
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

export class LineWriter {
  private state: 'idle' | 'open' | 'unwritable' | 'ended' = 'idle';
  private sonic: SonicBoom | undefined;
  private fd = -1;
  private file: Pick<BigIntStats, 'dev' | 'ino'> | undefined;

  /** Handed over and not known to be written, oldest first. */
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
    if (this.heldBytes + size > this.options.maxHeldBytes) return false;
    this.openText += `${line}\n`;
    this.openLines++;
    this.openBytes += size;
    this.heldBytes += size;
    this.accepted++;
    if (this.options.sync || this.openBytes >= this.options.bufferBytes) this.handOver();
    // Not to keep the process alive: `flushSync` at its exit writes what is left.
    else this.handOverTimer ??= setTimeout(this.handOver, this.options.maxWaitMs).unref();
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
    this.handOver();
    this.reopenIfMoved();
  }

  /** Writes what is held, for `timeoutMs` at most, and closes the file; what is left is dropped as 'shutdown'. */
  async end(timeoutMs: number): Promise<void> {
    if (this.state === 'ended') return;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeoutMs)));
    await Promise.race([this.flush(), timeout]);
    clearTimeout(timer);
    this.enterEnded();
  }

  /** Writes what is held without waiting for anything: for the exit of the process. What fails here is told by nobody. */
  flushSync(): void {
    if (this.openLines > 0) this.handOver();
    try {
      this.sonic?.flushSync();
    } catch {
      // The process ends; there is no later attempt.
    }
  }

  counts(): DeliveryCounts {
    const { accepted, delivered } = this;
    return { accepted, delivered, dropped: this.dropped.counts(), pending: accepted - delivered - this.lost };
  }

  private readonly handOver = (): void => {
    clearTimeout(this.handOverTimer);
    this.handOverTimer = undefined;
    if (this.openLines === 0) return;
    const chunk: Chunk = { text: this.openText, bytes: this.openBytes, lines: this.openLines, written: 0 };
    this.openText = '';
    this.openLines = 0;
    this.openBytes = 0;
    this.chunks.push(chunk);
    this.open();
    this.sonic?.write(chunk.text);
    this.lookForRotation();
  };

  private enterOpen(): void {
    try {
      this.openFile();
    } catch (error) {
      this.enterUnwritable(error as Error);
      return;
    }
    this.state = 'open';
    const sonic = new SonicBoom({ fd: this.fd, sync: this.options.sync });
    sonic.on('write', (bytes: number) => {
      this.settle(bytes);
    });
    sonic.on('error', (error: Error) => {
      // A late error of a stream that was replaced says nothing about its successor.
      if (this.sonic === sonic) this.enterUnwritable(error);
    });
    this.sonic = sonic;
    this.writeHeld(sonic);
  }

  private enterUnwritable(error: Error): void {
    this.state = 'unwritable';
    this.releaseFile();
    if (!this.isTroubled) {
      this.isTroubled = true;
      this.say(
        `${this.target()} cannot be written (${error.message}). Lines are held up to ${String(this.options.maxHeldBytes)} bytes, ` +
          "then dropped ('log-unwritable'). Mend: free the disk or give the process the right to write there; it is tried every second.",
      );
    }
    this.answer((waiter) => waiter.givesUp);
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
        `${this.target()} could not take ${String(left)} lines before the application closed; they are dropped ('shutdown').`,
      );
    }
    this.state = 'ended';
    this.chunks.length = 0;
    this.openText = '';
    this.openLines = 0;
    this.openBytes = 0;
    this.heldBytes = 0;
    this.releaseFile();
    this.answer(() => true);
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
    mkdirSync(dirname(path), { recursive: true });
    this.fd = openSync(path, 'a');
    const before = this.file;
    this.file = fstatSync(this.fd, { bigint: true });
    const isSameFile = before?.ino === this.file.ino && before.dev === this.file.dev;
    this.finishFirstChunk(isSameFile);
    this.checkedAt = Date.now();
    this.isMoved = false;
  }

  /** The disk may have taken half a chunk: the same file gets the other half, another one only whole lines. */
  private finishFirstChunk(isSameFile: boolean): void {
    const [first] = this.chunks;
    if (first === undefined || first.written === 0) return;
    const bytes = Buffer.from(first.text);
    if (!isSameFile) {
      const startOfLine = bytes.lastIndexOf(0x0a, first.written - 1) + 1;
      this.heldBytes += first.written - startOfLine;
      first.written = startOfLine;
    }
    while (first.written < first.bytes) this.settle(writeSync(this.fd, bytes, first.written));
  }

  private writeHeld(sonic: SonicBoom): void {
    // A copy: in sync mode each write settles its chunk at once.
    for (const chunk of [...this.chunks]) {
      if (this.sonic !== sonic) return;
      sonic.write(chunk.text);
    }
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
    let left = bytes;
    this.heldBytes -= bytes;
    // A full disk can be opened: only what was written shows that it can be written again.
    if (this.isTroubled) this.sayWritable();
    for (let [first] = this.chunks; first !== undefined && left > 0; [first] = this.chunks) {
      const taken = Math.min(left, first.bytes - first.written);
      first.written += taken;
      left -= taken;
      if (first.written < first.bytes) break;
      this.delivered += first.lines;
      this.chunks.shift();
    }
    this.answer(() => false);
    if (this.isMoved) this.reopenIfMoved();
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
    this.handOver();
    return new Promise((resolve, reject) => {
      this.waiters.push({ upTo: this.accepted, givesUp, resolve, reject });
      this.answer((waiter) => waiter.givesUp && this.state === 'unwritable');
    });
  }

  /** Ends the waits that are over. @param isOver whether a wait ends although its lines are not written */
  private answer(isOver: (waiter: Waiter) => boolean): void {
    if (this.waiters.length === 0) return;
    const waiting = this.waiters;
    this.waiters = [];
    for (const waiter of waiting) {
      if (this.delivered + this.lost >= waiter.upTo && (this.lost === 0 || waiter.givesUp)) waiter.resolve();
      else if (!isOver(waiter)) this.waiters.push(waiter);
      else if (waiter.givesUp) waiter.resolve();
      else waiter.reject(new Error(`${this.target()} could not be written`));
    }
  }

  private heldLines(): number {
    return this.accepted - this.delivered - this.lost;
  }

  private target(): string {
    return this.options.path ?? 'standard output';
  }
}
