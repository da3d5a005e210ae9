import type { ChunkLog } from './chunk-writer';
import { isBusy } from './write-some';

/** Maximum time to wait for a full pipe. While the pipe stays full, later lines do not wait. */
const PATIENCE_MS = 1000;

/**
 * Writes single lines after the writer has ended. Each write opens and closes the log, so nothing
 * stays open.
 */
export class LateLines {
  private isStalled = false;

  /** @param log closed, and used by no other object */
  constructor(private readonly log: ChunkLog) {}

  /**
   * Writes one line.
   * @param isAfterFragment true if half a line was written last; needed only for a pipe or standard
   *   output, where this cannot be read back
   * @returns false if the log could not take the line
   */
  write(line: string, isAfterFragment = false): boolean {
    const bytes = Buffer.from(`${line}\n`);
    let at = 0;
    try {
      this.log.open();
      if (isAfterFragment) this.log.isEndUnknown = true;
      while (at < bytes.length) at += this.log.write(bytes, at, this.isStalled ? 0 : PATIENCE_MS);
      this.isStalled = false;
      return true;
    } catch (error) {
      this.isStalled = isBusy(error);
      this.log.removeFragment(bytes.subarray(0, at));
      return false;
    } finally {
      this.log.close();
    }
  }
}
