import { readSync } from 'node:fs';
import { OpenFile } from './open-file';
import { checksum, HEADER_BYTES, readSegmentHeader, SEGMENT_HEADER_BYTES } from './record-format';
import type { Segment } from './segment';
import type { SegmentWriter } from './segment-writer';
import { StoreReadException } from './store-read.exception';

/** Error codes which mean that a file does not exist any more. */
const MISSING: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'ESTALE', 'ELOOP']);

/** True if an error means that a file or its folder does not exist any more. */
export function isMissing(error: unknown): boolean {
  return MISSING.has((error as NodeJS.ErrnoException).code);
}

/** Reads the bytes of segments: from the open descriptor of a segment, otherwise from its path. */
export class SegmentReader {
  private readonly file = new OpenFile();

  /**
   * Reads a range of a segment. Returns fewer bytes than requested at an unreadable place of the
   * disk or at the end of the file.
   * @param writer the writer of this segment, if it is being written
   * @returns the bytes; undefined if the file does not exist any more
   * @throws StoreReadException if the file cannot be opened or read for now
   */
  read(segment: Segment, start: number, end: number, writer?: SegmentWriter): Buffer | undefined {
    if (writer !== undefined && start >= writer.onDisk) return writer.read(start, end);
    const bytes = Buffer.allocUnsafeSlow(end - start);
    let done = 0;
    try {
      const fd = writer?.descriptor ?? segment.fd ?? this.open(segment);
      while (done < bytes.length) {
        const read = readSync(fd, bytes, done, bytes.length - done, start + done);
        if (read === 0) break;
        done += read;
      }
    } catch (cause) {
      if (isMissing(cause)) return undefined;
      if ((cause as NodeJS.ErrnoException).code !== 'EIO') throw StoreReadException.create(segment.path, cause);
    }
    return bytes.subarray(0, done);
  }

  /**
   * Passes the descriptor of a segment to the caller, if that segment was read last. The caller
   * closes it.
   */
  take(segment: Segment): number | undefined {
    return this.file.take(segment.path);
  }

  closeIf(path: string): void {
    this.file.closeIf(path);
  }

  close(): void {
    this.file.close();
  }

  private open(segment: Segment): number {
    return this.file.open(segment.path, 'r', (fd) => {
      if (segment.format > 1 && !isOf(segment, fd)) throw Object.assign(new Error('replaced'), { code: 'ENOENT' });
    });
  }
}

/** True if the file behind a descriptor has the header of the segment, or no readable header. */
function isOf(segment: Segment, fd: number): boolean {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
  const length = readSync(fd, header, 0, header.length, 0);
  const found = readSegmentHeader(header.subarray(0, length));
  return found === undefined || found.seed === segment.seed;
}

/**
 * Returns the payload of the record at an offset, as a slice of the given bytes; undefined if the
 * record is not complete.
 */
export function wholePayload(bytes: Buffer, at: number): Buffer | undefined {
  if (at + HEADER_BYTES > bytes.length) return undefined;
  const start = at + HEADER_BYTES;
  const end = start + bytes.readUInt32LE(at);
  if (end > bytes.length) return undefined;
  const payload = bytes.subarray(start, end);
  return checksum(payload) === bytes.readUInt32LE(at + 4) ? payload : undefined;
}
