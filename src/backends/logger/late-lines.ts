import { LogHandle } from './log-handle';
import { isBusy, writeSome } from './write-some';

/** Maximum time to wait for a full pipe. While the pipe stays full, later lines do not wait. */
const PATIENCE_MS = 1000;

/**
 * Writes single lines after the writer has ended. Each write opens and closes the log, so nothing
 * stays open.
 */
export class LateLines {
  private readonly log: LogHandle;
  private isStalled = false;

  /**
   * @param path undefined for standard output
   * @param mode permissions of a file that is created
   */
  constructor(path: string | undefined, mode: number) {
    this.log = new LogHandle(path, mode, Infinity);
  }

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
      this.log.beginLine();
      while (at < bytes.length) at += writeSome(this.log.fd, bytes, at, bytes.length, this.isStalled ? 0 : PATIENCE_MS);
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
