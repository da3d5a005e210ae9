/**
 * A log writer that waits for the disk holds up the request; one that does not loses what it holds when the disk fills up, the
 * file is rotated away under it, or the process ends. So lines are gathered into chunks, sonic-boom writes them in the
 * background, one at a time, and each is held here until it is known to be written. While one is being written the next one
 * grows: the more there is to write, the fewer writes it takes. While the file cannot be written, lines are held within a
 * bound, and every second the path is opened anew.
 *
 * This thread writes with `sync`, at the exit of the process, and when a loop that never yields has brought more than may be
 * held. It also writes to standard output, as `console.log` does, and to named pipes: nobody can wait for a thread that waits for a
 * full pipe, and lines of both would be torn.
 *
 * States: `idle` (nothing opened yet) -> `open` <-> `unwritable` -> `ended`. Only `enter*` methods change it.
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
  from: number;
  bytes: Buffer;
  lines: number;
  /** How many of the bytes the file has. */
  written: number;
  /** Whether a write that was given up may still read the bytes. */
  isLeftBehind: boolean;
}

const NEWLINE = 0x0a;
const RETRY_MS = 1000;
/** Encoding and writing more at once would hold up the event loop for longer than a request takes. */
const MAX_CHUNK_BYTES = 1_048_576;
/** How long the chunk under way may take before what follows overtakes it: at the exit, and when the bound is reached. */
const OVERTAKING_MS = { atExit: 1000, atBound: 20 };
/** How long this thread waits for a full pipe: the last lines of a process are worth it, a line of a request is not. */
const PATIENCE_MS = { atExit: 10_000, inEmit: 20 };

export class LineWriter {
  private state: 'idle' | 'open' | 'unwritable' | 'ended' = 'idle';
  /** Writes in the background; undefined where this thread writes. */
  private sonic: SonicBoom | undefined;
  private readonly log: LogHandle;
  private readonly lateLines: LateLines;

  /** Closed chunks, oldest first. None is empty. */
  private readonly chunks: Chunk[] = [];
  private readonly encoder = new ChunkEncoder();
  /** Whether the first chunk is being written in the background. */
  private isUnderWay = false;
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
  private readonly waits: WrittenWaits;

  private readonly longLines: LongLineNotice;
  private handOverTimer: NodeJS.Timeout | undefined;
  private retryTimer: NodeJS.Timeout | undefined;
  private isToReopen = false;
  /** Whether it was said that the file cannot be written. */
  private isTroubled = false;
  /** True once the process exits: no timer fires any more. */
  private isExiting = false;

  /** @param say told once for each change between writable and not */
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
   * Takes one line, without its newline. Does not wait for the disk unless `sync`.
   * @returns why the line is not taken: it is larger than all that may be held, or there is no room left for it
   */
  write(line: string): 'too-large' | 'log-unwritable' | undefined {
    if (this.state === 'ended' || this.isExiting) return this.writeLate(line) ? undefined : 'log-unwritable';
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
    this.isExiting = true;
    if (this.state === 'ended' || this.heldLines() === 0) return;
    this.isDue = true;
    this.writesHere = true;
    this.awaitUnderWay(OVERTAKING_MS.atExit);
    if (this.state !== 'open') this.enterOpen(); // it may have become writable since the last attempt
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
      this.isToReopen = false;
      this.log.open();
    } catch (error) {
      this.enterUnwritable(error as Error);
      return;
    }
    this.state = 'open';
    // Another thread could wait for a full pipe for ever; this one tries again a little later.
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

  /** Emits may come after the application has closed, from timers and sockets that nobody stopped, and while the process exits. */
  private writeLate(line: string): boolean {
    const { log } = this;
    if (!this.lateLines.write(line, log.isEndUnknown)) return false;
    log.isEndUnknown = false;
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

  /** Keeps of a chunk, after a write fell short, the lines that are not written whole. The half line is removed from the file. */
  private keepUnwritten(chunk: Chunk): void {
    const { bytes, written } = chunk;
    if (written === 0) return;
    const startOfLine = bytes.lastIndexOf(NEWLINE, written - 1) + 1;
    // Standard output is not opened again, so what it has of a line is continued: a file it is directed to may not append.
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
    // In its buffer mode sonic-boom takes what its types do not say.
    (sonic as { write(bytes: unknown): boolean }).write(chunk.bytes);
  }

  /**
   * This thread sees the end of a write only when it yields; the size of the file it sees at once.
   * @returns whether nothing is under way any more, as far as can be seen
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

  /** Writes in this thread whatever is not under way. @param patienceMs for a pipe that is full */
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
      // With a chunk under way, its end will tell: a file must not be given up while it may still be written.
      if (!this.isUnderWay) this.enterUnwritable(error as Error);
    }
  }

  /** Where the next write of a chunk ends: a pipe gets pieces, a file all of it. */
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
    sonic.on('error', () => undefined); // closing what cannot be written may fail as well
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

  /** Left to itself, sonic-boom would continue in mid-line whatever other processes have appended meanwhile. */
  private endShortWrite(chunk: Chunk): void {
    this.keepUnwritten(chunk);
    this.writeNow(0); // the error says why the write fell short
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
      // A full disk can be opened, and takes parts of lines: only what is written whole shows that it can be written again.
      if (this.isTroubled) this.sayWritable();
    }
    this.answer();
  }

  private sayWritable(): void {
    this.isTroubled = false;
    this.say(`${this.target()} can be written again. Held lines that follow: ${String(this.heldLines())}.`);
  }

  private wait(givesUp: boolean): Promise<void> {
    if (this.state === 'ended') return Promise.resolve(); // what comes late is written at once
    this.handOverDue();
    const wait = this.waits.until(this.accepted, givesUp);
    this.answer(this.state === 'unwritable' ? 'not now' : undefined);
    return wait;
  }

  /** @param unwritten see `WrittenWaits` */
  private answer(unwritten?: 'not now' | 'never'): void {
    this.waits.answer(this.chunks[0]?.from ?? this.accepted - this.openLines, unwritten);
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
