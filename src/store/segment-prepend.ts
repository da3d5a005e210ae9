import { HEADER_BYTES, MARK_BYTES, SEGMENT_HEADER_BYTES } from './record-format';
import type { RecordRef } from './record-store';
import { RecordTooLargeException } from './record-too-large.exception';
import { Segment } from './segment';
import type { SegmentAppender } from './segment-appender';
import type { SegmentFiles } from './segment-files';
import type { SegmentWriter } from './segment-writer';
import { StoreWriteException } from './store-write.exception';

export interface PrependParts {
  readonly files: SegmentFiles;
  readonly appender: SegmentAppender;
  /** A writer that has no open segment. */
  readonly writer: SegmentWriter;
  /** Lowest sequence that was found at open or used since. */
  readonly firstSequence: number;
}

/**
 * Writes records into new segments whose sequences are below all existing ones, so that every later
 * process reads them first. All these records are leased to the caller.
 * @returns the refs of the added records, starting from the first payload, and the new lowest
 * sequence
 * @throws StoreWriteException if no record could be written
 */
export function prependSegments(
  parts: PrependParts,
  payloads: readonly string[],
): { readonly refs: RecordRef[]; readonly firstSequence: number } {
  const groups = grouped(payloads, parts);
  const oldest = parts.firstSequence - groups.length;
  if (oldest < 1) {
    const cause = new Error('no number is left for a segment of older records');
    throw StoreWriteException.create({ path: parts.files.folder.path, cause });
  }
  if (groups.length > 0) parts.files.folder.make();
  const written: { readonly segment: Segment; readonly records: number }[] = [];
  try {
    for (const [at, group] of groups.entries()) {
      written.push({ segment: writeGroup(parts, oldest + at, group), records: group.length });
    }
  } catch (error) {
    if (!(error instanceof StoreWriteException) || written.length === 0) throw error;
  }
  for (const { segment } of [...written].reverse()) parts.files.table.addFirst(segment);
  const refs = written.flatMap(({ segment, records }) =>
    Array.from({ length: records }, (_none, index) => ({ segment: segment.key, index })),
  );
  return { refs, firstSequence: oldest };
}

/** Groups as many payloads as there is capacity for, one group per segment. */
function grouped(payloads: readonly string[], { appender }: PrependParts): string[][] {
  const groups: string[][] = [];
  let [all, ofGroup] = [0, 0];
  for (const payload of payloads) {
    const size = HEADER_BYTES + RecordTooLargeException.check(payload);
    const isNext = groups.length === 0 || ofGroup + size > appender.segmentBytes;
    // Space for the mark of each record is included.
    all += size + MARK_BYTES + (isNext ? SEGMENT_HEADER_BYTES : 0);
    if (!appender.fits(all)) break;
    if (isNext) {
      groups.push([]);
      ofGroup = SEGMENT_HEADER_BYTES;
    }
    ofGroup += size;
    groups.at(-1)?.push(payload);
  }
  return groups;
}

function writeGroup({ files: { folder }, writer }: PrependParts, sequence: number, group: readonly string[]): Segment {
  const segment = new Segment(folder.place(sequence));
  segment.seed = writer.open(segment.path, sequence);
  segment.bytes = SEGMENT_HEADER_BYTES;
  try {
    for (const payload of group) {
      segment.add(writer.stage(payload));
      writer.keep(false);
      segment.lease(segment.leased);
    }
    writer.seal();
    return segment;
  } catch (error) {
    writer.abandon();
    folder.remove(segment.path);
    throw error;
  }
}
