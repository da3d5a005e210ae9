import type { CrashNote } from './crash-note';
import type { TopicPartition } from './kafka-reader';

/** Entries that are given together at first. */
const FIRST_WINDOW = 32;
/** Into how many parts entries are divided with which a process has died. */
const PARTS = 32;
/** Of a count of deaths: those before the entry was given alone. After one was buried, the next one begins with them. */
const DEATHS_TOGETHER = 2;

/** What is known of a partition whose entries may have ended a process. */
export class SuspectPartition {
  private window: number;
  /** Entries before this offset are given in `part`s. */
  private readonly divideUntil: bigint;
  private readonly part: number;
  /** Offset of an entry with which a process has died when it was the only one. */
  private readonly diedAlone: bigint | undefined;
  /** Suspicion ends here: nothing behind it can have been in flight. */
  private readonly until: bigint;

  /**
   * @param position of the group
   * @param deaths processes that have died here
   * @param maxInFlight the most entries that a process can have had in flight
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

  /** How many entries may be given together, from this offset on. */
  sizeAt(offset: bigint): number {
    return offset < this.divideUntil ? this.part : this.window;
  }

  /** True for an entry that has had its `maxDeliveries`, the last of them alone. */
  isPoison(offset: bigint, maxDeliveries: number): boolean {
    return offset === this.diedAlone && this.deaths >= maxDeliveries;
  }

  /** The poison was found: what comes behind it has done nothing yet. */
  buried(): void {
    this.deaths = Math.min(this.deaths, DEATHS_TOGETHER);
  }

  /** Entries up to this offset are done. @returns true if nothing more is suspect */
  passed(offset: bigint): boolean {
    if (offset >= this.divideUntil) this.window *= 2;
    return offset + 1n >= this.until;
  }
}
