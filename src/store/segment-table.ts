import type { RecordRef } from './record-store';
import type { Segment } from './segment';

/**
 * The segments of one store, oldest first, with their totals. Does not access files.
 *
 * At every moment `count` is the number of unsettled records, and `bytes` is the size of the files
 * as counted by the store.
 */
export class SegmentTable {
  private segments = new Map<number, Segment>();
  private unsettled = 0;
  private usedBytes = 0;
  private nextSpareKey = -1;

  get count(): number {
    return this.unsettled;
  }

  get bytes(): number {
    return this.usedBytes;
  }

  /**
   * Returns all segments, oldest first. The array is a copy, so segments may be removed during an
   * iteration.
   */
  all(): Segment[] {
    return [...this.segments.values()];
  }

  /** Returns all segments, oldest first, without a copy. For an iteration that removes none. */
  values(): Iterable<Segment> {
    return this.segments.values();
  }

  get(ref: RecordRef): Segment | undefined {
    return this.segments.get(ref.segment);
  }

  /** Adds the newest segment, with its totals. */
  add(segment: Segment): void {
    // Two files may have the same sequence if one of them was copied here by hand.
    if (this.segments.has(segment.key)) segment.key = this.nextSpareKey--;
    this.segments.set(segment.key, segment);
    this.unsettled += segment.unsettled;
    this.usedBytes += segment.bytes + segment.markBytes;
  }

  /** Adds the oldest segment, with its totals. */
  addFirst(segment: Segment): void {
    const others = this.segments;
    this.segments = new Map();
    this.add(segment);
    for (const [key, other] of others) this.segments.set(key, other);
  }

  remove(segment: Segment): void {
    if (!this.segments.delete(segment.key)) return;
    this.unsettled -= segment.unsettled;
    this.usedBytes -= segment.bytes + segment.markBytes;
  }

  /**
   * Adds a record at the end of a segment.
   * @returns the index of the record
   */
  enter(segment: Segment, size: number): number {
    this.unsettled++;
    this.usedBytes += size;
    return segment.add(size);
  }

  /** @returns true if the record existed and was not settled yet */
  settle(segment: Segment, index: number): boolean {
    const isSettled = segment.settle(index);
    if (isSettled) this.unsettled--;
    return isSettled;
  }

  /**
   * Settles all records of a segment that are not leased.
   * @returns the number of these records, and the end of the last leased record
   */
  dropReady(segment: Segment): { readonly dropped: number; readonly end: number } {
    const result = segment.dropReady();
    this.unsettled -= result.dropped;
    return result;
  }

  /** Records that a segment was truncated after its leased records, or that its file is gone. */
  cut(segment: Segment, end: number): void {
    this.usedBytes -= segment.bytes - end;
    segment.bytes = end;
  }

  /** Records the new size of the marks file of a segment. */
  mark(segment: Segment, markBytes: number): void {
    this.usedBytes += markBytes - segment.markBytes;
    segment.markBytes = markBytes;
  }

  /** Adds bytes that are used outside of segments, by files that were set aside. */
  charge(bytes: number): void {
    this.usedBytes += bytes;
  }
}
