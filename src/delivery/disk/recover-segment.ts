/**
 * Finds what a segment of an earlier process still holds. Damage is counted, copied into `<sequence>.damaged` and taken out of
 * the segment, so that it is counted once; a segment that cannot be mended (a disk that only reads) is used as it is, and its
 * damage is met again by the next process. Only a file that cannot be opened throws: that is no damage, and may pass.
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
import { checkOfMark, HEADER_BYTES, MARK_BYTES } from './record-format';
import { SegmentScan, type DamagedRange } from './scan-segment';
import { Segment } from './segment';
import type { SegmentFolder } from './segment-folder';

export function recoverSegment(folder: SegmentFolder, sequence: number, damage: Damage): Segment {
  const segment = new Segment(sequence, folder.file(sequence, 'seg'), folder.file(sequence, 'done'));
  return new Recovery(folder, segment, damage).run();
}

const COPY_BYTES = 1024 * 1024;

class Recovery {
  constructor(
    private readonly folder: SegmentFolder,
    private readonly segment: Segment,
    private readonly damage: Damage,
  ) {}

  run(): Segment {
    const { folder, segment, damage } = this;
    const { sequence } = segment;
    segment.bytes = folder.size(sequence, 'seg');
    const ranges = this.scan();
    this.readMarks();
    if (ranges.length === 0) return segment;
    for (const { start, end } of ranges) damage.add(folder.name(sequence, 'seg'), 1, end - start);
    try {
      return this.mend(ranges);
    } catch {
      segment.isMended = false;
      return segment;
    }
  }

  private scan(): readonly DamagedRange[] {
    const { segment } = this;
    return withFile(segment.path, 'r', (fd) => {
      const scan = new SegmentScan(fd, segment.bytes, (offset) => {
        segment.enter(offset);
      });
      scan.run();
      return scan.damaged;
    });
  }

  /** A mark that does not fit its check settles nothing: that event may be sent twice, under the same id, but never lost. */
  private readMarks(): void {
    const { folder, segment } = this;
    let marks: Buffer;
    try {
      marks = readFileSync(segment.donePath);
    } catch {
      return;
    }
    segment.markBytes = marks.length;
    const whole = marks.length - (marks.length % MARK_BYTES);
    let bad = marks.length - whole;
    for (let at = 0; at < whole; at += MARK_BYTES) {
      const offset = marks.readUInt32LE(at);
      if (marks.readUInt32LE(at + 4) === checkOfMark(segment.sequence, offset)) segment.settleMarked(offset);
      else bad += MARK_BYTES;
    }
    if (bad === 0) return;
    this.damage.add(folder.name(segment.sequence, 'done'), 0, bad);
    this.writeMarksAnew(marks);
  }

  private writeMarksAnew(found: Buffer): void {
    const { folder, segment } = this;
    try {
      folder.setAside(segment.sequence, found);
      const beside = folder.file(segment.sequence, 'new');
      const marks = encodeMarks(segment.sequence, segment.settledOffsets());
      writeFileSync(beside, marks, { mode: 0o600 });
      renameSync(beside, segment.donePath);
      segment.markBytes = marks.length;
    } catch {
      // Marks are written at multiples of their size: a torn one at the end must not shift those to come.
      segment.markBytes -= segment.markBytes % MARK_BYTES;
    }
  }

  private mend(ranges: readonly DamagedRange[]): Segment {
    const { segment } = this;
    withFile(segment.path, 'r', (fd) => {
      for (const { start, end } of ranges) this.setAside(fd, start, end);
    });
    const [first] = ranges;
    if (ranges.length > 1 || first?.end !== segment.bytes) return this.writeAnew();
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

  /** Copies what is not settled into a segment of the same sequence. */
  private writeAnew(): Segment {
    const { folder, segment } = this;
    const beside = folder.file(segment.sequence, 'new');
    const mended = new Segment(segment.sequence, segment.path, segment.donePath);
    withFile(segment.path, 'r', (from) => {
      withFile(beside, 'w', (to) => {
        segment.forEachUnsettled((index) => {
          copyRecord(from, segment.offsetOf(index), to, mended);
        });
      });
    });
    // The marks first: beside the new segment they would settle records that only happen to stand where settled ones stood.
    rmSync(segment.donePath, { force: true });
    segment.markBytes = 0;
    renameSync(beside, segment.path);
    return mended;
  }
}

function copyRecord(from: number, offset: number, to: number, mended: Segment): void {
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  readSync(from, header, 0, HEADER_BYTES, offset);
  const record = Buffer.allocUnsafe(HEADER_BYTES + header.readUInt32LE(0));
  if (readSync(from, record, 0, record.length, offset) < record.length) throw new Error('read less than was there');
  if (writeSync(to, record, 0, record.length, mended.bytes) < record.length)
    throw new Error('wrote less than there was');
  mended.add(record.length);
}

export function encodeMarks(sequence: number, offsets: readonly number[]): Buffer {
  const marks = Buffer.allocUnsafe(offsets.length * MARK_BYTES);
  let at = 0;
  for (const offset of offsets) {
    marks.writeUInt32LE(offset, at);
    marks.writeUInt32LE(checkOfMark(sequence, offset), at + 4);
    at += MARK_BYTES;
  }
  return marks;
}

function withFile<Result>(path: string, flags: string, use: (fd: number) => Result): Result {
  const fd = openSync(path, flags, 0o600);
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}
