/**
 * A process that dies takes its memory with it, a destination that is down for a night outgrows any memory, and a disk that is
 * never given back fills the machine. So records stand in append-only files of a few megabytes, each with a file of marks for
 * those that are settled, and a file whose records are all settled is deleted.
 *
 * In a folder: `00000001.seg` (records), `00000001.done` (marks), `00000001.damaged` (what could not be read, for a person to
 * look at). Formats: record-format.ts. A folder has one owner at a time (owned-folder.ts); a store never goes on writing a
 * segment of an earlier process.
 */
import { closeSync, constants, openSync, readSync, truncateSync, writeSync } from 'node:fs';
import { Damage } from './damage';
import { checksum, HEADER_BYTES, MARK_BYTES } from './record-format';
import type { RecordRef, RecordStore, StoredRecord, StoreDamage } from './record-store';
import { encodeMarks, recoverSegment } from './recover-segment';
import { Segment, type Run } from './segment';
import { SegmentFolder, type SegmentFileKind } from './segment-folder';
import { SegmentWriter } from './segment-writer';
import { StoreReadException } from './store-read.exception';
import { StoreWriteException } from './store-write.exception';

export interface SegmentStoreOptions {
  /** What its files may take up together. Records need 16 bytes more than their text: a header, and room for their mark. */
  readonly maxBytes: number;
  /** Whether what is flushed survives the death of the machine, and not only that of the process. */
  readonly fsync: boolean;
  /** A segment is closed before it passes this. At most 1 GiB.  @default 8 MiB, or a sixteenth of `maxBytes` if that is less */
  readonly segmentBytes?: number | undefined;
  /** Records that need not be flushed are written when together they are as large.  @default 65536 */
  readonly chunkBytes?: number | undefined;
}

const SEGMENT_BYTES = 8 * 1024 * 1024;
const MIN_SEGMENT_BYTES = 4096;
/** Offsets are 32 bits, and the last record may begin just before this. */
const MAX_SEGMENT_BYTES = 1024 * 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;
const MARKS = constants.O_WRONLY | constants.O_CREAT;
/** One read; a record that somebody holds on to keeps this much of memory. */
const READ_BYTES = 1024 * 1024;
/** What is set aside may take up this share of `maxBytes`; the oldest goes first. */
const ASIDE_SHARE = 1 / 4;

export class SegmentStore implements RecordStore {
  readonly recovered: number;
  private readonly damaged = new Damage();
  private readonly segments = new Map<number, Segment>();
  private readonly writer: SegmentWriter;
  private readonly segmentBytes: number;
  /** The segment that is being written, if any. */
  private active: Segment | undefined;
  private nextSequence = 1;
  private unsettled = 0;
  private usedBytes = 0;
  private readonly reader = new OpenFile();
  private readonly marker = new OpenFile();
  private isClosed = false;

  /**
   * Makes the folder if it is not there, and reads what is.
   * @throws StoreWriteException, StoreReadException if the folder or a file cannot be opened at all; never for damage
   */
  static open(folder: string, options: SegmentStoreOptions): SegmentStore {
    return new SegmentStore(new SegmentFolder(folder), options);
  }

  private constructor(
    private readonly folder: SegmentFolder,
    private readonly options: SegmentStoreOptions,
  ) {
    const { maxBytes, fsync, chunkBytes = CHUNK_BYTES } = options;
    const segmentBytes = options.segmentBytes ?? Math.min(SEGMENT_BYTES, maxBytes / 16);
    this.segmentBytes = Math.min(MAX_SEGMENT_BYTES, Math.max(MIN_SEGMENT_BYTES, segmentBytes));
    this.writer = new SegmentWriter(chunkBytes, fsync);
    folder.make();
    this.recover();
    this.recovered = this.unsettled;
  }

  get count(): number {
    return this.unsettled;
  }

  get bytes(): number {
    return this.usedBytes;
  }

  get damage(): StoreDamage {
    return this.damaged;
  }

