import type { StoredRecord } from './record-store';
import type { Run, Segment } from './segment';
import type { SegmentFiles } from './segment-files';
import { wholePayload } from './segment-reader';

/** Size of one read in bytes. A record that its caller keeps holds this much memory. */
const READ_BYTES = 1024 * 1024;

/** Leases the next records of a store to the caller. */
export class SegmentLeaser {
  /**
   * @param files files of the store
   * @param onMissing called with a segment whose file does not exist any more
   */
  constructor(
    private readonly files: SegmentFiles,
    private readonly onMissing: (segment: Segment) => void,
  ) {}

  /**
   * Adds records to `leased`.
   * @throws StoreReadException; the records that were already added are leased
   */
  lease(maxRecords: number, maxBytes: number, leased: StoredRecord[]): void {
    let bytesLeft = maxBytes;
    for (const segment of this.files.table.all()) {
      while (segment.ready > 0 && leased.length < maxRecords) {
        const run = segment.nextRun(
          maxRecords - leased.length,
          (bytes, records) =>
            (bytes <= bytesLeft && bytes <= READ_BYTES) ||
            (records === 1 && (leased.length === 0 || bytes <= bytesLeft)),
        );
        if (run === undefined) return;
        for (const record of this.leaseRun(segment, run)) {
          leased.push(record);
          bytesLeft -= record.payload.length;
        }
      }
      if (leased.length >= maxRecords) return;
    }
  }

  private leaseRun(segment: Segment, { from, to }: Run): StoredRecord[] {
    const { files } = this;
    const start = segment.offsetOf(from);
    const writer = segment === files.active ? files.writer : undefined;
    const onDisk = writer?.onDisk ?? Number.POSITIVE_INFINITY;
    let end = to;
    while (start < onDisk && segment.offsetOf(end) > onDisk) end--;
    const bytes = files.reader.read(segment, start, segment.offsetOf(end), writer);
    if (bytes === undefined) {
      this.onMissing(segment);
      return [];
    }
    // One unreadable place must not affect the other records of the same read.
    if (bytes.length < segment.offsetOf(end) - start && end - from > 1)
      return this.leaseRun(segment, { from, to: from + 1 });
    return this.leaseEach(segment, from, end, bytes);
  }

  private leaseEach(segment: Segment, from: number, end: number, bytes: Buffer): StoredRecord[] {
    const records: StoredRecord[] = [];
    const start = segment.offsetOf(from);
    for (let index = from; index < end; index++) {
      const at = segment.offsetOf(index) - start;
      const payload = wholePayload(bytes, at);
      if (payload === undefined) {
        this.files.giveUp(segment, index, bytes.subarray(at, segment.offsetOf(index + 1) - start));
      } else {
        segment.lease(index);
        records.push({ ref: { segment: segment.key, index }, payload });
      }
    }
    return records;
  }
}
