/**
 * Collects lines into chunks and writes them to a log.
 *
 * A writer that waits for the disk blocks the request. One that does not wait loses the lines it
 * holds when the disk is full, the file is rotated, or the process ends. So sonic-boom writes the
 * chunks in the background, one at a time, and each chunk is held here until it is known to be
 * written. The next chunk grows during a write: the more there is to write, the fewer writes it
 * takes. While the file cannot be written, lines are held up to `maxHeldBytes`, and the path is
 * opened again every second.
 *
 * The calling thread writes in these cases: with `sync`; at the exit of the process; when a loop
 * that never yields has produced more than may be held; to standard output, as `console.log` does;
 * and to named pipes. A thread that waits for a full pipe could not be awaited, and lines of both
 * threads would be mixed.
 *
 * States (only `enter*` methods change them):
 *
 * - `idle`: nothing is opened yet. `open` or the first lines to write lead to `open` or
 *   `unwritable`.
 * - `open`: lines are written. A failed write leads to `unwritable`. After a rotation the file is
 *   opened again in this state.
 * - `unwritable`: lines are held. A successful attempt to open the file leads to `open`.
 * - `ended`: `end` leads here from every state. Each further line opens the log for itself.
 */
import SonicBoom from 'sonic-boom';
import { MAX_TIMER_MS } from '../../common/clock';
import type { DeliveryCounts } from '../../ledger/counts';
import { Tally } from '../../ledger/tally';
import { ChunkEncoder } from './chunk-encoder';
import { fixFor } from './log-file';
import { LateLines } from './late-lines';
import { LogHandle } from './log-handle';
import { LongLineNotice, pieceEnd } from './pipe-pieces';
import { isBusy, pause, PAUSE_MS, writeSome } from './write-some';
import { WrittenWaits } from './written-waits';

export interface LineWriterOptions {
  /** Path of the file; undefined for standard output. */
  readonly path: string | undefined;
  /** Permissions of a file that is created. */
  readonly mode: number;
  /**
   * True to try to write each line before `write` returns. A line that the file refuses is held.
   */
  readonly sync: boolean;
  /** Size of a chunk, in bytes, at which it is handed over for writing. */
  readonly bufferBytes: number;
  /** Time in milliseconds after the first line of a chunk when it is handed over for writing. */
  readonly maxWaitMs: number;
  /** Maximum size in bytes of lines that are not written yet; beyond it, lines are refused. */
  readonly maxHeldBytes: number;
  /** Minimum time in milliseconds between two checks for the file at its path. */
  readonly rotationCheckMs: number;
}

interface Chunk {
  /** Number of lines accepted before the first line of this chunk. */
  from: number;
  bytes: Buffer;
  lines: number;
  /** Number of bytes that the file has. */
  written: number;
  /** True if an abandoned write may still read the bytes. */
  isLeftBehind: boolean;
}

const NEWLINE = 0x0a;
const RETRY_MS = 1000;
/**
 * Maximum size of a chunk: to encode and write more at once would block the event loop for longer
 * than a request takes.
 */
const MAX_CHUNK_BYTES = 1_048_576;
/**
 * How long to wait for the chunk in progress before the following lines overtake it: at exit, and
 * when the limit is reached.
 */
const OVERTAKING_MS = { atExit: 1000, atBound: 20 };
/**
 * How long this thread waits for a full pipe: longer for the last lines of a process than for a
 * line of a request.
 */
const PATIENCE_MS = { atExit: 10_000, inEmit: 20 };

export class LineWriter {
  private state: 'idle' | 'open' | 'unwritable' | 'ended' = 'idle';
  /** Background writer; undefined if this thread writes. */
  private sonic: SonicBoom | undefined;
  private readonly log: LogHandle;
  private readonly lateLines: LateLines;

  /** Closed chunks, oldest first. No chunk is empty. */
  private readonly chunks: Chunk[] = [];
  private readonly encoder = new ChunkEncoder();
  /** True while the first chunk is being written in the background. */
  private isUnderWay = false;
  /** Size of the file after the background write in progress. */
  private sizeAfterwards = 0n;
  /** True if the write in progress is so slow that no further call should wait for it. */
  private isStalled = false;
  /** True if this thread writes instead of the background. */
  private writesHere: boolean;
  private openText = '';
  private openLines = 0;
  private openLength = 0;
  /**
   * True if the collected lines have waited long enough: they are written as soon as no write is in
   * progress.
   */
  private isDue = false;
  private heldBytes = 0;

