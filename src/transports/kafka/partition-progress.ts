/**
 * Progress in one partition. A group stores one offset, and everything before it counts as
 * finished. The offset that may be committed is therefore the first unfinished entry, whatever is
 * finished after it.
 */
export interface OpenOffset {
  readonly offset: bigint;
  isDone: boolean;
}

/** Range of offsets that were skipped. */
export interface OffsetGap {
  readonly from: bigint;
  /** Offset of the record that was read next. */
  readonly to: bigint;
}

export class PartitionProgress {
  private gap: OffsetGap | undefined;
  private open: OpenOffset[] = [];
  private head = 0;
  private next = -1n;
  private doneUpTo: bigint | undefined;
  private committed: bigint | undefined;

  /** Number of entries between the offset that may be committed and the last entry read. */
  get span(): number {
    return this.open.length - this.head;
  }

  get isUnread(): boolean {
    return this.next < 0n;
  }

  /** Offset after the last entry read; negative before anything was read. */
  get end(): bigint {
    return this.next;
  }

  /**
   * Offset of the first unfinished entry, or the offset after the last entry; undefined before
   * anything was read.
   */
  get position(): bigint | undefined {
    return this.open[this.head]?.offset ?? this.doneUpTo;
  }

  /** True for an offset that cannot follow the entries read so far. */
  isBehind(offset: bigint): boolean {
    return offset < this.next;
  }

  /**
   * Adds an entry.
   * @param offset at or after `end`
   */
  take(offset: bigint): OpenOffset {
    if (offset > this.next && this.next >= 0n) this.gap = { from: this.next, to: offset };
    this.next = offset + 1n;
    const entry = { offset, isDone: false };
    this.open.push(entry);
    return entry;
  }

  /**
   * Returns the last gap between the offsets read, once. Compacted topics and transactions also
   * produce gaps.
   */
  takeGap(): OffsetGap | undefined {
    const { gap } = this;
    this.gap = undefined;
    return gap;
  }

  settle(entry: OpenOffset): void {
    entry.isDone = true;
    for (let first = this.open[this.head]; first?.isDone === true; first = this.open[this.head]) {
      this.doneUpTo = first.offset + 1n;
      this.head++;
    }
    // Compacts rarely, so that the cost per entry is negligible.
    if (this.head > 1000 && this.head * 2 > this.open.length) {
      this.open = this.open.slice(this.head);
      this.head = 0;
    }
  }

  /** Offset that the group may commit; undefined if it is committed already. */
  get toCommit(): bigint | undefined {
    return this.doneUpTo === this.committed ? undefined : this.doneUpTo;
  }

  commit(offset: bigint): void {
    this.committed = offset;
  }
}
