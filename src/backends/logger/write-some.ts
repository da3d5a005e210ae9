import { writeSync } from 'node:fs';

/** Pause in milliseconds between two attempts to write to a full pipe. */
export const PAUSE_MS = 5;

/**
 * Writes once in this thread, as much as the file accepts.
 * @param patienceMs maximum time to wait for a full pipe
 * @returns the number of bytes written
 * @throws the error of the system; EAGAIN only after `patienceMs`
 */
export function writeSome(fd: number, bytes: Buffer, from: number, to: number, patienceMs: number): number {
  for (let waitedMs = 0; ; waitedMs += PAUSE_MS) {
    try {
      return writeSync(fd, bytes, from, to - from);
    } catch (error) {
      if (!isBusy(error) || waitedMs >= patienceMs) throw error;
      pause(PAUSE_MS);
    }
  }
}

/** Blocks this thread. */
export function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** True if a non-blocking pipe was full. */
export function isBusy(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EAGAIN';
}
