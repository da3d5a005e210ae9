/**
 * A log writer that waits for the disk holds up the request; one that does not loses what it holds when the disk fills up, the
 * file is rotated away under it, or the process ends. So lines are gathered into chunks, sonic-boom writes them in the
 * background, one at a time, and each is held here until it is known to be written. While one is being written the next one
 * grows: the more there is to write, the fewer writes it takes. While the file cannot be written, lines are held within a
 * bound, and every second the path is opened anew.
 *
 * This thread writes with `sync`, at the exit of the process, and when a loop that never yields has brought more than may be
 * held. It also writes to standard output, as `console.log` does: at exit nobody can wait for another thread that waits for a
 * full pipe, and lines of both would be torn.
 *
 * States: `idle` (nothing opened yet) -> `open` <-> `unwritable` -> `ended`. Only `enter*` methods change it.
 */
import { closeSync, fstatSync, openSync, type BigIntStats } from 'node:fs';
import { performance } from 'node:perf_hooks';
import SonicBoom from 'sonic-boom';
import { MAX_TIMER_MS } from '../../event/clock';
import type { DeliveryCounts } from '../../delivery/node-ledger';
import { Tally } from '../../delivery/node-ledger';
import { ChunkEncoder } from './chunk-encoder';
import { fixFor, openForAppending, statOf } from './log-file';
import { isPipe, LongLineNotice, pieceEnd } from './pipe-pieces';
import { isBusy, pause, PAUSE_MS, writeSome } from './write-some';

export interface LineWriterOptions {
  /** The file; undefined is standard output. */
  readonly path: string | undefined;
  /** The permissions of a file that is made. */
  readonly mode: number;
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
  /** Whether a write that was given up may still read the bytes. */
  isLeftBehind: boolean;
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
/** Encoding and writing more at once would hold up the event loop for longer than a request takes. */
const MAX_CHUNK_BYTES = 1_048_576;
/** How long the chunk under way may take before what follows overtakes it: at the exit, and when the bound is reached. */
const OVERTAKING_MS = { atExit: 1000, atBound: 20 };
/** How long a thread that must not go on without having written waits for a pipe from which nobody reads. */
const PATIENCE_MS = 10_000;
export class LineWriter {
  private state: 'idle' | 'open' | 'unwritable' | 'ended' = 'idle';
  /** Writes in the background; undefined where this thread writes. */
  private sonic: SonicBoom | undefined;
  private fd = -1;
  private isPipe = false;
  private file: Pick<BigIntStats, 'dev' | 'ino'> | undefined;

  /** Closed chunks, oldest first. None is empty. */
  private readonly chunks: Chunk[] = [];
  private readonly encoder = new ChunkEncoder();
  /** Whether the first chunk is being written in the background. */
  private isUnderWay = false;
  /** Where the bytes of that chunk end that are being written. */
  private underWayTo = 0;
  /** The size that the file has when that is done. */
  private sizeAfterwards = 0n;
  /** Whether that takes so long that nobody should wait for it again. */
  private isStalled = false;
  /** Whether this thread writes, rather than the background. */
  private writesHere: boolean;
  private openText = '';
  private openLines = 0;
  private openLength = 0;
  /** Whether the gathered lines have waited long enough, and go as soon as nothing is being written. */
  private isDue = false;
  private heldBytes = 0;

  private accepted = 0;
  private delivered = 0;
  private readonly dropped = new Tally();
  private lost = 0;
  private waiters: Waiter[] = [];

  private readonly longLines: LongLineNotice;
  private handOverTimer: NodeJS.Timeout | undefined;
  private retryTimer: NodeJS.Timeout | undefined;
  private checkedAtMs = 0;
  private isToReopen = false;
  /** Whether it was said that the file cannot be written. */
  private isTroubled = false;

  /** @param say told once for each change between writable and not */
  constructor(
    private readonly options: LineWriterOptions,
    private readonly say: (text: string) => void,
  ) {
    this.writesHere = options.sync || options.path === undefined;
    this.longLines = new LongLineNotice(say);
  }

