import { HEADER_BYTES, seedOfSequence, type SegmentFormat } from './record-format';

/** Location of a segment, and the format of its bytes. */
export interface SegmentPlace {
  /** Number of the segment in its file name. */
  readonly sequence: number;
  readonly format: SegmentFormat;
  readonly path: string;
  readonly donePath: string;
}

/**
 * The state that the store keeps in memory for one segment: 5 bytes per record, so that a million
 * waiting events use 5 MB.
 *
 * States: `in place` (the file is at its path) -> `detached` (the file has no name any more, but
 * its descriptor is open) -> `in place` again; or -> `lost` (only the leased records are left, in
 * the memory of the caller). Only SegmentSalvage changes the state.
 */
export class Segment {
  /** Identifies the segment in a RecordRef. */
  key: number;
  readonly sequence: number;
  readonly format: SegmentFormat;
  path: string;
  donePath: string;
  /** Seed that makes the marks of this segment different from the marks of any other. */
  seed: number;
  /** Size of the segment in bytes, including buffered records. */
  bytes = 0;
  /** Size of the marks file in bytes. */
  markBytes = 0;
  /**
   * False if the segment contains damage that could not be set aside. Its file is then left for the
   * next process, settled or not.
   */
  isRepaired = true;
  /** Descriptor of a detached segment; undefined in any other state. */
  fd: number | undefined;
  isLost = false;
  ready = 0;
  leased = 0;
  /** Offsets of settled records whose marks are not in the marks file yet. */
  unmarked: number[] = [];
  private offsets = new Uint32Array(64);
  private states = new Uint8Array(64);
  private length = 0;
  /** Lower bound of the ready records: no record before this index is ready. */
  private firstReady = 0;

  constructor({ sequence, format, path, donePath }: SegmentPlace, seed?: number) {
    this.key = sequence;
    this.sequence = sequence;
    this.format = format;
    this.path = path;
    this.donePath = donePath;
    this.seed = seed ?? seedOfSequence(sequence);
  }

  get unsettled(): number {
    return this.ready + this.leased;
  }

  /**
   * Adds a record at the end of the segment.
   * @returns the index of the record
   */
  add(size: number): number {
    this.enter(this.bytes);
    this.bytes += size;
    return this.length - 1;
  }

  /** Adds a record found at an offset, after all records added before. */
  enter(offset: number): void {
    if (this.length === this.states.length) this.grow();
    this.offsets[this.length] = offset;
    this.states[this.length] = READY;
    this.length++;
    this.ready++;
  }

  offsetOf(index: number): number {
    return index < this.length ? (this.offsets[index] ?? 0) : this.bytes;
  }

  /**
   * Returns the next contiguous records that are ready, as `[from, to)`; undefined if the first is
   * too large.
   * @param fits returns true if a run with this many payload bytes and records in total is
   * acceptable
   */
  nextRun(maxRecords: number, fits: (payloadBytes: number, records: number) => boolean): Run | undefined {
    const from = this.states.indexOf(READY, this.firstReady);
    this.firstReady = from;
    const start = this.offsetOf(from);
    let to = from;
    while (to < this.length && this.states[to] === READY && to - from < maxRecords) {
      const records = to - from + 1;
      if (!fits(this.offsetOf(to + 1) - start - records * HEADER_BYTES, records)) break;
      to++;
    }
    return to === from ? undefined : { from, to };
  }

  lease(index: number): void {
    this.states[index] = LEASED;
    this.ready--;
    this.leased++;
  }

  /** @returns true if the record was leased */
  release(index: number): boolean {
    if (this.states[index] !== LEASED) return false;
    this.states[index] = READY;
    this.leased--;
    this.ready++;
    if (index < this.firstReady) this.firstReady = index;
    return true;
  }

  /** @returns true if the record existed and was not settled yet */
  settle(index: number): boolean {
    if (index >= this.length) return false;
    const state = this.states[index];
    if (state === LEASED) this.leased--;
    else if (state === READY) this.ready--;
    else return false;
    this.states[index] = SETTLED;
    this.unmarked.push(this.offsetOf(index));
    return true;
  }

  /** Settles a record because of a mark in the file. Ignores a mark that matches no record. */
  settleMarked(offset: number): void {
    const index = this.indexAt(offset);
    if (index !== undefined && this.settle(index)) this.unmarked.pop();
  }

  /**
   * Settles all records that are ready.
   * @returns the number of these records, and the end of the last leased record: the bytes after it
   * are not needed any more
   */
  dropReady(): { dropped: number; end: number } {
    const dropped = this.ready;
    const end = this.leased === 0 ? 0 : this.offsetOf(this.states.lastIndexOf(LEASED) + 1);
    let index = this.firstReady - 1;
    while ((index = this.states.indexOf(READY, index + 1)) !== -1) this.settle(index);
    return { dropped, end };
  }

  /** Calls `take` with the index of each unsettled record, in order. */
  forEachUnsettled(take: (index: number) => void): void {
    for (let index = 0; index < this.length; index++) if (this.states[index] !== SETTLED) take(index);
  }

  /** Returns the number of unsettled records at or after an offset. */
  unsettledFrom(offset: number): number {
    let count = 0;
    this.forEachUnsettled((index) => {
      if (this.offsetOf(index) >= offset) count++;
    });
    return count;
  }

  /** Returns the offsets of all settled records, for rewriting the marks file. */
  settledOffsets(): number[] {
    const offsets: number[] = [];
    for (let index = 0; index < this.length; index++) {
      if (this.states[index] === SETTLED) offsets.push(this.offsetOf(index));
    }
    return offsets;
  }

  private indexAt(offset: number): number | undefined {
    let low = 0;
    let high = this.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const found = this.offsetOf(middle);
      if (found === offset) return middle;
      if (found < offset) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }

  private grow(): void {
    const { offsets, states } = this;
    this.offsets = new Uint32Array(states.length * 2);
    this.offsets.set(offsets);
    this.states = new Uint8Array(states.length * 2);
    this.states.set(states);
  }
}

export interface Run {
  readonly from: number;
  readonly to: number;
}

// Unused entries are 0, so that a search for READY never matches them.
const [READY, LEASED, SETTLED] = [1, 2, 3];
