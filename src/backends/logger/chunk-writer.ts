/**
 * Writes the chunks of held lines to a log, in order, and opens the log again after failures and
 * rotations.
 *
 * A file is written in the background. The calling thread writes in these cases: with `sync`; at
 * the exit of the process; when a loop that never yields has produced more than may be held; to
 * standard output, as `console.log` does; and to named pipes. A thread that waits for a full pipe
 * could not be awaited, and lines of both threads would be mixed.
 *
 * States (only `enter*` methods and `close` change them):
 *
 * - `idle`: nothing is opened yet. `open` or the first lines to write lead to `open` or
 *   `unwritable`.
 * - `open`: chunks are written. A failed write leads to `unwritable`. After a rotation the log is
 *   opened again in this state.
 * - `unwritable`: lines are held. The log is opened again every second, which leads to `open`.
 * - `closed`: `close` leads here from every state. Nothing is written any more.
 */
import type { ChunkSink, ChunkSinkEvents } from './background-sink';
import type { Chunk, HeldLines } from './held-lines';
import type { WritableNotice } from './writable-notice';
import { isBusy, PAUSE_MS } from './write-some';

/** The log, as the writer of its chunks needs it. */
export interface ChunkLog {
  /** True if the log may end in half a line: the next write then begins a new line. */
  isEndUnknown: boolean;
  /** @throws the error of the system */
  open(): void;
  close(): void;
  /** True if another file, or none, is at the path of the open log. */
  hasMoved(): boolean;
  /**
   * Writes some bytes in this thread, from `from` on.
   * @param patienceMs maximum time to wait for a full pipe
   * @returns the number of bytes written
   * @throws the error of the system; EAGAIN for a pipe that stays full
   */
  write(bytes: Buffer, from: number, patienceMs: number): number;
  /** Removes a half line from the end of the log, where that can be done. */
  removeFragment(fragment: Buffer): void;
  /** Returns the sink that writes to the open log in the background; undefined if it has none. */
  background(events: ChunkSinkEvents): ChunkSink | undefined;
}

export interface ChunkWriterOptions {
  /** True to write in the calling thread only, and to wait a little for a full pipe. */
  readonly sync: boolean;
  /**
   * True to continue a line that was written in part, as on standard output, which is not opened
   * again: a file that it is redirected to may not append.
   */
  readonly continuesLines: boolean;
}

const RETRY_MS = 1000;
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

export class ChunkWriter {
  private state: 'idle' | 'open' | 'unwritable' | 'closed' = 'idle';
  /** Sink of the open log; undefined if this thread writes. */
  private sink: ChunkSink | undefined;
  private writesHere: boolean;
  /** True if the log takes bytes so slowly that no further call should wait for it. */
  private isStalled = false;
  private isToReopen = false;
  /** Fires when a full pipe, or a log that could not be opened, is tried again. */
  private timer: NodeJS.Timeout | undefined;
  private readonly events: ChunkSinkEvents = {
    written: (bytes) => {
      this.endBackgroundWrite(bytes);
    },
    failed: (error) => {
      this.enterUnwritable(error);
    },
  };

  /** @param onProgress called when lines were written, or the log became unwritable */
  constructor(
    private readonly options: ChunkWriterOptions,
    private readonly log: ChunkLog,
    private readonly held: HeldLines,
    private readonly notice: WritableNotice,
    private readonly onProgress: () => void,
  ) {
    this.writesHere = options.sync;
  }

  get isUnwritable(): boolean {
    return this.state === 'unwritable';
  }

  /** Opens the log if it was never opened. A failure leads to a state, not to an error. */
  open(): void {
    if (this.state === 'idle') this.enterOpen();
  }

  /** Opens an unwritable log at once: it may be writable again since the last attempt. */
  retry(): void {
    if (this.state === 'unwritable') this.enterOpen();
  }

  /** Opens the log again by its path, as soon as no chunk is half written. */
  reopen(): void {
    this.isToReopen = true;
    this.retry();
  }

  /**
   * Writes the next chunk unless one is in progress. The log is exchanged only between chunks, so
   * that no line is torn.
   */
  proceed(): void {
    if (this.state === 'idle' && this.held.count > 0) {
      this.enterOpen();
      return;
    }
    if (this.state !== 'open' || this.isUnderWay()) return;
    const next = this.next();
    if (this.isToReopen || (next !== undefined && this.log.hasMoved())) {
      if (next !== undefined) this.keepUnwritten(next);
      this.release();
      this.enterOpen();
    } else if (next !== undefined && this.sink !== undefined) {
      this.startInBackground(next, this.sink);
    } else {
      this.writeNow(this.options.sync && !this.isStalled ? PATIENCE_MS.inEmit : 0);
    }
  }

