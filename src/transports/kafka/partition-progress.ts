/**
 * How far one partition has come. A group remembers one offset, and everything before it counts as done: so what may be committed
 * is where the first entry stands that is not done, whatever has been done behind it.
 */
export interface OpenOffset {
  readonly offset: bigint;
  isDone: boolean;
}

/** Offsets that were passed over. */
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

  /** Entries between the offset that may be committed and the last one read. */
  get span(): number {
    return this.open.length - this.head;
  }

  get isUnread(): boolean {
    return this.next < 0n;
  }

  /** Offset behind the last entry that was read; negative before anything was read. */
  get end(): bigint {
    return this.next;
  }

  /** Offset of the first entry that is not done, or behind the last one; undefined before anything was read. */
  get position(): bigint | undefined {
    return this.open[this.head]?.offset ?? this.doneUpTo;
  }

  /** True for an offset that cannot follow what was read. */
  isBehind(offset: bigint): boolean {
    return offset < this.next;
  }

  /** @param offset not behind what was read */
  take(offset: bigint): OpenOffset {
    if (offset > this.next && this.next >= 0n) this.gap = { from: this.next, to: offset };
    this.next = offset + 1n;
    const entry = { offset, isDone: false };
    this.open.push(entry);
    return entry;
  }

  /** The last gap in what was read, once. Compacted topics and transactions have gaps, too. */
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
    // Seldom, so that it costs nothing per entry.
    if (this.head > 1000 && this.head * 2 > this.open.length) {
      this.open = this.open.slice(this.head);
      this.head = 0;
    }
  }

  /** Where the group may stand, if it does not stand there yet. */
  get toCommit(): bigint | undefined {
    return this.doneUpTo === this.committed ? undefined : this.doneUpTo;
  }

  commit(offset: bigint): void {
    this.committed = offset;
  }
}
