import type { Batch } from './batch';
import { FAILURES_OF_SUSPECT, type QueuedEvent } from './queued-event';
import type { WaitingBatches } from './waiting-batches';

/**
 * Minimum pause between searches, as a multiple of the duration of an attempt and the number of
 * suspects. If the destination recovers between the failure of the suspects and the sending of the
 * witness, the suspects are abandoned wrongly. Searches are therefore rarer if attempts take longer
 * or if there are more suspects.
 */
const MIN_PAUSE_ATTEMPTS = 20;

/**
 * Decides for an ordered destination whose first event fails repeatedly, alone: is the destination
 * down, or can it never accept this event?
 *
 * No other event may be delivered before the first one, unless that one is never delivered. Once
 * the first event has used up its attempts, each of its failures is followed by one attempt to send
 * the next event that has not used them up: the witness. If the witness is accepted, the
 * destination works, and the events before it are abandoned. If not, nothing is decided, and the
 * witness goes back to its place.
 */
export class WitnessSearch {
  private witness: Batch | undefined;
  private isDue = false;
  private searchedAt = -Infinity;

  constructor(private readonly attempts: number) {}

  /** True if a witness must be sent before anything else. */
  get isWanted(): boolean {
    return this.isDue;
  }

  /** True if the batch is a single event that has used up its attempts. */
  readonly isExhausted = ({ entries }: Batch): boolean => {
    const [entry] = entries;
    if (entry === undefined || entries.length > 1 || entry.failures < this.attempts) return false;
    return entry.failuresAlone >= Math.min(this.attempts, FAILURES_OF_SUSPECT);
  };

  isWitness(batch: Batch): boolean {
    return batch === this.witness;
  }

  /**
   * Records that a batch failed while the breaker was open.
   * @param suspects number of events at the head that have used up their attempts
   * @param tookMs duration of the attempt, or the wait that the destination requested, if longer
   */
  failed(batch: Batch, suspects: number, tookMs: number, now: number): void {
    if (this.isWitness(batch) || suspects === 0 || !this.isExhausted(batch)) return;
    if (now - this.searchedAt < MIN_PAUSE_ATTEMPTS * suspects * tookMs) return;
    this.searchedAt = now;
    this.isDue = true;
  }

  /**
   * Takes the witness from its place.
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
