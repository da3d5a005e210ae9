/**
 * Restores files of a store that were removed while it uses them.
 *
 * A removed file whose descriptor is open still accepts writes, and all of them are lost when the
 * process dies. Therefore the paths of the files are checked. A missing file is written again from
 * its descriptor, if there is one: for the segment that is being written, and for the segment that
 * was read last. The unsent records of any other segment are lost, and counted.
 */
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import type { Segment } from './segment';
import type { SegmentFiles } from './segment-files';
import { isMissing } from './segment-reader';
import { syncFolder } from './segment-writer';
import { StoreWriteException } from './store-write.exception';

const COPY_BYTES = 1024 * 1024;

export class SegmentSalvage {
  constructor(
    private readonly files: SegmentFiles,
    private readonly fsync: boolean,
  ) {}

  /**
   * True if the file of a segment is at its path.
   * @throws StoreWriteException if the system does not answer, for example because the folder may
   * not be entered
   */
  isInPlace(segment: Segment): boolean {
    const { active, writer } = this.files;
    try {
      const found = statSync(segment.path);
      return found.isFile() && (segment !== active || writer.isWriting(found));
    } catch (cause) {
      if (isMissing(cause)) return false;
      throw StoreWriteException.create({ path: segment.path, cause });
    }
  }

  /** Handles a segment whose file is gone: it becomes detached, or lost. */
  readonly misplace = (segment: Segment): void => {
    const { active, reader, marks, table } = this.files;
    marks.closeIf(segment.donePath);
    const kept = segment === active ? this.detachActive(segment) : reader.take(segment);
    segment.fd = kept;
    if (kept === undefined) this.lose(segment);
    else if (segment.unsettled === 0) this.files.forget(segment);
    if (segment.unsettled === 0) table.remove(segment);
  };

  /**
   * Writes all detached segments to files in the folder.
   * @returns true if there were any
   * @throws StoreWriteException
   */
  attachAll(): boolean {
    const detached = this.files.table.all().filter(({ fd }) => fd !== undefined);
    if (detached.length > 0) this.files.folder.make();
    for (const segment of detached) this.attach(segment);
    return detached.length > 0;
  }

  /**
   * Moves the files of a segment to the folder.
   * @returns true if that succeeded; otherwise the caller treats the file as gone
   */
  move(segment: Segment): boolean {
    const { folder, reader, marks } = this.files;
    const { path, donePath } = folder.place(segment.sequence, segment.format);
    reader.closeIf(segment.path);
    marks.closeIf(segment.donePath);
    try {
      renameSync(segment.path, path);
      if (existsSync(segment.donePath)) renameSync(segment.donePath, donePath);
    } catch {
      return false;
    }
    segment.path = path;
    segment.donePath = donePath;
    return true;
  }

  /** Writes a detached segment to a file. If that fails, it stays detached. */
  private attach(segment: Segment): void {
    const { folder, marks } = this.files;
    const { fd, sequence, format } = segment;
    if (fd === undefined) return;
    const { path, donePath } = folder.place(sequence, format);
    const beside = folder.file(sequence, 'new');
    try {
      copy(fd, beside, segment.bytes, this.fsync);
      renameSync(beside, path);
      rmSync(donePath, { force: true }); // a copy of the folder may have brought one
      if (this.fsync) syncFolder(folder.path);
    } catch (cause) {
      throw StoreWriteException.create({ path, cause });
    }
    closeSync(fd);
    segment.fd = undefined;
    segment.path = path;
    segment.donePath = donePath;
    marks.rewrite(segment);
  }

  /**
   * Writes the buffered records to the file without a name first, so that they can be read from
   * there.
   */
  private detachActive(segment: Segment): number | undefined {
    const { writer } = this.files;
    this.files.active = undefined;
    if (segment.unsettled > 0) {
      try {
        writer.flush();
      } catch {
        // Records missing in the file are found and counted when it is read.
      }
    }
    return writer.detach();
  }

  /**
   * Handles a segment that is lost: the records that the caller has leased are still in the
   * caller's memory; the others are gone.
   */
  private lose(segment: Segment): void {
    const { table, damage } = this.files;
    damage.remove(table.dropReady(segment).dropped);
    segment.isLost = true;
    segment.unmarked = [];
    table.cut(segment, 0);
    table.mark(segment, 0);
  }
}

function copy(from: number, path: string, bytes: number, isSynced: boolean): void {
  const to = openSync(path, 'w', 0o600);
  try {
    const buffer = Buffer.allocUnsafe(Math.min(COPY_BYTES, Math.max(bytes, 1)));
    for (let at = 0; at < bytes;) {
      const read = readSync(from, buffer, 0, Math.min(buffer.length, bytes - at), at);
      if (read === 0) break;
      for (let done = 0; done < read;) done += writeSync(to, buffer, done, read - done, at + done);
      at += read;
    }
    if (isSynced) fdatasyncSync(to);
  } finally {
    closeSync(to);
  }
}
