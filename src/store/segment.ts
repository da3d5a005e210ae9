import { HEADER_BYTES, seedOfSequence, type SegmentFormat } from './record-format';

/** Where a segment is, and how its bytes are to be read. */
export interface SegmentPlace {
  /** Its number in the name of its file. */
  readonly sequence: number;
  readonly format: SegmentFormat;
  readonly path: string;
  readonly donePath: string;
}

/**
 * What the store remembers of one segment: 5 bytes a record, so that a million waiting events cost 5 MB of memory.
 *
 * States: `in place` (its file is at its path) -> `detached` (its file has no name any more, but a descriptor of it is open)
 * -> `in place` again; or -> `lost` (only its leased records are left, in the memory of the caller). Only SegmentSalvage
 * moves it.
 */
export class Segment {
  /** Names it in a RecordRef. */
  key: number;
  readonly sequence: number;
  readonly format: SegmentFormat;
  path: string;
  donePath: string;
  /** Makes the marks of this segment unlike those of another. */
  seed: number;
  /** Bytes of the segment, gathered ones included. */
  bytes = 0;
  /** Bytes of its settled-file. */
  markBytes = 0;
  /** False if it holds damage that could not be set aside: then its file is left to the next process, settled or not. */
  isRepaired = true;
  /** The descriptor of a detached segment; undefined in any other state. */
  fd: number | undefined;
  isLost = false;
  ready = 0;
  leased = 0;
  /** Offsets of settled records whose marks are not in the settled-file yet. */
  unmarked: number[] = [];
  private offsets = new Uint32Array(64);
  private states = new Uint8Array(64);
  private length = 0;
  /** No record before it is ready. */
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

  /** Enters the record that ends where the segment ends. @returns its index */
  add(size: number): number {
    this.enter(this.bytes);
    this.bytes += size;
    return this.length - 1;
  }

  /** Enters a record found at an offset, behind those entered before. */
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
   * The next records that are ready and stand beside each other, `[from, to)`, or undefined if the first is too large.
   * @param fits whether a payload of so many bytes, all those of the run together, is still wanted
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

  /** @returns whether it was leased */
  release(index: number): boolean {
    if (this.states[index] !== LEASED) return false;
    this.states[index] = READY;
    this.leased--;
    this.ready++;
    if (index < this.firstReady) this.firstReady = index;
    return true;
  }

  /** @returns whether it was here and not settled yet */
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

  /** Settles by a mark that was read; one that names no record is left alone. */
  settleMarked(offset: number): void {
    const index = this.indexAt(offset);
    if (index !== undefined && this.settle(index)) this.unmarked.pop();
  }

  /**
   * Settles everything that is ready.
   * @returns how many, and where the last leased record ends: what lies behind is of no use to anybody
   */
  dropReady(): { dropped: number; end: number } {
    const dropped = this.ready;
    const end = this.leased === 0 ? 0 : this.offsetOf(this.states.lastIndexOf(LEASED) + 1);
    let index = this.firstReady - 1;
    while ((index = this.states.indexOf(READY, index + 1)) !== -1) this.settle(index);
    return { dropped, end };
  }

  /** Calls `take` with the index of each record that is not settled, in order. */
  forEachUnsettled(take: (index: number) => void): void {
    for (let index = 0; index < this.length; index++) if (this.states[index] !== SETTLED) take(index);
  }

  /** How many records at or behind an offset are not settled. */
  unsettledFrom(offset: number): number {
    let count = 0;
    this.forEachUnsettled((index) => {
      if (this.offsetOf(index) >= offset) count++;
    });
    return count;
  }

  /** Offsets of all that is settled: for a settled-file that is written anew. */
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

// Space that is not in use yet is 0, so that a search for READY ends before it.
const [READY, LEASED, SETTLED] = [1, 2, 3];
