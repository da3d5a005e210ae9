/**
 * Splits text for a pipe into pieces of whole lines of at most PIPE_BUF bytes.
 *
 * Several processes may write to one pipe, such as the workers of a cluster or processes that a
 * shell starts in parallel. The system keeps a write whole only up to PIPE_BUF bytes. When the pipe
 * is full, a larger write can be interleaved with other writes at any byte. A longer line is a
 * piece of its own: it cannot be kept whole, but it tears no other line of this process. See
 * docs/decisions/0153.
 */
import cluster from 'node:cluster';
import { fstatSync } from 'node:fs';

/** PIPE_BUF: 4,096 on Linux; elsewhere the minimum that POSIX allows, as on macOS. */
export const MAX_PIECE_BYTES = process.platform === 'linux' ? 4096 : 512;

const NEWLINE = 0x0a;

/** True for pipes, and for the sockets that Node uses as pipes between processes. */
export function isPipe(fd: number): boolean {
  try {
    const stats = fstatSync(fd);
    return stats.isFIFO() || stats.isSocket();
  } catch {
    return false; // the following write fails too, and reports the reason
  }
}

/**
 * Returns the end of the piece that starts at `from`: as many whole lines as fit, or one longer
 * line.
 */
export function pieceEnd(bytes: Buffer, from: number): number {
  if (bytes.length - from <= MAX_PIECE_BYTES) return bytes.length;
  const lastFitting = bytes.lastIndexOf(NEWLINE, from + MAX_PIECE_BYTES - 1);
  const newline = lastFitting >= from ? lastFitting : bytes.indexOf(NEWLINE, from + MAX_PIECE_BYTES);
  return newline < 0 ? bytes.length : newline + 1;
}

/**
 * Warns once, in a cluster worker that shares a pipe with other workers, that a line is too long to
 * be kept whole.
 */
export class LongLineNotice {
  private isGiven = false;

  constructor(private readonly say: (text: string) => void) {}

  given(bytes: number): void {
    if (this.isGiven || bytes <= MAX_PIECE_BYTES || !cluster.isWorker) return;
    this.isGiven = true;
    this.say(
      `a line has more than ${String(MAX_PIECE_BYTES)} bytes, and other workers of the cluster may write into the midst of it, ` +
        `since they share a pipe. Fix: maxEventBytes: ${String(MAX_PIECE_BYTES - 1)} to drop such events, or a path for each worker`,
    );
  }
}