  /**
   * Takes one line, without its newline. Does not wait for the disk unless `sync`.
   * @returns why the line is not taken: it is larger than all that may be held, or there is no room left for it
   */
  write(line: string): 'too-large' | 'log-unwritable' | undefined {
    if (this.state === 'ended') return this.writeLate(line) ? undefined : 'log-unwritable';
    // In characters, until the chunk is closed and its bytes are known: measuring each line costs a tenth of emit.
    const size = line.length + 1;
    if (this.heldBytes + size > this.options.maxHeldBytes) {
      if (size > this.options.maxHeldBytes) return 'too-large';
      if (!this.makeRoom(size)) return 'log-unwritable';
    }
    this.openText += `${line}\n`;
    this.openLines++;
    this.openLength += size;
    this.heldBytes += size;
    this.accepted++;
    if (this.options.sync || this.openLength >= this.options.bufferBytes) this.handOver();
    // Not to keep the process alive: `flushSync` at its exit writes what is left.
    else this.handOverTimer ??= setTimeout(this.handOverDue, Math.min(this.options.maxWaitMs, MAX_TIMER_MS)).unref();
    return undefined;
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

  /** Closes and opens the file under its path, as after a rotation, as soon as no chunk is half written. */
  reopen(): void {
    this.isToReopen = true;
    if (this.state === 'unwritable') this.enterOpen();
    else this.handOverDue();
  }

  /** Writes what is held, for `timeoutMs` at most, and closes the file; what is left is dropped as 'shutdown'. */
  async end(timeoutMs: number): Promise<void> {
    if (this.state === 'ended') return;
    if (this.state === 'unwritable') this.enterOpen(); // it may have become writable since the last attempt
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, Math.min(timeoutMs, MAX_TIMER_MS))));
    await Promise.race([this.flush(), timeout]);
    clearTimeout(timer);
    this.enterEnded();
  }

  /** Writes what is held before it returns: for the exit of the process. A chunk under way is written before the process ends. */
  flushSync(): void {
    if (this.state === 'ended' || this.heldLines() === 0) return;
    this.isDue = true;
    this.writesHere = true;
    this.awaitUnderWay(OVERTAKING_MS.atExit);
    if (this.state !== 'open') this.enterOpen(); // it may have become writable since the last attempt
    if (this.isOpen()) this.writeNow(PATIENCE_MS);
    const left = this.heldLines() - (this.isUnderWay ? (this.chunks[0]?.lines ?? 0) : 0);
    if (left > 0)
      this.say(`${this.target()} could not take the last lines before the process ended: ${String(left)} are lost.`);
  }

  counts(): DeliveryCounts {
    const { accepted, delivered } = this;
    return { accepted, delivered, dropped: this.dropped.counts(), pending: accepted - delivered - this.lost };
  }

  private readonly handOverDue = (): void => {
    this.isDue = true;
    this.handOver();
  };

  /** Has the gathered lines written, unless something is being written already; then they go on growing, up to a bound. */
  private handOver(): void {
    clearTimeout(this.handOverTimer);
    this.handOverTimer = undefined;
    if (this.openLength >= MAX_CHUNK_BYTES) this.closeChunk();
    if (this.state !== 'idle') this.goOn();
    else if (this.openLines > 0) this.enterOpen();
  }

  private closeChunk(): void {
    const from = this.accepted - this.openLines;
    const bytes = this.encoder.encode(this.openText);
    this.chunks.push({ from, bytes, lines: this.openLines, written: 0, isLeftBehind: false });
    this.heldBytes += bytes.length - this.openLength;
    this.openText = '';
    this.openLines = 0;
    this.openLength = 0;
    this.isDue = false;
  }

  /** The oldest chunk that is not under way, made of the gathered lines if they are to be written. */
  private next(): Chunk | undefined {
    const at = this.isUnderWay ? 1 : 0;
    const { sync, bufferBytes } = this.options;
    const isRipe = this.openLines > 0 && (this.isDue || sync || this.openLength >= bufferBytes);
    if (isRipe && this.chunks.length === at) this.closeChunk();
    return this.chunks[at];
  }

  private enterOpen(): void {
    try {
      this.openFile();
    } catch (error) {
      this.enterUnwritable(error as Error);
      return;
    }
    this.state = 'open';
    if (!this.writesHere) this.sonic = this.background();
    this.goOn();
  }

  private enterUnwritable(error: Error): void {
    this.state = 'unwritable';
    this.releaseFile();
    if (!this.isTroubled) {
      this.isTroubled = true;
      this.say(
        `${this.target()} cannot be written (${error.message}). Lines are held up to ${String(this.options.maxHeldBytes)} bytes, ` +
          `then dropped ('log-unwritable'). Mend: ${fixFor(error)}; it is tried every second.`,
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
    this.openLength = 0;
    this.heldBytes = 0;
    this.releaseFile();
  }

  /** Emits may come after the application has closed, from timers and sockets that nobody stopped. */
  private writeLate(line: string): boolean {
    const { path, mode } = this.options;
    try {
      const fd = path === undefined ? STANDARD_OUTPUT : openSync(path, 'a', mode);
      try {
        const bytes = Buffer.from(`${line}\n`);
        for (let at = 0; at < bytes.length;) at += writeSome(fd, bytes, at, bytes.length, PATIENCE_MS);
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

  /**
   * A loop that emits without ever yielding lets no background write finish: its lines would reach the bound although the disk
   * takes them. Then they are written here and now, unless the disk turns out to be slow: a request does not wait for that.
   */
  private makeRoom(size: number): boolean {
    this.open();
    if (!this.isOpen() || this.isStalled) return false;
    this.isStalled = !this.awaitUnderWay(OVERTAKING_MS.atBound);
    if (this.isStalled) return false;
    this.isDue = true;
    this.writeNow(0);
    return this.heldBytes + size <= this.options.maxHeldBytes;
  }

  private openFile(): void {
    this.isToReopen = false;
    const { path } = this.options;
    if (path === undefined) {
      // Reading `process.stdout` makes Node put a pipe into non-blocking mode: a reader that is slow does not stop this thread.
      this.fd = (process.stdout as { fd?: number }).fd ?? STANDARD_OUTPUT;
      this.isPipe = isPipe(this.fd);
      return;
    }
    this.fd = openForAppending(path, this.options.mode);
    this.isPipe = isPipe(this.fd);
    const before = this.file;
    this.file = fstatSync(this.fd, { bigint: true });
    if (before?.ino !== this.file.ino || before.dev !== this.file.dev) this.rewindToLine();
    this.checkedAtMs = performance.now();
  }

  /** The disk may have taken half a chunk: the same file gets the other half, another one only whole lines. */
  private rewindToLine(): void {
    const [first] = this.chunks;
    if (first === undefined || first.written === 0) return;
    const startOfLine = first.bytes.lastIndexOf(0x0a, first.written - 1) + 1;
    this.heldBytes += first.written - startOfLine;
    first.written = startOfLine;
  }

  private background(): SonicBoom {
    const sonic = new SonicBoom({ fd: this.fd, contentMode: 'buffer' });
    // What a stream that was replaced says late is not about its successor.
    sonic.on('write', (bytes: number) => {
      if (this.sonic === sonic) this.settleUnderWay(bytes);
    });
    sonic.on('error', (error: Error) => {
      if (this.sonic === sonic) this.enterUnwritable(error);
    });
    return sonic;
  }

  /** Writes the next chunk, unless one is under way: only between two is the file exchanged, so that no line is torn. */
  private goOn(): void {
    if (this.state !== 'open' || this.isUnderWay) return;
    const next = this.next();
    if (this.isToReopen || (next !== undefined && this.hasMoved())) {
      this.releaseFile();
      this.enterOpen();
    } else if (next !== undefined && this.sonic !== undefined) {
      this.isUnderWay = true;
      this.underWayTo = this.endOfWrite(next);
      this.sizeAfterwards = (this.size() ?? 0n) + BigInt(this.underWayTo - next.written);
      // In its buffer mode sonic-boom takes what its types do not say.
      (this.sonic as { write(bytes: unknown): boolean }).write(next.bytes.subarray(next.written, this.underWayTo));
    } else {
      this.writeNow(this.options.sync ? PATIENCE_MS : 0);
    }
  }

  /**
   * This thread sees the end of a write only when it yields; the size of the file it sees at once.
   * @returns whether nothing is under way any more, as far as can be seen
   */
  private awaitUnderWay(patienceMs: number): boolean {
    for (let waitedMs = 0; this.isUnderWay; waitedMs++) {
      const size = this.size();
      if (size === undefined || size >= this.sizeAfterwards) return true;
      if (waitedMs >= patienceMs) return false;
      pause(1);
    }
    return true;
  }

  /** The size of the file; undefined for what has none, such as a pipe or a device. */
  private size(): bigint | undefined {
    try {
      const stats = fstatSync(this.fd, { bigint: true });
      return stats.isFile() ? stats.size : undefined;
    } catch {
      return undefined; // the write that follows fails too, and says why
    }
  }

  /** Writes in this thread whatever is not under way. @param patienceMs for a pipe that is full */
  private writeNow(patienceMs: number): void {
    try {
      for (let chunk = this.next(); chunk !== undefined; chunk = this.next()) {
        while (chunk.written < chunk.bytes.length) {
          const end = this.endOfWrite(chunk);
          this.settle(chunk, writeSome(this.fd, chunk.bytes, chunk.written, end, patienceMs));
        }
      }
    } catch (error) {
      if (isBusy(error)) this.handOverTimer ??= setTimeout(this.handOverDue, PAUSE_MS).unref();
      // With a chunk under way, its end will tell: a file must not be given up while it may still be written.
      else if (!this.isUnderWay) this.enterUnwritable(error as Error);
    }
  }

  /** Where the next write of a chunk ends: a pipe gets pieces, a file all of it. */
  private endOfWrite({ bytes, written }: Chunk): number {
    if (!this.isPipe) return bytes.length;
    const end = pieceEnd(bytes, written);
    this.longLines.given(end - written);
    return end;
  }

  private releaseFile(): void {
    const { sonic, fd } = this;
    const [first] = this.chunks;
    if (this.isUnderWay && first !== undefined) first.isLeftBehind = true;
    this.sonic = undefined;
    this.isUnderWay = false;
    this.isStalled = false;
    this.fd = -1;
    if (sonic !== undefined) {
      sonic.on('error', () => undefined); // closing what cannot be written may fail as well
      sonic.destroy();
    } else if (fd >= 0 && this.options.path !== undefined) {
      try {
        closeSync(fd);
      } catch {
        // It is let go of all the same.
      }
    }
  }

  private settleUnderWay(bytes: number): void {
    const [first] = this.chunks;
    if (first === undefined) return;
    this.isStalled = false;
    if (first.written + bytes === this.underWayTo) this.isUnderWay = false;
    this.settle(first, bytes);
    const isWritten = first.written === first.bytes.length;
    if (isWritten && !first.isLeftBehind) this.encoder.giveBack(first.bytes);
    this.goOn();
  }

  private settle(chunk: Chunk, bytes: number): void {
    chunk.written += bytes;
    this.heldBytes -= bytes;
    if (chunk.written === chunk.bytes.length) {
      this.delivered += chunk.lines;
      this.chunks.splice(this.chunks.indexOf(chunk), 1);
    }
    // A full disk can be opened: only what was written shows that it can be written again.
    if (this.isTroubled) this.sayWritable();
    this.answer();
  }

  private sayWritable(): void {
    this.isTroubled = false;
    this.say(`${this.target()} can be written again. Held lines that follow: ${String(this.heldLines())}.`);
  }

  private hasMoved(): boolean {
    const { path, rotationCheckMs } = this.options;
    const nowMs = performance.now();
    if (path === undefined || nowMs - this.checkedAtMs < rotationCheckMs) return false;
    this.checkedAtMs = nowMs;
    const found = statOf(path);
    return found === undefined || found.ino !== this.file?.ino || found.dev !== this.file.dev;
  }

  private wait(givesUp: boolean): Promise<void> {
    if (this.state === 'ended') return Promise.resolve(); // what comes late is written at once
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
    const waiting = this.waiters;
    this.waiters = [];
    const written = this.chunks[0]?.from ?? this.accepted - this.openLines;
    for (const waiter of waiting) {
      if (waiter.upTo <= written || (unwritten !== undefined && waiter.givesUp)) waiter.resolve();
      else if (unwritten === 'never') waiter.reject(new Error(`${this.target()} could not be written`));
      else this.waiters.push(waiter);
    }
  }

  /** For after a call that may have changed the state, which TypeScript does not see. */
  private isOpen(): boolean {
    return this.state === 'open';
  }

  private heldLines(): number {
    return this.accepted - this.delivered - this.lost;
  }

  private target(): string {
    return this.options.path ?? 'standard output';
  }
}