  append(payload: string | Buffer, flush: boolean): RecordRef | undefined {
    if (this.isClosed) throw StoreWriteException.create({ path: this.folder.path, cause: new Error('it is closed') });
    try {
      return this.tryAppend(payload, flush);
    } catch (error) {
      // The disk may be full of what was settled long ago: a segment stays for as long as more can go into it.
      if (!(error instanceof StoreWriteException) || !this.giveBackActive()) throw error;
      return this.tryAppend(payload, flush);
    }
  }

  flush(): void {
    this.writer.flush();
  }

  lease(maxRecords: number, maxBytes: number): StoredRecord[] {
    const leased: StoredRecord[] = [];
    if (this.isClosed) return leased;
    let bytesLeft = maxBytes;
    try {
      for (const segment of this.segments.values()) {
        while (segment.ready > 0 && leased.length < maxRecords) {
          const run = segment.nextRun(
            maxRecords - leased.length,
            (bytes, records) =>
              (bytes <= bytesLeft && bytes <= READ_BYTES) ||
              (records === 1 && (leased.length === 0 || bytes <= bytesLeft)),
          );
          if (run === undefined) return leased;
          for (const record of this.leaseRun(segment, run)) {
            leased.push(record);
            bytesLeft -= record.payload.length;
          }
        }
        if (leased.length >= maxRecords) break;
      }
    } catch (error) {
      this.release(leased.map(({ ref }) => ref));
      throw error;
    }
    return leased;
  }

  release(refs: readonly RecordRef[]): void {
    for (const { segment, index } of refs) this.segments.get(segment)?.release(index);
  }

  settle(refs: readonly RecordRef[]): void {
    if (this.isClosed) return;
    const touched = new Set<Segment>();
    for (const ref of refs) {
      const segment = this.segments.get(ref.segment);
      if (segment?.settle(ref.index) !== true) continue;
      this.unsettled--;
      touched.add(segment);
    }
    for (const segment of touched) this.writeDown(segment);
  }

  dropOldest(minBytes: number): number {
    if (this.isClosed || minBytes <= 0) return 0;
    const goal = this.usedBytes - minBytes - HEADER_BYTES - MARK_BYTES;
    let dropped = 0;
    for (const segment of [...this.segments.values()]) {
      if (this.usedBytes <= goal) break;
      if (segment === this.active && !this.sealOrAbandon(segment)) break;
      if (segment.ready > 0) dropped += this.dropFrom(segment);
      else if (segment.unsettled === 0) this.remove(segment);
    }
    return dropped;
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    try {
      this.sealAtClose();
    } finally {
      for (const segment of [...this.segments.values()]) if (segment.unmarked.length > 0) this.writeDown(segment);
      this.reader.close();
      this.marker.close();
    }
  }

  private tryAppend(payload: string | Buffer, flush: boolean): RecordRef | undefined {
    const size = this.writer.stage(payload);
    if (!this.hasRoomFor(size)) return undefined;
    let segment = this.active;
    if (segment === undefined || segment.bytes + size > this.segmentBytes) segment = this.roll();
    this.writer.keep(flush);
    const index = segment.add(size);
    this.unsettled++;
    this.usedBytes += size;
    return { segment: segment.sequence, index };
  }

  private recover(): void {
    const { folder } = this;
    const files = folder.list();
    const segments = new Set(files.seg);
    // A crash between the two removals of a settled segment leaves its marks; one of this sequence must never meet them.
    for (const sequence of files.done) if (!segments.has(sequence)) folder.remove(sequence, 'done');
    for (const sequence of files.new) folder.remove(sequence, 'new');
    for (const kind of ['seg', 'done', 'damaged', 'new'] satisfies SegmentFileKind[]) {
      this.nextSequence = Math.max(this.nextSequence, (files[kind].at(-1) ?? 0) + 1);
    }
    for (const sequence of files.seg) this.recoverOne(sequence);
    this.boundAside();
  }

