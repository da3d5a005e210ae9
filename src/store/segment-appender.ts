import { MARK_BYTES, SEGMENT_HEADER_BYTES } from './record-format';
import type { RecordRef } from './record-store';
import { Segment } from './segment';
import type { SegmentFiles } from './segment-files';
import { segmentBytesOf, type SegmentStoreOptions } from './segment-store-options';
import type { SegmentWriter } from './segment-writer';
import { StoreWriteException } from './store-write.exception';

/** A disk with less free space than this counts as full. */
const PROBE_BYTES = 4096;

/** Writes the newest segment of a store, and starts a new one when it is full. */
export class SegmentAppender {
  readonly segmentBytes: number;
  private readonly writer: SegmentWriter;
  private readonly maxBytes: number;

  constructor(
    private readonly files: SegmentFiles,
    options: SegmentStoreOptions,
    private nextSequence: number,
  ) {
    this.writer = files.writer;
    this.maxBytes = options.maxBytes;
    this.segmentBytes = segmentBytesOf(options);
  }

  /**
   * Appends a record, as `RecordStore.append` describes.
   * @returns the ref of the record; undefined if there is no capacity
   * @throws StoreWriteException, RecordTooLargeException
   */
  append(payload: string | Buffer, flush: boolean): RecordRef | undefined {
    try {
      return this.tryAppend(payload, flush);
    } catch (error) {
      this.giveBackFor(error);
      return this.tryAppend(payload, flush);
    }
  }

  /**
   * Writes the buffered records.
   * @throws StoreWriteException
   */
  flush(): void {
    try {
      this.writer.flush();
    } catch (error) {
      this.giveBackFor(error);
    }
  }

  /**
   * Tests whether this many bytes could be written.
   * @throws StoreWriteException
   */
  probe(bytes: number): void {
    const wanted = Math.max(bytes, PROBE_BYTES);
    try {
      this.tryProbe(wanted);
    } catch (error) {
      this.giveBackFor(error);
      this.tryProbe(wanted);
    }
  }

  /**
   * True if records of this many bytes fit into `maxBytes`. Space for every mark is included, so
   * that settling never exceeds the limit.
   */
  fits(bytes: number): boolean {
    const { bytes: used, count } = this.files.table;
    return used + SEGMENT_HEADER_BYTES + bytes + (count + 1) * MARK_BYTES <= this.maxBytes;
  }

  /**
   * Closes the segment that is being written.
   * @throws StoreWriteException; the segment stays open for writing
   */
  seal(): void {
    const { active } = this.files;
    if (active === undefined) return;
    this.writer.seal();
    this.files.active = undefined;
    if (active.unsettled === 0) this.files.remove(active);
  }

  /**
   * Closes the segment that is being written, and abandons records that cannot be written.
   * @returns true if nothing more is written to the segment
   */
  sealOrAbandon(active: Segment): boolean {
    try {
      this.writer.seal();
    } catch {
      if (active.leased > 0) return false;
      this.writer.abandon();
    }
    this.files.active = undefined;
    return true;
  }

  private tryAppend(payload: string | Buffer, flush: boolean): RecordRef | undefined {
    const size = this.writer.stage(payload);
    if (!this.fits(size) && !(this.giveBackActive() && this.fits(size))) return undefined;
    let segment = this.files.active;
    if (segment === undefined || segment.bytes + size > this.segmentBytes) segment = this.roll();
    this.writer.keep(flush);
    const index = this.files.table.enter(segment, size);
    return { segment: segment.key, index };
  }

  private tryProbe(bytes: number): void {
    if (this.files.active === undefined) this.roll();
    this.writer.probe(bytes);
  }

  /**
   * Frees space on a disk that may be full: a segment whose records are all settled normally stays
   * while more records fit into it.
   * @throws the given error if there is no such segment
   */
  private giveBackFor(error: unknown): void {
    if (!(error instanceof StoreWriteException) || !this.giveBackActive()) throw error;
  }

  /** @returns true if the segment that is being written had only settled records and was removed */
  private giveBackActive(): boolean {
    const { active } = this.files;
    if (active === undefined || active.unsettled > 0 || active.bytes === SEGMENT_HEADER_BYTES) return false;
    this.sealOrAbandon(active);
    return this.files.remove(active);
  }

  private roll(): Segment {
    this.seal();
    // The sequence is not reused even if this fails, because the file may exist.
    const segment = new Segment(this.files.folder.place(this.nextSequence++));
    segment.seed = this.openWriter(segment);
    segment.bytes = SEGMENT_HEADER_BYTES;
    this.files.table.add(segment);
    this.files.active = segment;
    return segment;
  }

  private openWriter({ path, sequence }: Segment): number {
    try {
      return this.writer.open(path, sequence);
    } catch (error) {
      // Only the folder of this store was removed. `check` counts everything that was in it.
      if ((error as StoreWriteException).code !== 'ENOENT') throw error;
      this.files.folder.make();
      return this.writer.open(path, sequence);
    }
  }
}
