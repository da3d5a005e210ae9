import { closeSync, openSync } from 'node:fs';

/** Keeps the descriptor of one file open while the same file is requested. */
export class OpenFile {
  private path: string | undefined;
  private fd = -1;

  /**
   * Returns the descriptor of a file, opening it if necessary.
   * @param onOpen called with the descriptor of a file that was not open yet; if it throws, the
   * file is closed again
   */
  open(path: string, flags: string | number, onOpen?: (fd: number) => void): number {
    if (path === this.path) return this.fd;
    this.close();
    const fd = openSync(path, flags, 0o600);
    try {
      onOpen?.(fd);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    this.fd = fd;
    this.path = path;
    return fd;
  }

  /**
   * Passes the descriptor to the caller, who has to close it.
   * @returns the descriptor; undefined if another file is open, or none
   */
  take(path: string): number | undefined {
    if (path !== this.path) return undefined;
    this.path = undefined;
    return this.fd;
  }

  closeIf(path: string): void {
    if (path === this.path) this.close();
  }

  close(): void {
    if (this.path === undefined) return;
    this.path = undefined;
    closeSync(this.fd);
  }
}