  private recoverOne(sequence: number): void {
    let segment: Segment;
    try {
      segment = recoverSegment(this.folder, sequence, this.damaged);
    } catch (cause) {
      throw StoreReadException.create(this.folder.file(sequence, 'seg'), cause);
    }
    this.segments.set(sequence, segment);
    this.unsettled += segment.unsettled;
    this.usedBytes += segment.bytes + segment.markBytes;
    if (segment.unsettled === 0) this.remove(segment);
  }

  /** Counts what is set aside, and removes the oldest of it beyond its share: one bad disk must not end all writing. */
  private boundAside(): void {
    let left = this.options.maxBytes * ASIDE_SHARE;
    for (const sequence of this.folder.list().damaged.reverse()) {
      const size = this.folder.size(sequence, 'damaged');
      left -= size;
      if (left >= 0 || !this.folder.remove(sequence, 'damaged')) this.usedBytes += size;
    }
  }

  /** The mark of each record that is here has its room too, so that settling never passes the bound. */
  private hasRoomFor(size: number): boolean {
    if (this.needs(size) <= this.options.maxBytes) return true;
    return this.giveBackActive() && this.needs(size) <= this.options.maxBytes;
  }

  /** @returns whether the segment that is being written held nothing but settled records, and is gone */
  private giveBackActive(): boolean {
    const { active } = this;
    if (active === undefined || active.unsettled > 0 || active.bytes === 0) return false;
    this.sealOrAbandon(active);
    return this.remove(active);
  }

  private needs(size: number): number {
    return this.usedBytes + size + (this.unsettled + 1) * MARK_BYTES;
  }

  private roll(): Segment {
    this.sealActive();
    const sequence = this.nextSequence++; // not used again even if this fails: the file may be there
    const segment = new Segment(sequence, this.folder.file(sequence, 'seg'), this.folder.file(sequence, 'done'));
    this.writer.open(segment.path);
    this.segments.set(sequence, segment);
    this.active = segment;
    return segment;
  }

  private sealActive(): void {
    const { active } = this;
    if (active === undefined) return;
    this.writer.seal();
    this.active = undefined;
    if (active.unsettled === 0) this.remove(active);
  }

  /** @returns whether nothing more is written to it; a full disk must not keep records from being dropped */
  private sealOrAbandon(active: Segment): boolean {
    try {
      this.writer.seal();
    } catch {
      if (active.leased > 0) return false;
      this.writer.abandon();
    }
    this.active = undefined;
    return true;
  }

  private sealAtClose(): void {
    const { active } = this;
    if (active === undefined) return;
    try {
      this.sealActive();
    } catch (error) {
      if (!(error instanceof StoreWriteException)) throw error;
      const lost = active.unsettledFrom(this.writer.onDisk);
      this.writer.abandon();
      throw StoreWriteException.create({ path: active.path, cause: error.cause, records: lost });
    }
  }

  private leaseRun(segment: Segment, { from, to }: Run): StoredRecord[] {
    const start = segment.offsetOf(from);
    const onDisk = segment === this.active ? this.writer.onDisk : Number.POSITIVE_INFINITY;
    let end = to;
    while (start < onDisk && segment.offsetOf(end) > onDisk) end--;
    const bytes =
      start >= onDisk
        ? this.writer.read(start, segment.offsetOf(end))
        : this.read(segment, start, segment.offsetOf(end));
    // One bad place must not take the records that were asked for with it.
    if (bytes.length < segment.offsetOf(end) - start && end - from > 1)
      return this.leaseRun(segment, { from, to: from + 1 });
    const records: StoredRecord[] = [];
    for (let index = from; index < end; index++) {
      const payload = wholePayload(bytes, segment.offsetOf(index) - start);
      if (payload === undefined) {
        this.giveUp(
          segment,
          index,
          bytes.subarray(segment.offsetOf(index) - start, segment.offsetOf(index + 1) - start),
        );
      } else {
        segment.lease(index);
        records.push({ ref: { segment: segment.sequence, index }, payload });
      }
    }
    return records;
  }

