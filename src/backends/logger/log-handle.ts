/**
 * Holds the open log: its descriptor, and the rule that each line begins on a line of its own.
 *
 * A write can stop in the middle of a line: the disk is full, the process is killed, a reader
 * exits. The next text that this process or another one appends would join that fragment into one
 * unreadable line. So a fragment is removed from a file as soon as a write falls short. If a file
 * still ends in a fragment, a newline is written first. A pipe gets only the newline. See
 * docs/decisions/0185.
 */
import { closeSync, fstatSync, ftruncateSync, writeSync, type BigIntStats } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { BackgroundSink, type ChunkSinkEvents } from './background-sink';
import type { ChunkLog } from './chunk-writer';
import { endsInFragment, sizeIfEndsWith } from './file-end';
import { openForAppending, statOf } from './log-file';
import { isPipe, pieceEnd, type LongLineNotice } from './pipe-pieces';
import { writeSome } from './write-some';

const STANDARD_OUTPUT = 1;

export class LogHandle implements ChunkLog {
  /** Descriptor; -1 while the log is closed. */
  fd = -1;
  /** True for a pipe, or for a socket that is used as one. */
  isPipe = false;
  /** True for a regular file: a write to it does not wait for a reader. */
  isFile = false;
  private identity: Pick<BigIntStats, 'dev' | 'ino'> | undefined;
  private checkedAtMs = 0;
  /** True until it is known that the next line begins on a line of its own. */
  isEndUnknown = false;

  /**
   * @param path undefined for standard output
   * @param mode permissions of a file that is created
   * @param rotationCheckMs minimum time between two checks of the path, in milliseconds
   * @param longLines notice for lines that are too long for a pipe to keep them whole
   */
  constructor(
    private readonly path: string | undefined,
    private readonly mode: number,
    private readonly rotationCheckMs: number,
    private readonly longLines?: LongLineNotice,
  ) {}

  /** Opens the log. @throws the error of the system; ENXIO for a named pipe without a reader */
  open(): void {
    if (this.path === undefined) {
      // Reading `process.stdout` makes Node set a pipe to non-blocking mode: a slow reader then
      // does not block this thread.
      this.fd = (process.stdout as { fd?: number }).fd ?? STANDARD_OUTPUT;
      this.isPipe = isPipe(this.fd);
      return;
    }
    this.fd = openForAppending(this.path, this.mode);
    const stats = fstatSync(this.fd, { bigint: true });
    this.identity = stats;
    this.isPipe = stats.isFIFO();
    this.isFile = stats.isFile();
    if (this.isFile) this.isEndUnknown = stats.size > 0n;
    this.checkedAtMs = performance.now();
  }

  /**
   * Forgets the descriptor.
   * @returns the descriptor if this process opened it and so has to close it
   */
  release(): number | undefined {
    const { fd, path } = this;
    this.fd = -1;
    return fd >= 0 && path !== undefined ? fd : undefined;
  }

  close(): void {
    const fd = this.release();
    if (fd === undefined) return;
    try {
      closeSync(fd);
    } catch {
      // The descriptor is released even if close reports an error.
    }
  }

  /** Returns the size in bytes; undefined for a pipe or a device. */
  size(): bigint | undefined {
    try {
      const stats = fstatSync(this.fd, { bigint: true });
      return stats.isFile() ? stats.size : undefined;
    } catch {
      return undefined; // the following write fails too, and reports the reason
    }
  }

  /** True if another file, or none, is at the path. Checked at most once in `rotationCheckMs`. */
  hasMoved(): boolean {
    const nowMs = performance.now();
    if (this.path === undefined || nowMs - this.checkedAtMs < this.rotationCheckMs) return false;
    this.checkedAtMs = nowMs;
    return !this.isAt(statOf(this.path));
  }

  /** Writes a newline if the log ends in a fragment. @throws the error of the system */
  beginLine(): void {
    if (!this.isEndUnknown) return;
    const { path } = this;
    const isFragment = this.isFile && path !== undefined ? endsInFragment(path, (file) => this.isAt(file)) : true;
    if (isFragment) writeSync(this.fd, '\n');
    this.isEndUnknown = false;
  }

  /**
   * Writes some bytes in this thread: to a file as much as it takes, to a pipe one piece.
   * @param patienceMs maximum time to wait for a full pipe
   * @returns the number of bytes written
   * @throws the error of the system; EAGAIN only after `patienceMs`
   */
  write(bytes: Buffer, from: number, patienceMs: number): number {
    this.beginLine();
    let end = bytes.length;
    if (this.isPipe) {
      end = pieceEnd(bytes, from);
      this.longLines?.given(end - from);
    }
    return writeSome(this.fd, bytes, from, end, patienceMs);
  }

  /**
   * Returns a sink for the open file. A pipe has none: another thread could wait forever while it
   * is full, but this one can try again a little later.
   */
  background(events: ChunkSinkEvents): BackgroundSink | undefined {
    return this.isFile ? new BackgroundSink(this, events) : undefined;
  }

  /**
   * Removes the half line from the file after a write fell short, unless something follows it
   * already.
   * @param fragment the bytes of the line that were written
   */
  removeFragment(fragment: Buffer): void {
    if (fragment.length === 0) return;
    this.isEndUnknown = true;
    const { path } = this;
    if (!this.isFile || path === undefined) return;
    const size = sizeIfEndsWith(path, fragment, (file) => this.isAt(file));
    try {
      // Compares the size again right before: data that another process has appended since must not
      // be removed.
      if (size !== undefined && this.size() === BigInt(size)) ftruncateSync(this.fd, size - fragment.length);
    } catch {
      // An append-only file keeps the fragment, as a line of its own.
    }
  }

  private isAt(file: BigIntStats | undefined): boolean {
    return file !== undefined && file.ino === this.identity?.ino && file.dev === this.identity.dev;
  }
}
