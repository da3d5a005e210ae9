import { constants, existsSync, writeSync } from 'node:fs';
import { OpenFile } from './open-file';
import { encodeMarks } from './record-format';
import type { Segment } from './segment';
import type { SegmentTable } from './segment-table';

const FLAGS = constants.O_WRONLY | constants.O_CREAT;

/** Writes which records of a segment are settled, into the file next to it. */
export class SegmentMarks {
  private readonly file = new OpenFile();

  constructor(private readonly table: SegmentTable) {}

  /**
   * Writes the pending marks of a segment. Never throws: marks that cannot be written now are
   * written with the next ones, or when the store is closed.
   */
  write(segment: Segment): void {
    if (segment.unmarked.length === 0 || segment.fd !== undefined || segment.isLost) return;
    const marks = encodeMarks(segment.seed, segment.unmarked);
    try {
      const fd = this.file.open(segment.donePath, FLAGS);
      // At an explicit position: the next write overwrites the remains of a torn write, and all
      // marks stay aligned.
      for (let done = 0; done < marks.length;) {
        done += writeSync(fd, marks, done, marks.length - done, segment.markBytes + done);
      }
    } catch {
      return;
    }
    segment.unmarked = [];
    this.table.mark(segment, segment.markBytes + marks.length);
  }

  /**
   * Writes all marks of a segment again if their file was removed. Otherwise settled records would
   * be sent again.
   */
  restore(segment: Segment): boolean {
    if (segment.markBytes === 0 || existsSync(segment.donePath)) return false;
    this.rewrite(segment);
    return true;
  }

  /** Writes all marks of a segment to a new file. */
  rewrite(segment: Segment): void {
    this.file.closeIf(segment.donePath);
    this.table.mark(segment, 0);
    segment.unmarked = segment.settledOffsets();
    this.write(segment);
  }

  closeIf(path: string): void {
    this.file.closeIf(path);
  }

  close(): void {
    this.file.close();
  }
}
