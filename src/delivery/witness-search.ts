import type { Batch } from './batch';
import { FAILURES_OF_SUSPECT, type QueuedEvent } from './queued-event';
import type { WaitingBatches } from './waiting-batches';

/**
 * If the destination comes back just between the failure of the suspects and the sending of the witness, they are given up in
 * error. So this is tried the less often the longer an attempt takes, and the more suspects there are.
 */
const MIN_PAUSE_ATTEMPTS = 20;

/**
 * For an ordered destination whose first event fails again and again, alone: is the destination down, or can it never take this
 * event? No other event may be delivered before it, unless it is never delivered at all. So once it has used up its attempts,
 * each of its failures is followed at once by one attempt to send the next event that has not, as a witness. If that is taken,
 * the destination works, and those before it are given up. If not, nothing is decided, and the witness goes back to its place.
 */
export class WitnessSearch {
  private witness: Batch | undefined;
  private isDue = false;
  private searchedAt = -Infinity;

  constructor(private readonly attempts: number) {}

  /** Whether a witness is to be sent before anything else. */
  get isWanted(): boolean {
    return this.isDue;
  }

  /** Whether it is a single event that has used up its attempts. */
  readonly isExhausted = ({ entries }: Batch): boolean => {
    const [entry] = entries;
    if (entry === undefined || entries.length > 1 || entry.failures < this.attempts) return false;
    return entry.failuresAlone >= Math.min(this.attempts, FAILURES_OF_SUSPECT);
  };

  isWitness(batch: Batch): boolean {
    return batch === this.witness;
  }

  /**
   * A batch failed while the breaker was open.
   * @param suspects events at the head that have used up their attempts
   * @param tookMs how long the attempt took
   */
  failed(batch: Batch, suspects: number, tookMs: number, now: number): void {
    if (this.isWitness(batch) || suspects === 0 || !this.isExhausted(batch)) return;
    if (now - this.searchedAt < MIN_PAUSE_ATTEMPTS * suspects * tookMs) return;
    this.searchedAt = now;
    this.isDue = true;
  }

  /**
   * Takes the witness from where it waits.
   * @param takeNext takes one event from the queue
   */
  begin(waiting: WaitingBatches, takeNext: () => Batch | undefined): Batch | undefined {
    this.isDue = false;
    const batch = waiting.takeFirst((each) => !this.isExhausted(each)) ?? takeNext();
    if (batch === undefined) return undefined;
    const [first, ...others] = batch.entries as readonly [QueuedEvent, ...QueuedEvent[]];
    if (others.length > 0) waiting.add({ ...batch, entries: others });
    return (this.witness = { ...batch, entries: [first], isSuspect: true });
  }
}
