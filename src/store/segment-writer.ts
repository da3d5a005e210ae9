/**
 * Writes the segment that is being written.
 *
 * A full disk tears the current record, and a torn record in the middle of a file hides all records
 * after it. Therefore every write has an explicit position: the remains of a failed write are
 * truncated, and if that fails too, the next write overwrites them.
 *
 * A record is first staged after the buffered ones, so that its size is known and its string is
 * encoded only once, directly into the write buffer. Only `keep` accepts it. The writer has at most
 * one open file.
 */
import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  rmSync,
  writeSync,
  type Stats,
} from 'node:fs';
import { dirname } from 'node:path';
import { checksum, createSegmentHeader, HEADER_BYTES, readSegmentHeader, SEGMENT_HEADER_BYTES } from './record-format';
import { RecordTooLargeException } from './record-too-large.exception';
import { StoreWriteException } from './store-write.exception';

export class SegmentWriter {
  private readonly chunk: Buffer;
  /**
   * View of the same memory: a subarray of a Uint8Array costs less than one of a Buffer (0.1 us per
   * record).
   */
  private readonly bytes: Uint8Array;
  private gathered = 0;
  private staged = 0;
  /** The staged record, if it is larger than a chunk. */
  private apart: Buffer | undefined;
  private path = '';
  private fd = -1;
  private device = 0;
  private inode = 0;
  private written = 0;
  private isDirty = false;

  constructor(
    chunkBytes: number,
    private readonly fsync: boolean,
  ) {
    this.chunk = Buffer.allocUnsafeSlow(chunkBytes);
    this.bytes = new Uint8Array(this.chunk.buffer, 0, chunkBytes);
  }

  /** Number of bytes of the segment that are in its file. Records kept beyond that are buffered. */
  get onDisk(): number {
    return this.written;
  }

  /**
   * Starts a new segment with its header. The previous one must be sealed.
   * @returns the seed of the marks of the segment
   */
  open(path: string, sequence: number): number {
    const header = createSegmentHeader(sequence);
    try {
      // Events contain personal data, so no other user may read the file. It is opened for reading
      // too, because its records are read through this descriptor.
      this.fd = openSync(path, 'wx+', 0o600);
      this.writeAll(header, header.length, 0);
      const { dev, ino } = fstatSync(this.fd);
      this.device = dev;
      this.inode = ino;
      if (this.fsync) syncFolder(dirname(path));
    } catch (cause) {
      if (this.fd !== -1) removeQuietly(path);
      this.abandon();
      throw StoreWriteException.create({ path, cause });
    }
    this.path = path;
    this.written = SEGMENT_HEADER_BYTES;
    return readSegmentHeader(header)?.seed ?? 0;
  }

  /** Descriptor of the open segment. */
  get descriptor(): number {
    return this.fd;
  }

  /**
   * True if a file is the one that is being written. On file systems whose inode numbers change
   * (some network file systems), the size is compared instead: a copy stops growing with the next
   * write.
   */
  isWriting({ dev, ino, size }: Pick<Stats, 'dev' | 'ino' | 'size'>): boolean {
    return (ino === this.inode && dev === this.device) || (size === this.written && this.isLinked());
  }

  /**
   * Tests whether this many bytes could be written, and removes them again.
   * @throws StoreWriteException
   */
  probe(bytes: number): void {
    try {
      this.writeAll(Buffer.alloc(bytes), bytes, this.written + this.gathered);
    } catch (cause) {
      throw StoreWriteException.create({ path: this.path, cause });
    } finally {
      this.cut();
    }
  }

