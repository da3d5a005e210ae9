/**
 * A disk that is full tears the record that is being written, and a torn record in the middle of a file hides all behind it. So
 * every write names its position: what a failed write left is cut away, and if even that fails, overwritten by the next one.
 *
 * A record is first staged behind the gathered ones, so that its size is known and its text is encoded once, straight into what
 * will be written; only `keep` takes it. Of a file of its own it has at most one, the segment that is being written.
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
  /** The same memory: a subarray of it costs less than one of a Buffer (0.1 us for each record). */
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

  /** How much of the segment is in its file; what was kept beyond it is gathered. */
  get onDisk(): number {
    return this.written;
  }

  /**
   * Begins a new segment, with its header. The one before must be sealed.
   * @returns the seed of its marks
   */
  open(path: string, sequence: number): number {
    const header = createSegmentHeader(sequence);
    try {
      // Events hold personal data: no other user reads them. Read and write: its records are read through this descriptor.
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

  /** The descriptor of the open segment. */
  get descriptor(): number {
    return this.fd;
  }

  /**
   * Whether a file is the one that is being written. File systems whose inode numbers change (some over a network) are
   * asked for the size instead: a copy stops growing with the next write.
   */
  isWriting({ dev, ino, size }: Pick<Stats, 'dev' | 'ino' | 'size'>): boolean {
    return (ino === this.inode && dev === this.device) || (size === this.written && this.isLinked());
  }

  /** Tries whether so many bytes could be written, and takes them back. @throws StoreWriteException */
  probe(bytes: number): void {
    try {
      this.writeAll(Buffer.alloc(bytes), bytes, this.written + this.gathered);
    } catch (cause) {
      throw StoreWriteException.create({ path: this.path, cause });
    } finally {
      this.cut();
    }
  }

  /** Encodes a record behind the gathered ones and forgets any that was staged before. @returns its size in the file. */
  stage(payload: string | Buffer): number {
    this.staged = 0;
    // No UTF-16 unit takes more than 3 bytes of UTF-8: as long as those fit, measuring the text beforehand is not needed.
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

  /** Takes the staged record. @throws StoreWriteException; then it is not taken. */
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

  /** Closes the file without what is gathered. */
  abandon(): void {
    if (this.fd !== -1) closeSync(this.detach());
  }

  /** Closes nothing: hands the descriptor over, without what is gathered. @returns the descriptor */
  detach(): number {
    const { fd } = this;
    this.fd = -1;
    this.forgetGathered();
    this.isDirty = false;
    return fd;
  }

  /** A copy of gathered bytes; offsets are those of the segment. */
  read(start: number, end: number): Buffer {
    return Buffer.from(this.bytes.subarray(start - this.written, end - this.written));
  }

  /** @returns a buffer for a record that no chunk can hold */
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

  /** @param size of the record that the caller is told was not taken if this fails */
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
      // The next write goes to the same position; a reader finds what lies behind it by its checksum.
    }
  }
}

/** A new file survives the death of the machine only when its folder has been synced too. */
export function syncFolder(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** What is left of a segment without a header would only be an empty file for the next process to remove. */
function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // It stays.
  }
}
