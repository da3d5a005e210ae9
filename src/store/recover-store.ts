import type { Damage } from './damage';
import { recoverSegment } from './recover-segment';
import type { SegmentFile, SegmentFileKind, SegmentFolder } from './segment-folder';
import type { SegmentFiles } from './segment-files';
import type { SegmentTable } from './segment-table';
import { StoreReadException } from './store-read.exception';

/** Maximum share of `maxBytes` for files that were set aside. The oldest are removed first. */
const ASIDE_SHARE = 1 / 4;
/**
 * Sequence of the first segment in an empty folder. The numbers below it are for records that are
 * older than all others.
 */
const FIRST_SEQUENCE = 10_000_000;

/**
 * Reads the files that an earlier process left in a folder.
 * @returns the sequence of the next segment, the lowest sequence in use, and the names of files of
 * a newer format
 * @throws StoreReadException if a file cannot be opened
 */
export function recoverStore(
  { folder, table, damage }: Pick<SegmentFiles, 'folder' | 'table' | 'damage'>,
  maxBytes: number,
): { readonly nextSequence: number; readonly firstSequence: number; readonly newer: readonly string[] } {
  const files = folder.list();
  // A crash between the two removals of a settled segment leaves its marks. A new segment of this
  // sequence must never use them.
  const segments = new Set(files.seg.map(({ sequence, format }) => folder.place(sequence, format).donePath));
  for (const { sequence, format } of files.done) {
    const { donePath } = folder.place(sequence, format);
    if (!segments.has(donePath)) folder.remove(donePath);
  }
  for (const { sequence } of files.new) folder.remove(folder.file(sequence, 'new'));
  let next = FIRST_SEQUENCE;
  for (const kind of ['seg', 'done', 'damaged', 'new'] satisfies SegmentFileKind[]) {
    next = Math.max(next, (files[kind].at(-1)?.sequence ?? 0) + 1);
  }
  for (const file of files.seg) recoverOne(folder, file, table, damage);
  boundAside(folder, table, maxBytes);
  const firstSequence = Math.min(next, files.seg[0]?.sequence ?? next);
  return { nextSequence: next, firstSequence, newer: files.newer };
}

function recoverOne(folder: SegmentFolder, file: SegmentFile, table: SegmentTable, damage: Damage): void {
  const { path, donePath } = folder.place(file.sequence, file.format);
  try {
    const segment = recoverSegment(folder, file, damage);
    // No record is left to send. The segment is removed before its marks, as everywhere.
    if (segment.unsettled > 0 || !segment.isRepaired || !folder.remove(path)) table.add(segment);
    else folder.remove(donePath);
  } catch (cause) {
    throw StoreReadException.create(path, cause);
  }
}

/**
 * Counts the bytes of files that were set aside, and removes the oldest ones beyond their share:
 * one damaged disk must not prevent all writing.
 */
function boundAside(folder: SegmentFolder, table: SegmentTable, maxBytes: number): void {
  let left = maxBytes * ASIDE_SHARE;
  for (const { sequence } of [...folder.list().damaged].reverse()) {
    const path = folder.file(sequence, 'damaged');
    const size = folder.size(path);
    left -= size;
    if (left >= 0 || !folder.remove(path)) table.charge(size);
  }
}
