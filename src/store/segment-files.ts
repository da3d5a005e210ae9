import { closeSync, truncateSync } from 'node:fs';
import { Damage } from './damage';
import type { Segment } from './segment';
import type { SegmentFolder } from './segment-folder';
import { SegmentMarks } from './segment-marks';
import { SegmentReader } from './segment-reader';
import { SegmentTable } from './segment-table';
import type { SegmentWriter } from './segment-writer';

/**
 * Manages the segments of one store and their files: settles records, drops them, and removes
 * files.
 */
export class SegmentFiles {
  readonly table = new SegmentTable();
  readonly damage = new Damage();
  readonly reader = new SegmentReader();
  readonly marks = new SegmentMarks(this.table);
  /** Segment that is being written, if any. Only the store sets it. */
  active: Segment | undefined;

  constructor(
    public folder: SegmentFolder,
    readonly writer: SegmentWriter,
  ) {}

  /**
   * Makes settled records permanent: removes the segment if it is finished, otherwise writes marks.
   */
  writeDown(segment: Segment): void {
    if (segment.unsettled === 0 && segment !== this.active && this.remove(segment)) return;
    this.marks.write(segment);
  }

  /**
   * Removes the files of a segment.
   * @returns true if the segment is gone; otherwise its marks have to record that it is settled
   */
  remove(segment: Segment): boolean {
    if (segment.fd !== undefined || segment.isLost) {
      this.forget(segment);
      return true;
    }
    if (!segment.isRepaired) return false;
    this.reader.closeIf(segment.path);
    this.marks.closeIf(segment.donePath);
    // The order matters: a segment without its marks would be delivered again; marks without their
    // segment are removed at open.
    if (!this.folder.remove(segment.path)) return false;
    this.folder.remove(segment.donePath);
    this.table.remove(segment);
    return true;
  }

  /**
   * Forgets a segment that has no file, and closes its descriptor.
   * @returns the number of unsettled records that it still had
   */
  forget(segment: Segment): number {
    const { unsettled, fd } = segment;
    if (fd !== undefined) closeSync(fd);
    segment.fd = undefined;
    this.table.remove(segment);
    return unsettled;
  }

  /**
   * Counts and sets aside a record that was complete when the segment was opened and is damaged
   * now.
   */
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

  /**
   * Settles all records of a segment that are not leased.
   * @returns the number of these records
   */
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

  /**
   * Truncates the file after the last leased record. Leased records are usually older than the
   * dropped ones.
   */
  private cut(segment: Segment, end: number): void {
    try {
      truncateSync(segment.path, end);
    } catch {
      return; // the marks contain the same information
    }
    segment.unmarked = segment.unmarked.filter((offset) => offset < end);
    this.table.cut(segment, end);
  }
}
