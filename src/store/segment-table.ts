import type { RecordRef } from './record-store';
import type { Segment } from './segment';

/**
 * The segments of one store, the oldest first, with what they add up to. Touches no file.
 *
 * At every moment `count` is the number of records that are not settled, and `bytes` what the files take up, by our own count.
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

  /** All of them, the oldest first. A copy: segments may be removed while it is walked. */
  all(): Segment[] {
    return [...this.segments.values()];
  }

  /** The same without a copy, for a walk that removes none. */
  values(): Iterable<Segment> {
    return this.segments.values();
  }

  get(ref: RecordRef): Segment | undefined {
    return this.segments.get(ref.segment);
  }

  /** Adds the newest segment, with what it holds. */
  add(segment: Segment): void {
    // Two files may claim one sequence, if one of them was copied here by hand.
    if (this.segments.has(segment.key)) segment.key = this.nextSpareKey--;
    this.segments.set(segment.key, segment);
    this.unsettled += segment.unsettled;
    this.usedBytes += segment.bytes + segment.markBytes;
  }

  /** Adds the oldest segment, with what it holds. */
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

  /** Enters a record at the end of a segment. @returns its index */
  enter(segment: Segment, size: number): number {
    this.unsettled++;
    this.usedBytes += size;
    return segment.add(size);
  }

  /** @returns whether the record was here and not settled yet */
  settle(segment: Segment, index: number): boolean {
    const isSettled = segment.settle(index);
    if (isSettled) this.unsettled--;
    return isSettled;
  }

  /** Settles all that is ready in it. @returns how many, and where the last leased record ends */
  dropReady(segment: Segment): { readonly dropped: number; readonly end: number } {
    const result = segment.dropReady();
    this.unsettled -= result.dropped;
    return result;
  }

  /** Says that a segment was cut behind its leased records, or that its file is gone. */
  cut(segment: Segment, end: number): void {
    this.usedBytes -= segment.bytes - end;
    segment.bytes = end;
  }

  /** Says how long the settled-file of a segment is now. */
  mark(segment: Segment, markBytes: number): void {
    this.usedBytes += markBytes - segment.markBytes;
    segment.markBytes = markBytes;
  }

  /** Counts bytes that are in use besides those of segments: what was set aside. */
  charge(bytes: number): void {
    this.usedBytes += bytes;
  }
}