  private accepted = 0;
  private delivered = 0;
  private readonly dropped = new Tally();
  private lost = 0;
  private readonly waits: WrittenWaits;

  private readonly longLines: LongLineNotice;
  private handOverTimer: NodeJS.Timeout | undefined;
  private retryTimer: NodeJS.Timeout | undefined;
  private isToReopen = false;
  /** True if the log has been reported as unwritable. */
  private isTroubled = false;
  /** True once the process exits: timers no longer fire. */
  private isExiting = false;

  /** @param say logs a warning, called once for each change between writable and not */
  constructor(
    private readonly options: LineWriterOptions,
    private readonly say: (text: string) => void,
  ) {
    this.writesHere = options.sync || options.path === undefined;
    this.log = new LogHandle(options.path, options.mode, options.rotationCheckMs);
    this.lateLines = new LateLines(options.path, options.mode);
    this.waits = new WrittenWaits(this.target());
    this.longLines = new LongLineNotice(say);
  }

  /**
   * Accepts one line, without its newline. Does not wait for the disk unless `sync`.
   * @returns the reason why the line is refused: it is larger than `maxHeldBytes`, or there is no
   *   capacity left
   */
  write(line: string): 'too-large' | 'log-unwritable' | undefined {
    if (this.state === 'ended' || this.isExiting) return this.writeLate(line) ? undefined : 'log-unwritable';
    // Counts characters until the chunk is closed and its bytes are known: measuring each line
    // costs a tenth of emit.
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
    // unref: the timer must not keep the process alive; `flushSync` at its exit writes the
    // remaining lines.
    else this.handOverTimer ??= setTimeout(this.handOverDue, Math.min(this.options.maxWaitMs, MAX_TIMER_MS)).unref();
    return undefined;
  }

  /**
   * Opens the file if it is not open. A file that cannot be opened leads to a state, not to an
   * error.
   */
  open(): void {
    if (this.state === 'idle') this.enterOpen();
  }

  /** Resolves when every line accepted before is written, or when the file is unwritable. */
  flush(): Promise<void> {
    return this.wait(true);
  }

  /** Resolves when every line accepted before is written; rejects if one was dropped. */
  written(): Promise<void> {
    return this.wait(false);
  }

  /**
   * Closes the file and opens it by its path, as after a rotation, as soon as no chunk is half
   * written.
   */
  reopen(): void {
    this.isToReopen = true;
    if (this.state === 'unwritable') this.enterOpen();
    else this.handOverDue();
  }

