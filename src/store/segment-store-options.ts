export interface SegmentStoreOptions {
  /**
   * Maximum size of all files together, in bytes. A record needs 16 bytes more than its payload: a
   * header and space for its mark.
   */
  readonly maxBytes: number;
  /**
   * True if flushed records survive a crash of the machine, and not only the death of the process.
   */
  readonly fsync: boolean;
  /**
   * Maximum size of a segment in bytes. It is closed before it exceeds this. At most 1 GiB.
   * @default 8 MiB, or a sixteenth of `maxBytes` if that is less
   */
  readonly segmentBytes?: number | undefined;
  /**
   * Buffer size in bytes. Records that need not be flushed are written when they reach it together.
   * @default 65536
   */
  readonly chunkBytes?: number | undefined;
  /**
   * Topmost folder that is not created if it is missing.
   * @default none: all folders are created
   */
  readonly root?: string | undefined;
}

const SEGMENT_BYTES = 8 * 1024 * 1024;
const MIN_SEGMENT_BYTES = 4096;
/** Offsets have 32 bits, and the last record may begin just before this limit. */
const MAX_SEGMENT_BYTES = 1024 * 1024 * 1024;
export const CHUNK_BYTES = 64 * 1024;

/** Returns the size beyond which a segment accepts no more records. */
export function segmentBytesOf({ segmentBytes, maxBytes }: SegmentStoreOptions): number {
  const wanted = segmentBytes ?? Math.min(SEGMENT_BYTES, maxBytes / 16);
  return Math.min(MAX_SEGMENT_BYTES, Math.max(MIN_SEGMENT_BYTES, wanted));
}
