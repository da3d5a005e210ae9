/**
 * Reads the unsettled records from a segment of an earlier process.
 *
 * Damage is counted, copied into `<sequence>.damaged` and removed from the segment, so that it is
 * counted only once. A segment that cannot be repaired (on a read-only disk) is used unchanged, and
 * the next process finds the same damage again. Only a file that cannot be opened throws: that is
 * not damage, and may be temporary.
 */
import {
  closeSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import type { Damage } from './damage';
import {
  checkOfMark,
  createSegmentHeader,
  encodeMarks,
  HEADER_BYTES,
  MARK_BYTES,
  readSegmentHeader,
  SEGMENT_HEADER_BYTES,
} from './record-format';
import { SegmentScan, type DamagedRange } from './scan-segment';
import { Segment } from './segment';
import type { SegmentFile, SegmentFolder } from './segment-folder';

export function recoverSegment(folder: SegmentFolder, file: SegmentFile, damage: Damage): Segment {
  const segment = new Segment(folder.place(file.sequence, file.format));
  return new Recovery(folder, segment, damage).run();
}

const COPY_BYTES = 1024 * 1024;

class Recovery {
  private readonly name: string;
  /** Offset of the first record. */
  private readonly start: number;
  private hasHeader = false;

  constructor(
    private readonly folder: SegmentFolder,
    private readonly segment: Segment,
    private readonly damage: Damage,
  ) {
    this.name = folder.name(segment.sequence, 'seg', segment.format);
    this.start = segment.format === 1 ? 0 : SEGMENT_HEADER_BYTES;
  }

  run(): Segment {
    const { folder, segment, damage } = this;
    segment.bytes = folder.size(segment.path);
    const ranges = this.scan();
    this.readMarks();
    if (ranges.length === 0) return segment;
    // A damaged header is not a lost record.
    for (const { start, end } of ranges) damage.add(this.name, start < this.start ? 0 : 1, end - start);
    try {
      return this.repair(ranges);
    } catch {
      segment.isRepaired = false;
      return segment;
    }
  }

  private scan(): readonly DamagedRange[] {
    const { segment, start } = this;
    return withFile(segment.path, 'r', (fd) => {
      const ranges = this.readHeader(fd);
      const scan = new SegmentScan(
        fd,
        segment.bytes,
        (offset) => {
          segment.enter(offset);
        },
        start,
      );
      scan.run();
      return [...ranges, ...scan.damaged];
    });
  }

  /**
   * Reads the header of the segment. A process that dies between creating a file and writing its
   * header leaves an empty file, which is not damage.
   */
  private readHeader(fd: number): DamagedRange[] {
    const { segment, start } = this;
    if (start === 0 || segment.bytes === 0) return [];
    const header = readHeaderOf(fd);
    this.hasHeader = header !== undefined;
    if (header === undefined) return [{ start: 0, end: Math.min(start, segment.bytes) }];
    segment.seed = header.seed;
    // The file was renamed by hand or copied. Its records are read anyway, and its marks are still
    // checked against its header.
    if (header.sequence !== segment.sequence) this.damage.add(this.name, 0, 0);
    return [];
  }

  /**
   * Reads the marks. A mark whose check is wrong settles nothing: that event may be sent twice,
   * under the same id, but is never lost.
   */
  private readMarks(): void {
    const { folder, segment } = this;
    let marks: Buffer;
    try {
      marks = readFileSync(segment.donePath);
    } catch {
      return;
    }
    segment.markBytes = marks.length;
    // Without the header, the segment to which these marks belong is unknown.
    if (segment.format > 1 && !this.hasHeader) return;
    const whole = marks.length - (marks.length % MARK_BYTES);
    let bad = marks.length - whole;
    for (let at = 0; at < whole; at += MARK_BYTES) {
      const offset = marks.readUInt32LE(at);
      if (marks.readUInt32LE(at + 4) === checkOfMark(segment.seed, offset)) segment.settleMarked(offset);
      else bad += MARK_BYTES;
    }
    if (bad === 0) return;
    this.damage.add(folder.name(segment.sequence, 'done', segment.format), 0, bad);
    this.rewriteMarks(marks);
  }

  private rewriteMarks(found: Buffer): void {
    const { folder, segment } = this;
    try {
      folder.setAside(segment.sequence, found);
      const beside = folder.file(segment.sequence, 'new');
      const marks = encodeMarks(segment.seed, segment.settledOffsets());
      writeFileSync(beside, marks, { mode: 0o600 });
      renameSync(beside, segment.donePath);
      segment.markBytes = marks.length;
    } catch {
      // Marks are written at multiples of their size: a torn mark at the end must not shift the
      // following ones.
      segment.markBytes -= segment.markBytes % MARK_BYTES;
    }
  }

  private repair(ranges: readonly DamagedRange[]): Segment {
    const { segment } = this;
    withFile(segment.path, 'r', (fd) => {
      for (const { start, end } of ranges) this.setAside(fd, start, end);
    });
    const [first] = ranges;
    if (ranges.length > 1 || first?.end !== segment.bytes) return this.rewrite();
    truncateSync(segment.path, first.start);
    segment.bytes = first.start;
    return segment;
  }

  private setAside(fd: number, start: number, end: number): void {
    const buffer = Buffer.allocUnsafe(Math.min(COPY_BYTES, end - start));
    for (let at = start; at < end;) {
      const read = readSync(fd, buffer, 0, Math.min(buffer.length, end - at), at);
      if (read === 0) return;
      this.folder.setAside(this.segment.sequence, buffer.subarray(0, read));
      at += read;
    }
  }

  /** Copies the unsettled records into a new segment with the same sequence. */
  private rewrite(): Segment {
    const { folder, segment } = this;
    const { sequence, format } = segment;
    const beside = folder.file(sequence, 'new');
    const header = format === 1 ? undefined : createSegmentHeader(sequence);
    const seed = header && readSegmentHeader(header)?.seed;
    const repaired = new Segment(folder.place(sequence, format), seed);
    withFile(segment.path, 'r', (from) => {
      withFile(beside, 'w', (to) => {
        if (header !== undefined) repaired.bytes = writeSync(to, header, 0, header.length, 0);
        segment.forEachUnsettled((index) => {
          copyRecord(from, segment.offsetOf(index), to, repaired);
        });
      });
    });
    // The marks are removed first: next to a new segment of format 1 they would settle records that
    // happen to be at the same offsets.
    rmSync(segment.donePath, { force: true });
    segment.markBytes = 0;
    renameSync(beside, segment.path);
    return repaired;
  }
}

/**
 * @returns the header; undefined also if the disk cannot read it, because the records may still be
 * readable
 */
function readHeaderOf(fd: number): ReturnType<typeof readSegmentHeader> {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  try {
    return readSegmentHeader(bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0)));
  } catch {
    return undefined;
  }
}

function copyRecord(from: number, offset: number, to: number, repaired: Segment): void {
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  readSync(from, header, 0, HEADER_BYTES, offset);
  const record = Buffer.allocUnsafe(HEADER_BYTES + header.readUInt32LE(0));
  if (readSync(from, record, 0, record.length, offset) < record.length) throw new Error('read less than was there');
  if (writeSync(to, record, 0, record.length, repaired.bytes) < record.length)
    throw new Error('wrote less than there was');
  repaired.add(record.length);
}

function withFile<Result>(path: string, flags: string, use: (fd: number) => Result): Result {
  const fd = openSync(path, flags, 0o600);
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}