  /**
   * Writes the held lines for at most `timeoutMs`, then closes the file. The remaining lines are
   * dropped as 'shutdown'.
   */
  async end(timeoutMs: number): Promise<void> {
    if (this.state === 'ended') return;
    // It may be writable again since the last attempt.
    if (this.state === 'unwritable') this.enterOpen();
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, Math.min(timeoutMs, MAX_TIMER_MS))));
    await Promise.race([this.flush(), timeout]);
    clearTimeout(timer);
    this.enterEnded();
  }

  /**
   * Writes the held lines synchronously, at the exit of the process. A chunk in progress is written
   * before the process ends.
   */
  flushSync(): void {
    this.isExiting = true;
    if (this.state === 'ended' || this.heldLines() === 0) return;
    this.isDue = true;
    this.writesHere = true;
    this.awaitUnderWay(OVERTAKING_MS.atExit);
    if (this.state !== 'open') this.enterOpen(); // it may be writable again since the last attempt
    if (this.isOpen()) this.writeNow(PATIENCE_MS.atExit);
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

  /**
   * Starts to write the collected lines. If a write is in progress, they continue to grow, up to a
   * limit.
   */
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

  /**
   * Returns the oldest chunk that is not in progress. Makes one of the collected lines if they are
   * due.
   */
  private next(): Chunk | undefined {
    const at = this.isUnderWay ? 1 : 0;
    const { sync, bufferBytes } = this.options;
    const isRipe = this.openLines > 0 && (this.isDue || sync || this.openLength >= bufferBytes);
    if (isRipe && this.chunks.length === at) this.closeChunk();
    return this.chunks[at];
  }

  private enterOpen(): void {
    try {
      this.isToReopen = false;
      this.log.open();
    } catch (error) {
      this.enterUnwritable(error as Error);
      return;
    }
    this.state = 'open';
    // Another thread could wait forever for a full pipe; this one tries again a little later.
    if (!this.writesHere && this.log.isFile) this.sonic = this.background();
    this.goOn();
  }

  private enterUnwritable(error: Error): void {
    this.state = 'unwritable';
    this.releaseFile();
    if (!this.isTroubled) {
      this.isTroubled = true;
      this.say(
        `${this.target()} cannot be written (${error.message}). Lines are held up to ${String(this.options.maxHeldBytes)} bytes, ` +
          `then dropped ('log-unwritable'). Fix: ${fixFor(error)}; it is tried every second.`,
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
    const [first] = this.chunks;
    if (first !== undefined && !this.isUnderWay) this.keepUnwritten(first);
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

  /**
   * Writes a line after the application has closed, from timers and sockets that were not stopped,
   * or while the process exits.
   */
  private writeLate(line: string): boolean {
    const { log } = this;
    if (!this.lateLines.write(line, log.isEndUnknown)) return false;
    log.isEndUnknown = false;
    this.accepted++;
    this.delivered++;
    return true;
  }

  /**
   * Makes capacity by writing in this thread. A loop that emits without yielding lets no background
   * write finish: its lines would reach the limit although the disk accepts them. If the disk is
   * slow, nothing is written here, because a request must not wait for it.
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

  /**
   * Keeps the lines of a chunk that are not completely written, after a write fell short. Removes
   * the half line from the file.
   */
  private keepUnwritten(chunk: Chunk): void {
    const { bytes, written } = chunk;
    if (written === 0) return;
    const startOfLine = bytes.lastIndexOf(NEWLINE, written - 1) + 1;
    // Standard output is not opened again, so its line is continued: a file that it is redirected
    // to may not append.
    const keptFrom = this.options.path === undefined ? written : startOfLine;
    this.log.removeFragment(bytes.subarray(keptFrom, written));
    let lines = 0;
    for (let at = bytes.indexOf(NEWLINE); at >= 0 && at < startOfLine; at = bytes.indexOf(NEWLINE, at + 1)) lines++;
    chunk.bytes = bytes.subarray(keptFrom);
    chunk.from += lines;
    chunk.lines -= lines;
    chunk.written = 0;
    this.delivered += lines;
    this.heldBytes += written - keptFrom;
  }

  private background(): SonicBoom {
    const sonic = new SonicBoom({ fd: this.log.fd, contentMode: 'buffer' });
    // Ignores late events of a stream that has been replaced.
    sonic.on('write', (bytes: number) => {
      if (this.sonic === sonic) this.settleUnderWay(bytes);
    });
    sonic.on('error', (error: Error) => {
      if (this.sonic === sonic) this.enterUnwritable(error);
    });
    return sonic;
  }

  /**
   * Writes the next chunk unless one is in progress. The file is exchanged only between chunks, so
   * that no line is torn.
   */
  private goOn(): void {
    if (this.state !== 'open' || this.isUnderWay) return;
    const next = this.next();
    if (this.isToReopen || (next !== undefined && this.log.hasMoved())) {
      if (next !== undefined) this.keepUnwritten(next);
      this.releaseFile();
      this.enterOpen();
    } else if (next !== undefined && this.sonic !== undefined) {
      this.writeInBackground(next, this.sonic);
    } else {
      this.writeNow(this.options.sync && !this.isStalled ? PATIENCE_MS.inEmit : 0);
    }
  }

  private writeInBackground(chunk: Chunk, sonic: SonicBoom): void {
    try {
      this.log.beginLine();
    } catch (error) {
      this.enterUnwritable(error as Error);
      return;
    }
    this.isUnderWay = true;
    this.sizeAfterwards = (this.log.size() ?? 0n) + BigInt(chunk.bytes.length);
    // In buffer mode sonic-boom accepts buffers, which its types do not declare.
    (sonic as { write(bytes: unknown): boolean }).write(chunk.bytes);
  }

  /**
   * Waits for the background write by watching the size of the file. This thread learns of the end
   * of a write only when it yields, but it sees the size at once.
   * @returns true if no write is in progress, as far as can be seen
   */
  private awaitUnderWay(patienceMs: number): boolean {
    for (let waitedMs = 0; this.isUnderWay; waitedMs++) {
      const size = this.log.size();
      if (size === undefined || size >= this.sizeAfterwards) return true;
      if (waitedMs >= patienceMs) return false;
      pause(1);
    }
    return true;
  }

  /**
   * Writes every chunk that is not in progress in this thread.
   * @param patienceMs maximum time to wait for a full pipe
   */
  private writeNow(patienceMs: number): void {
    let chunk = this.next();
    try {
      for (; chunk !== undefined; chunk = this.next()) {
        while (chunk.written < chunk.bytes.length) {
          this.log.beginLine();
          const end = this.endOfWrite(chunk);
          this.settle(chunk, writeSome(this.log.fd, chunk.bytes, chunk.written, end, patienceMs));
        }
      }
    } catch (error) {
      if (isBusy(error)) {
        if (patienceMs > 0) this.isStalled = true;
        this.handOverTimer ??= setTimeout(this.handOverDue, PAUSE_MS).unref();
        return;
      }
      if (chunk !== undefined) this.keepUnwritten(chunk);
      // A chunk in progress decides by its own end: a file that may still be written must not be
      // abandoned.
      if (!this.isUnderWay) this.enterUnwritable(error as Error);
    }
  }

  /** Returns the end of the next write of a chunk: a pipe gets pieces, a file gets all of it. */
  private endOfWrite({ bytes, written }: Chunk): number {
    if (!this.log.isPipe) return bytes.length;
    const end = pieceEnd(bytes, written);
    this.longLines.given(end - written);
    return end;
  }

  private releaseFile(): void {
    const { sonic } = this;
    const [first] = this.chunks;
    if (this.isUnderWay && first !== undefined) first.isLeftBehind = true;
    this.sonic = undefined;
    this.isUnderWay = false;
    this.isStalled = false;
    if (sonic === undefined) {
      this.log.close();
      return;
    }
    this.log.release();
    sonic.on('error', () => undefined); // closing an unwritable file may fail as well
    sonic.destroy();
  }

  private settleUnderWay(bytes: number): void {
    const [first] = this.chunks;
    if (first === undefined) return;
    this.isUnderWay = false;
    this.settle(first, bytes);
    if (first.written < first.bytes.length) {
      this.endShortWrite(first);
      return;
    }
    if (!first.isLeftBehind) this.encoder.giveBack(first.bytes);
    this.goOn();
  }

  /**
   * Handles a short write. sonic-boom would continue in mid-line after any text that other
   * processes have appended.
   */
  private endShortWrite(chunk: Chunk): void {
    this.keepUnwritten(chunk);
    this.writeNow(0); // the error shows why the write fell short
    if (!this.isOpen()) return;
    this.releaseFile();
    this.enterOpen();
  }

  private settle(chunk: Chunk, bytes: number): void {
    this.isStalled = false;
    chunk.written += bytes;
    this.heldBytes -= bytes;
    if (chunk.written === chunk.bytes.length) {
      this.delivered += chunk.lines;
      this.chunks.splice(this.chunks.indexOf(chunk), 1);
      // A full disk can be opened, and accepts parts of lines: only a complete write shows that it
      // is writable again.
      if (this.isTroubled) this.sayWritable();
    }
    this.answer();
  }

  private sayWritable(): void {
    this.isTroubled = false;
    this.say(`${this.target()} can be written again. Held lines that follow: ${String(this.heldLines())}.`);
  }

  private wait(givesUp: boolean): Promise<void> {
    if (this.state === 'ended') return Promise.resolve(); // late lines are written at once
    this.handOverDue();
    const wait = this.waits.until(this.accepted, givesUp);
    this.answer(this.state === 'unwritable' ? 'not now' : undefined);
    return wait;
  }

  /** @param unwritten see `WrittenWaits` */
  private answer(unwritten?: 'not now' | 'never'): void {
    this.waits.answer(this.chunks[0]?.from ?? this.accepted - this.openLines, unwritten);
  }

  /** Reads the state after a call that may have changed it, which TypeScript does not see. */
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
