/**
 * Collects lines and writes them to a log.
 *
 * A writer that waits for the disk blocks the request. One that does not wait loses the lines it
 * holds when the disk is full, the file is rotated, or the process ends. So lines are collected,
 * written in the background, one chunk at a time, and held until they are known to be written. The
 * next chunk grows during a write: the more there is to write, the fewer writes it takes. While the
 * log cannot be written, lines are held up to `maxHeldBytes`.
 *
 * This class decides when lines are handed over, and what happens at the end. `HeldLines` holds and
 * counts them; `ChunkWriter` writes them.
 *
 * States:
 *
 * - `collecting`: lines are held until they are written.
 * - `exiting`: `flushSync` leads here, because no timer fires any more. Held lines were written as
 *   far as possible. Each further line opens the log for itself.
 * - `ended`: `end` leads here from every state. Nothing is held. Each further line opens the log
 *   for itself.
 */
import { MAX_TIMER_MS } from '../../common/clock';
import type { DeliveryCounts } from '../../ledger/counts';
import { ChunkWriter, type ChunkLog } from './chunk-writer';
import { HeldLines } from './held-lines';
import { LateLines } from './late-lines';
import { LogHandle } from './log-handle';
import { LongLineNotice } from './pipe-pieces';
import { WritableNotice } from './writable-notice';
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

/**
 * Maximum size of a chunk: to encode and write more at once would block the event loop for longer
 * than a request takes.
 */
const MAX_CHUNK_BYTES = 1_048_576;

export class LineWriter {
  private state: 'collecting' | 'exiting' | 'ended' = 'collecting';
  private readonly held: HeldLines;
  private readonly chunks: ChunkWriter;
  private readonly lateLines: LateLines;
  private readonly waits: WrittenWaits;
  /** The log, as named in warnings. */
  private readonly target: string;
  /** Number of collected characters at which they are handed over. */
  private readonly ripeLength: number;
  private readonly log: ChunkLog;
  private handOverTimer: NodeJS.Timeout | undefined;

  /**
   * @param say logs a warning
   * @param makeLog creates a log, which is not open yet
   * @default the file of the options, or standard output
   */
  constructor(
    private readonly options: LineWriterOptions,
    private readonly say: (text: string) => void,
    makeLog: (longLines?: LongLineNotice) => ChunkLog = systemLog(options),
  ) {
    const { path, sync, bufferBytes, maxHeldBytes } = options;
    this.target = path ?? 'standard output';
    this.ripeLength = sync ? 0 : bufferBytes;
    this.held = new HeldLines(this.ripeLength);
    this.log = makeLog(new LongLineNotice(say));
    this.lateLines = new LateLines(makeLog());
    this.waits = new WrittenWaits(this.target);
    const notice = new WritableNotice(this.target, maxHeldBytes, say);
    const chunkOptions = { sync, continuesLines: path === undefined };
    this.chunks = new ChunkWriter(chunkOptions, this.log, this.held, notice, () => {
      this.answerWaits();
    });
  }

  /**
   * Accepts one line, without its newline. Does not wait for the disk unless `sync`.
   * @returns the reason why the line is refused: it is larger than `maxHeldBytes`, or there is no
   *   capacity left
   */
  write(line: string): 'too-large' | 'log-unwritable' | undefined {
    if (this.state !== 'collecting') return this.writeLate(line) ? undefined : 'log-unwritable';
    const { held } = this;
    const { maxHeldBytes, maxWaitMs } = this.options;
    const size = line.length + 1;
    if (held.bytes + size > maxHeldBytes) {
      if (size > maxHeldBytes) return 'too-large';
      this.chunks.catchUp();
      if (held.bytes + size > maxHeldBytes) return 'log-unwritable';
    }
    held.add(line);
    if (held.collectedLength >= this.ripeLength) this.handOver();
    // unref: the timer must not keep the process alive; `flushSync` at its exit writes the
    // remaining lines.
    else this.handOverTimer ??= setTimeout(this.handOverDue, Math.min(maxWaitMs, MAX_TIMER_MS)).unref();
    return undefined;
  }

  /**
   * Opens the log if it is not open. A log that cannot be opened is reported, and is not an error.
   */
  open(): void {
    this.chunks.open();
  }

  /** Resolves when every line accepted before is written, or when the log is unwritable. */
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
    if (this.state === 'ended') return;
    this.chunks.reopen();
    this.handOverDue();
  }

  /**
   * Writes the held lines for at most `timeoutMs`, then closes the log. The remaining lines are
   * dropped as 'shutdown'.
   */
  async end(timeoutMs: number): Promise<void> {
    if (this.state === 'ended') return;
    this.chunks.retry();
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
    if (this.state === 'ended') return;
    this.state = 'exiting';
    if (this.held.count === 0) return;
    const left = this.chunks.writeAtExit();
    if (left > 0)
      this.say(`${this.target} could not take the last lines before the process ended: ${String(left)} are lost.`);
  }

  counts(): DeliveryCounts {
    return this.held.counts();
  }

  private readonly handOverDue = (): void => {
    this.held.makeDue();
    this.handOver();
  };

  /**
   * Starts to write the collected lines. If a write is in progress, they continue to grow, up to a
   * limit.
   */
  private handOver(): void {
    clearTimeout(this.handOverTimer);
    this.handOverTimer = undefined;
    if (this.held.collectedLength >= MAX_CHUNK_BYTES) this.held.close();
    this.chunks.proceed();
  }

  private enterEnded(): void {
    if (this.state === 'ended') return;
    clearTimeout(this.handOverTimer);
    this.chunks.close();
    this.waits.answer(this.held.writtenUpTo, 'never');
    const left = this.held.drop();
    if (left > 0)
      this.say(
        `${this.target} could not take the last lines before the application closed: ${String(left)} dropped ('shutdown').`,
      );
    this.state = 'ended';
  }

  /**
   * Writes a line after the application has closed, from timers and sockets that were not stopped,
   * or while the process exits.
   */
  private writeLate(line: string): boolean {
    const { log } = this;
    if (!this.lateLines.write(line, log.isEndUnknown)) return false;
    log.isEndUnknown = false;
    this.held.addWritten();
    return true;
  }

  private wait(givesUp: boolean): Promise<void> {
    if (this.state === 'ended') return Promise.resolve(); // late lines are written at once
    this.handOverDue();
    const wait = this.waits.until(this.held.acceptedCount, givesUp);
    this.answerWaits();
    return wait;
  }

  private answerWaits(): void {
    this.waits.answer(this.held.writtenUpTo, this.chunks.isUnwritable ? 'not now' : undefined);
  }
}

function systemLog({ path, mode, rotationCheckMs }: LineWriterOptions): (longLines?: LongLineNotice) => LogHandle {
  return (longLines) => new LogHandle(path, mode, rotationCheckMs, longLines);
}
