import type { CrashNote } from './crash-note';
import type { TopicPartition } from './kafka-reader';

/** Number of entries in the first window. */
const FIRST_WINDOW = 32;
/** Number of parts into which the entries of a window are divided after a crash. */
const PARTS = 32;
/**
 * Maximum number of deaths kept after a dead letter: the deaths that precede the delivery of an
 * entry alone.
 */
const DEATHS_TOGETHER = 2;

/** State of a partition whose entries may have crashed a process. */
export class SuspectPartition {
  private window: number;
  /** Offset before which entries are given out in windows of `part` entries. */
  private readonly divideUntil: bigint;
  private readonly part: number;
  /** Offset of an entry with which a process crashed while it was the only one in flight. */
  private readonly diedAlone: bigint | undefined;
  /** Offset at which suspicion ends: nothing from there on can have been in flight. */
  private readonly until: bigint;

  /**
   * @param position of the group
   * @param deaths number of processes that have crashed here
   * @param maxInFlight largest number of entries that a process can have had in flight
   */
  constructor(
    readonly at: TopicPartition,
    position: bigint,
    { from, count }: Pick<CrashNote, 'from' | 'count'>,
    public deaths: number,
    maxInFlight: number,
  ) {
    this.window = FIRST_WINDOW;
    this.part = count === undefined ? FIRST_WINDOW : Math.ceil(count / PARTS);
    this.divideUntil = from === undefined || count === undefined ? position : from + BigInt(count);
    this.diedAlone = count === 1 ? from : undefined;
    this.until = (from ?? position) + BigInt(maxInFlight);
  }

  /** Returns the number of entries that may be given out together from this offset on. */
  sizeAt(offset: bigint): number {
    return offset < this.divideUntil ? this.part : this.window;
  }

  /** True for an entry that was delivered `maxDeliveries` times, the last time alone. */
  isPoison(offset: bigint, maxDeliveries: number): boolean {
    return offset === this.diedAlone && this.deaths >= maxDeliveries;
  }

  /**
   * Call when the poison entry has become a dead letter. The entries after it have caused no crash
   * so far.
   */
  buried(): void {
    this.deaths = Math.min(this.deaths, DEATHS_TOGETHER);
  }

  /**
   * Records that entries up to this offset are finished.
   * @returns true if no further entries are suspect
   */
  passed(offset: bigint): boolean {
    if (offset >= this.divideUntil) this.window *= 2;
    return offset + 1n >= this.until;
  }
}
