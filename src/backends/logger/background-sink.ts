import SonicBoom from 'sonic-boom';
import { pause } from './write-some';

/** The open file that a BackgroundSink writes to. */
export interface BackgroundFile {
  readonly fd: number;
  /** Returns the size in bytes; undefined if it cannot be known. */
  size(): bigint | undefined;
  /** Writes a newline if the file ends in a fragment. @throws the error of the system */
  beginLine(): void;
  /** Forgets the descriptor, which the sink closes. */
  release(): void;
}

/** Writes chunks to an open log one at a time, without blocking the calling thread. */
export interface ChunkSink {
  /** True from `write` until the end of the write is reported, or until `release`. */
  readonly isUnderWay: boolean;
  /** Starts a write. @throws the error of the system if the log does not take a first newline */
  write(bytes: Buffer): void;
  /**
   * Blocks the thread until the write is over.
   * @returns true if no write is in progress, as far as can be seen
   */
  awaitEnd(patienceMs: number): boolean;
  /** Abandons the log: a write in progress may continue, but is no longer reported. */
  release(): void;
}

/** How the end of a write is reported. */
export interface ChunkSinkEvents {
  /**
   * The write ended. If `bytes` is less than given, only a part was written. Release the sink
   * before this returns; otherwise it writes the rest, after any lines that others appended.
   */
  written(bytes: number): void;
  /** The write failed. */
  failed(error: Error): void;
}

/** Writes to one open file with sonic-boom, which also closes the file. */
export class BackgroundSink implements ChunkSink {
  private readonly sonic: SonicBoom;
  private isReleased = false;
  private isWriting = false;
  /** Size of the file after the write in progress. */
  private sizeAfterwards = 0n;

  constructor(
    private readonly file: BackgroundFile,
    events: ChunkSinkEvents,
  ) {
    this.sonic = new SonicBoom({ fd: file.fd, contentMode: 'buffer' });
    // A released sink may still emit, but its file has been replaced.
    this.sonic.on('write', (bytes: number) => {
      if (this.isReleased) return;
      this.isWriting = false;
      events.written(bytes);
    });
    this.sonic.on('error', (error: Error) => {
      if (!this.isReleased) events.failed(error);
    });
  }

  get isUnderWay(): boolean {
    return this.isWriting;
  }

  write(bytes: Buffer): void {
    this.file.beginLine();
    this.isWriting = true;
    this.sizeAfterwards = (this.file.size() ?? 0n) + BigInt(bytes.length);
    // In buffer mode sonic-boom accepts buffers, which its types do not declare.
    (this.sonic as { write(bytes: unknown): boolean }).write(bytes);
  }

  /**
   * Watches the size of the file: this thread learns of the end of a write only when it yields, but
   * it sees the size at once.
   */
  awaitEnd(patienceMs: number): boolean {
    for (let waitedMs = 0; this.isWriting; waitedMs++) {
      const size = this.file.size();
      if (size === undefined || size >= this.sizeAfterwards) return true;
      if (waitedMs >= patienceMs) return false;
      pause(1);
    }
    return true;
  }

  release(): void {
    this.isReleased = true;
    this.isWriting = false;
    this.file.release();
    this.sonic.on('error', () => undefined); // closing an unwritable file may fail as well
    this.sonic.destroy();
  }
}