  /**
   * Writes all lines in this thread. A loop that emits without yielding lets no background write
   * finish: its lines would reach the limit although the disk accepts them. If the disk is slow,
   * nothing is written here, because a request must not wait for it.
   */
  catchUp(): void {
    this.open();
    if (!this.isOpen() || this.isStalled) return;
    this.isStalled = this.sink?.awaitEnd(OVERTAKING_MS.atBound) === false;
    if (this.isStalled) return;
    this.held.makeDue();
    this.writeNow(0);
  }

  /**
   * Writes all lines in this thread, at the exit of the process. A chunk in progress is written by
   * the background before the process ends.
   * @returns the number of lines that are not written
   */
  writeAtExit(): number {
    this.held.makeDue();
    this.writesHere = true;
    this.sink?.awaitEnd(OVERTAKING_MS.atExit);
    if (this.state !== 'open') this.enterOpen(); // it may be writable again since the last attempt
    if (this.isOpen()) this.writeNow(PATIENCE_MS.atExit);
    return this.held.count - (this.isUnderWay() ? (this.held.chunkAt(0)?.lines ?? 0) : 0);
  }

  /** Closes the log. Counts the complete lines of a chunk in this thread that is half written. */
  close(): void {
    clearTimeout(this.timer);
    const first = this.held.chunkAt(0);
    if (first !== undefined && !this.isUnderWay()) this.keepUnwritten(first);
    this.release();
    this.state = 'closed';
  }

  private enterOpen(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.isToReopen = false;
    try {
      this.log.open();
    } catch (error) {
      this.enterUnwritable(error as Error);
      return;
    }
    this.state = 'open';
    if (!this.writesHere) this.sink = this.log.background(this.events);
    this.proceed();
  }

  private enterUnwritable(error: Error): void {
    this.state = 'unwritable';
    this.release();
    this.notice.failed(error);
    this.onProgress();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.retry();
    }, RETRY_MS).unref();
  }

  /** Returns the oldest chunk that is not in progress. */
  private next(): Chunk | undefined {
    return this.held.chunkAt(this.isUnderWay() ? 1 : 0);
  }

  private startInBackground(chunk: Chunk, sink: ChunkSink): void {
    try {
      sink.write(chunk.bytes);
    } catch (error) {
      this.enterUnwritable(error as Error);
    }
  }

  private endBackgroundWrite(bytes: number): void {
    const first = this.held.chunkAt(0);
    if (first === undefined) return;
    if (this.settle(first, bytes)) {
      this.held.recycle(first);
      this.proceed();
      return;
    }
    // sonic-boom would continue in mid-line after any text that other processes have appended.
    this.keepUnwritten(first);
    this.writeNow(0); // the error shows why the write fell short
    if (!this.isOpen()) return;
    this.release();
    this.enterOpen();
  }

  /** Writes every chunk that is not in progress in this thread. */
  private writeNow(patienceMs: number): void {
    let chunk = this.next();
    try {
      for (; chunk !== undefined; chunk = this.next()) {
        let isComplete = false;
        while (!isComplete) isComplete = this.settle(chunk, this.log.write(chunk.bytes, chunk.written, patienceMs));
      }
    } catch (error) {
      if (isBusy(error)) {
        if (patienceMs > 0) this.isStalled = true;
        this.proceedLater();
        return;
      }
      if (chunk !== undefined) this.keepUnwritten(chunk);
      // A chunk in progress decides by its own end: a file that may still be written must not be
      // abandoned.
      if (!this.isUnderWay()) this.enterUnwritable(error as Error);
    }
  }

  private proceedLater(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.held.makeDue();
      this.proceed();
    }, PAUSE_MS).unref();
  }

  /** @returns true if the chunk is complete */
  private settle(chunk: Chunk, bytes: number): boolean {
    this.isStalled = false;
    const isComplete = this.held.advance(chunk, bytes);
    // A full disk can be opened, and accepts parts of lines: only a complete write shows that it is
    // writable again.
    if (isComplete) this.notice.succeeded(this.held.count);
    this.onProgress();
    return isComplete;
  }

  private keepUnwritten(chunk: Chunk): void {
    this.log.removeFragment(this.held.keepUnwritten(chunk, this.options.continuesLines));
  }

  private release(): void {
    const { sink } = this;
    if (sink?.isUnderWay === true) {
      const first = this.held.chunkAt(0);
      if (first !== undefined) first.isLeftBehind = true;
    }
    this.sink = undefined;
    this.isStalled = false;
    if (sink === undefined) this.log.close();
    else sink.release();
  }

  private isUnderWay(): boolean {
    return this.sink?.isUnderWay === true;
  }

  /** Reads the state after a call that may have changed it, which TypeScript does not see. */
  private isOpen(): boolean {
    return this.state === 'open';
  }
}