  /** What of it can be read: a file that is gone, or a bad place of the disk, gives fewer bytes than asked for. */
  private read(segment: Segment, start: number, end: number): Buffer {
    const bytes = Buffer.allocUnsafeSlow(end - start);
    let done = 0;
    try {
      const fd = this.reader.open(segment.path, 'r');
      while (done < bytes.length) {
        const read = readSync(fd, bytes, done, bytes.length - done, start + done);
        if (read === 0) break;
        done += read;
      }
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code !== 'EIO' && code !== 'ENOENT') throw StoreReadException.create(segment.path, cause);
    }
    return bytes.subarray(0, done);
  }

  /** A record that was whole when the segment was opened and is not any more. */
  private giveUp(segment: Segment, index: number, rest: Buffer): void {
    const size = segment.offsetOf(index + 1) - segment.offsetOf(index);
    this.damaged.add(this.folder.name(segment.sequence, 'seg'), 1, size);
    try {
      if (rest.length > 0) this.folder.setAside(segment.sequence, rest);
      this.usedBytes += rest.length;
    } catch {
      segment.isMended = false;
    }
    segment.settle(index);
    this.unsettled--;
    this.writeDown(segment);
  }

  private dropFrom(segment: Segment): number {
    const { dropped, end } = segment.dropReady();
    this.unsettled -= dropped;
    if (segment.leased > 0) this.cut(segment, end);
    this.writeDown(segment);
    return dropped;
  }

  /** Leased records mostly stand before those that are dropped: then the file can be cut behind them. */
  private cut(segment: Segment, end: number): void {
    try {
      truncateSync(segment.path, end);
    } catch {
      return; // the marks say it too
    }
    segment.unmarked = segment.unmarked.filter((offset) => offset < end);
    this.usedBytes -= segment.bytes - end;
    segment.bytes = end;
  }

  /** Makes what was settled last: by the end of the segment, or by marks. */
  private writeDown(segment: Segment): void {
    if (segment.unsettled === 0 && segment !== this.active && this.remove(segment)) return;
    if (segment.unmarked.length === 0) return;
    const marks = encodeMarks(segment.sequence, segment.unmarked);
    try {
      const fd = this.marker.open(segment.donePath, MARKS);
      // At a position of our own: what a torn write left is overwritten by the next one, and all marks stay aligned.
      for (let done = 0; done < marks.length;) {
        done += writeSync(fd, marks, done, marks.length - done, segment.markBytes + done);
      }
    } catch {
      return; // they are written with the next ones, or at close
    }
    segment.unmarked = [];
    segment.markBytes += marks.length;
    this.usedBytes += marks.length;
  }

  /** @returns whether it is gone; if not, its marks have to say that it is settled */
  private remove(segment: Segment): boolean {
    if (!segment.isMended) return false;
    const { sequence } = segment;
    this.reader.closeIf(segment.path);
    this.marker.closeIf(segment.donePath);
    // In this order: a segment without its marks would be delivered again, marks without their segment are removed at open.
    if (!this.folder.remove(sequence, 'seg')) return false;
    this.folder.remove(sequence, 'done');
    this.segments.delete(sequence);
    this.usedBytes -= segment.bytes + segment.markBytes;
    return true;
  }
}

/** The payload of the record at a place, as a part of those bytes; undefined if it is not whole. */
function wholePayload(bytes: Buffer, at: number): Buffer | undefined {
  if (at + HEADER_BYTES > bytes.length) return undefined;
  const start = at + HEADER_BYTES;
  const end = start + bytes.readUInt32LE(at);
  if (end > bytes.length) return undefined;
  const payload = bytes.subarray(start, end);
  return checksum(payload) === bytes.readUInt32LE(at + 4) ? payload : undefined;
}

/** One descriptor, kept while the same file is asked for. */
class OpenFile {
  private path: string | undefined;
  private fd = -1;

  open(path: string, flags: string | number): number {
    if (path === this.path) return this.fd;
    this.close();
    this.fd = openSync(path, flags, 0o600);
    this.path = path;
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