  /**
   * Encodes a record after the buffered ones. Replaces a record that was staged before.
   * @returns the size of the record in the file, in bytes
   */
  stage(payload: string | Buffer): number {
    this.staged = 0;
    // A UTF-16 unit takes at most 3 bytes of UTF-8: if that many fit, the string need not be
    // measured first.
    const fits = this.gathered + HEADER_BYTES + payload.length * 3 <= this.chunk.length;
    this.apart = fits ? undefined : this.makeRoom(payload);
    const into = this.apart ?? this.chunk;
    const at = this.apart === undefined ? this.gathered : 0;
    const start = at + HEADER_BYTES;
    const length = typeof payload === 'string' ? into.write(payload, start) : payload.copy(into, start);
    const view = this.apart ?? this.bytes;
    into.writeUInt32LE(length, at);
    into.writeUInt32LE(checksum(view.subarray(start, start + length)), at + 4);
    this.staged = HEADER_BYTES + length;
    return this.staged;
  }

  /**
   * Accepts the staged record.
   * @throws StoreWriteException; the record is not accepted then
   */
  keep(flush: boolean): void {
    const size = this.staged;
    this.staged = 0;
    if (this.apart !== undefined) {
      const record = this.apart;
      this.apart = undefined;
      this.writeGathered();
      this.write(record, size);
    } else if (flush) {
      this.write(this.chunk, this.gathered + size);
      this.gathered = 0;
    } else {
      this.gathered += size;
    }
    if (flush) this.sync(size);
  }

  flush(): void {
    this.writeGathered();
    this.sync(0);
  }

  /** Flushes and closes the file. A staged record stays staged, for the next segment. */
  seal(): void {
    if (this.fd === -1) return;
    this.flush();
    this.abandon();
  }

  /** Closes the file and discards the buffered records. */
  abandon(): void {
    if (this.fd !== -1) closeSync(this.detach());
  }

  /**
   * Passes the descriptor to the caller without closing it, and discards the buffered records.
   * @returns the descriptor
   */
  detach(): number {
    const { fd } = this;
    this.fd = -1;
    this.forgetGathered();
    this.isDirty = false;
    return fd;
  }

  /** Returns a copy of buffered bytes. Offsets are relative to the segment. */
  read(start: number, end: number): Buffer {
    return Buffer.from(this.bytes.subarray(start - this.written, end - this.written));
  }

  /** @returns a buffer for a record that is larger than a chunk; otherwise undefined */
  private makeRoom(payload: string | Buffer): Buffer | undefined {
    const size = HEADER_BYTES + RecordTooLargeException.check(payload);
    if (size > this.chunk.length) return Buffer.allocUnsafeSlow(size);
    if (this.gathered + size > this.chunk.length) this.writeGathered();
    return undefined;
  }

  private writeGathered(): void {
    if (this.gathered === 0) return;
    this.write(this.chunk, this.gathered);
    this.forgetGathered();
  }

  private forgetGathered(): void {
    const { gathered, staged } = this;
    if (gathered > 0 && staged > 0 && this.apart === undefined) this.chunk.copyWithin(0, gathered, gathered + staged);
    this.gathered = 0;
  }

  private write(from: Buffer, length: number): void {
    try {
      this.writeAll(from, length, this.written);
    } catch (cause) {
      this.cut();
      throw StoreWriteException.create({ path: this.path, cause });
    }
    this.written += length;
    this.isDirty = true;
  }

  private writeAll(from: Buffer, length: number, at: number): void {
    for (let done = 0; done < length;) done += writeSync(this.fd, from, done, length - done, at + done);
  }

  private isLinked(): boolean {
    return this.fd !== -1 && fstatSync(this.fd).nlink > 0;
  }

  /** @param size size of the record that counts as not accepted if this fails */
  private sync(size: number): void {
    if (!this.fsync || !this.isDirty) return;
    try {
      fdatasyncSync(this.fd);
    } catch (cause) {
      this.written -= size;
      this.cut();
      throw StoreWriteException.create({ path: this.path, cause });
    }
    this.isDirty = false;
  }

  private cut(): void {
    try {
      ftruncateSync(this.fd, this.written);
    } catch {
      // The next write uses the same position. A reader detects the bytes after it by their
      // checksum.
    }
  }
}

/** Syncs a folder. A new file survives a crash of the machine only if its folder was synced too. */
export function syncFolder(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * Removes a segment that has no header: it would be an empty file that the next process has to
 * remove.
 */
function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // The file stays.
  }
}
