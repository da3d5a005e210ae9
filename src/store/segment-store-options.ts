export interface SegmentStoreOptions {
  /** What its files may take up together. Records need 16 bytes more than their text: a header, and room for their mark. */
  readonly maxBytes: number;
  /** Whether what is flushed survives the death of the machine, and not only that of the process. */
  readonly fsync: boolean;
  /** A segment is closed before it passes this. At most 1 GiB.  @default 8 MiB, or a sixteenth of `maxBytes` if that is less */
  readonly segmentBytes?: number | undefined;
  /** Records that need not be flushed are written when together they are as large.  @default 65536 */
  readonly chunkBytes?: number | undefined;
  /** The topmost folder that is not made if it is missing.  @default none: all are made */
  readonly root?: string | undefined;
}

const SEGMENT_BYTES = 8 * 1024 * 1024;
const MIN_SEGMENT_BYTES = 4096;
/** Offsets are 32 bits, and the last record may begin just before this. */
const MAX_SEGMENT_BYTES = 1024 * 1024 * 1024;
export const CHUNK_BYTES = 64 * 1024;

/** The size beyond which a segment takes no more records. */
export function segmentBytesOf({ segmentBytes, maxBytes }: SegmentStoreOptions): number {
  const wanted = segmentBytes ?? Math.min(SEGMENT_BYTES, maxBytes / 16);
  return Math.min(MAX_SEGMENT_BYTES, Math.max(MIN_SEGMENT_BYTES, wanted));
}
