import { closeSync, truncateSync } from 'node:fs';
import { Damage } from './damage';
import type { Segment } from './segment';
import type { SegmentFolder } from './segment-folder';
import { SegmentMarks } from './segment-marks';
import { SegmentReader } from './segment-reader';
import { SegmentTable } from './segment-table';
import type { SegmentWriter } from './segment-writer';

/** The segments of one store and their files: settling records, dropping them, and giving files back. */
export class SegmentFiles {
  readonly table = new SegmentTable();
  readonly damage = new Damage();
  readonly reader = new SegmentReader();
  readonly marks = new SegmentMarks(this.table);
  /** The segment that is being written, if any. Set by the store alone. */
  active: Segment | undefined;

  constructor(
    public folder: SegmentFolder,
    readonly writer: SegmentWriter,
  ) {}

  /** Makes what was settled last: by the end of the segment, or by marks. */
  writeDown(segment: Segment): void {
    if (segment.unsettled === 0 && segment !== this.active && this.remove(segment)) return;
    this.marks.write(segment);
  }

  /** @returns whether it is gone; if not, its marks have to say that it is settled */
  remove(segment: Segment): boolean {
    if (segment.fd !== undefined || segment.isLost) {
      this.forget(segment);
      return true;
    }
    if (!segment.isRepaired) return false;
    this.reader.closeIf(segment.path);
    this.marks.closeIf(segment.donePath);
    // In this order: a segment without its marks would be delivered again, marks without their segment are removed at open.
    if (!this.folder.remove(segment.path)) return false;
    this.folder.remove(segment.donePath);
    this.table.remove(segment);
    return true;
  }

  /** Forgets a segment that has no file, and closes its descriptor. @returns how many records it still had */
  forget(segment: Segment): number {
    const { unsettled, fd } = segment;
    if (fd !== undefined) closeSync(fd);
    segment.fd = undefined;
    this.table.remove(segment);
    return unsettled;
  }

  /** Counts and sets aside a record that was whole when the segment was opened and is not any more. */
  giveUp(segment: Segment, index: number, rest: Buffer): void {
    const { sequence, format } = segment;
    const size = segment.offsetOf(index + 1) - segment.offsetOf(index);
    this.damage.add(this.folder.name(sequence, 'seg', format), 1, size);
    try {
      if (rest.length > 0) this.folder.setAside(sequence, rest);
      this.table.charge(rest.length);
    } catch {
      segment.isRepaired = false;
    }
    this.table.settle(segment, index);
    this.writeDown(segment);
  }

  /** Settles all records of a segment that nobody has leased. @returns how many */
  dropReady(segment: Segment): number {
    const { dropped, end } = this.table.dropReady(segment);
    if (segment.leased > 0 && segment.fd === undefined) this.cut(segment, end);
    this.writeDown(segment);
    return dropped;
  }

  close(): void {
    this.reader.close();
    this.marks.close();
  }

  /** Leased records mostly are before those that are dropped: then the file can be cut behind them. */
  private cut(segment: Segment, end: number): void {
    try {
      truncateSync(segment.path, end);
    } catch {
      return; // the marks say it too
    }
    segment.unmarked = segment.unmarked.filter((offset) => offset < end);
    this.table.cut(segment, end);
  }
}
