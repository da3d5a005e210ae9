/**
 * The open log: its descriptor, and the rule that each line begins on a line of its own.
 *
 * A write can stop in the middle of a line: the disk is full, the process is killed, a reader leaves. Whatever is appended next,
 * by this process or another, would become one unreadable line with that fragment. So a fragment is removed from a file as soon
 * as the write falls short, and a file that ends in one all the same gets a newline first. A pipe gets the newline only.
 * See docs/decisions/0185.
 */
import { closeSync, fstatSync, ftruncateSync, writeSync, type BigIntStats } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { endsInFragment, sizeIfEndsWith } from './file-end';
import { openForAppending, statOf } from './log-file';
import { isPipe } from './pipe-pieces';

const STANDARD_OUTPUT = 1;

export class LogHandle {
  /** -1 while it is closed. */
  fd = -1;
  /** True for a pipe, or a socket that stands for one. */
  isPipe = false;
  /** True for a file on a disk: a write to it does not wait for a reader. */
  isFile = false;
  private identity: Pick<BigIntStats, 'dev' | 'ino'> | undefined;
  private checkedAtMs = 0;
  /** True until it is known that what comes next begins on a line of its own. */
  isEndUnknown = false;

  /**
   * @param path undefined for standard output
   * @param mode permissions of a file that is created
   * @param rotationCheckMs the path is looked at no more often than this
   */
  constructor(
    private readonly path: string | undefined,
    private readonly mode: number,
    private readonly rotationCheckMs: number,
  ) {}

  /** @throws the error of the system; ENXIO for a named pipe that nobody reads */
  open(): void {
    if (this.path === undefined) {
      // Reading `process.stdout` makes Node put a pipe into non-blocking mode: a reader that is slow does not stop this thread.
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

  /** Forgets the descriptor. @returns it if this process opened it and so has to close it */
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
      // The descriptor is released all the same.
    }
  }

  /** The size in bytes; undefined for what has none, such as a pipe or a device. */
  size(): bigint | undefined {
    try {
      const stats = fstatSync(this.fd, { bigint: true });
      return stats.isFile() ? stats.size : undefined;
    } catch {
      return undefined; // the write that follows fails too, and says why
    }
  }

  /** True if another file, or none, is at the path; looked up once in `rotationCheckMs`. */
  hasMoved(): boolean {
    const nowMs = performance.now();
    if (this.path === undefined || nowMs - this.checkedAtMs < this.rotationCheckMs) return false;
    this.checkedAtMs = nowMs;
    return !this.isAt(statOf(this.path));
  }

  /** Ends a fragment that is in front of the next line. @throws the error of the system */
  beginLine(): void {
    if (!this.isEndUnknown) return;
    const { path } = this;
    const isFragment = this.isFile && path !== undefined ? endsInFragment(path, (file) => this.isAt(file)) : true;
    if (isFragment) writeSync(this.fd, '\n');
    this.isEndUnknown = false;
  }

  /**
   * Called after a write fell short. Cuts the half line off the file, unless something else follows it already.
   * @param fragment the bytes of the line that were written
   */
  removeFragment(fragment: Buffer): void {
    if (fragment.length === 0) return;
    this.isEndUnknown = true;
    const { path } = this;
    if (!this.isFile || path === undefined) return;
    const size = sizeIfEndsWith(path, fragment, (file) => this.isAt(file));
    try {
      // Compared once more right before: what another process has appended since must not be cut off.
      if (size !== undefined && this.size() === BigInt(size)) ftruncateSync(this.fd, size - fragment.length);
    } catch {
      // A file that can only be appended to keeps the fragment, as a line of its own.
    }
  }

  private isAt(file: BigIntStats | undefined): boolean {
    return file !== undefined && file.ino === this.identity?.ino && file.dev === this.identity.dev;
  }
}
