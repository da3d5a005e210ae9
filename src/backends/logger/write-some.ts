import { writeSync } from 'node:fs';

/** How long a full pipe is left alone. */
export const PAUSE_MS = 5;

/**
 * One write of this thread, of as much as the file takes at once.
 * @param patienceMs how long a pipe that is full is waited for
 * @returns the number of bytes written
 * @throws what the system says, EAGAIN only after `patienceMs`
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

/** Holds up this thread. */
export function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** True if a pipe that does not block was full. */
export function isBusy(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EAGAIN';
}
