import { divide, turnOf, type Batch } from './batch';
import type { QueuedEvent } from './queued-event';

/**
 * Batches that have left the queue and are not being sent: failed batches that wait for their next
 * attempt, halves, and batches that were taken from the queue early.
 *
 * If ordered, they are in the order of their events, and only the first may be sent. Otherwise they
 * are in the order of their due time, and each may be sent when it is due.
 */
export class WaitingBatches {
  private batches: Batch[] = [];
  private eventCount = 0;
  private byteCount = 0;

  constructor(private readonly isOrdered: boolean) {}

  get count(): number {
    return this.batches.length;
  }

  get events(): number {
    return this.eventCount;
  }

  get bytes(): number {
    return this.byteCount;
  }

  /** Time at which the next batch may be sent; Infinity if there is none. */
  get nextDueAt(): number {
    return this.batches[0]?.dueAt ?? Infinity;
  }

  /**
   * The earliest of the times of all batches; Infinity if there is none.
   * @param timeOf the time of an event; the first event of a batch must have the earliest
   */
  earliest(timeOf: (entry: QueuedEvent) => number): number {
    let earliest = Infinity;
    for (const { entries } of this.batches) {
      const [first] = entries;
      if (first !== undefined) earliest = Math.min(earliest, timeOf(first));
    }
    return earliest;
  }

  add(batch: Batch): void {
    const isBehind = this.isOrdered
      ? (other: Batch): boolean => turnOf(other) > turnOf(batch)
      : (other: Batch): boolean => other.dueAt > batch.dueAt;
    const at = this.batches.findIndex(isBehind);
    if (at < 0) this.batches.push(batch);
    else this.batches.splice(at, 0, batch);
    this.tally(batch, 1);
  }

  /** Takes the next batch, if it is due. */
  takeDue(now: number): Batch | undefined {
    return this.nextDueAt <= now ? this.takeAt(0) : undefined;
  }

  /**
   * Takes the due batch that was not sent for the longest time, so that a single bad batch is not
   * every probe.
   */
  takeLeastTried(now: number): Batch | undefined {
    if (this.isOrdered) return this.takeDue(now);
    let found = -1;
    for (const [at, { dueAt, triedAt }] of this.batches.entries()) {
      if (dueAt > now) break;
      if (found < 0 || triedAt < (this.batches[found] as Batch).triedAt) found = at;
    }
    return found < 0 ? undefined : this.takeAt(found);
  }

  /** Takes the first batch that satisfies the condition. */
  takeFirst(condition: (batch: Batch) => boolean): Batch | undefined {
    const at = this.batches.findIndex(condition);
    return at < 0 ? undefined : this.takeAt(at);
  }

  /** The events of the batches before the first one that does not satisfy the condition. */
  leading(condition: (batch: Batch) => boolean): QueuedEvent[] {
    const end = this.batches.findIndex((batch) => !condition(batch));
    return this.batches.slice(0, end < 0 ? this.batches.length : end).flatMap(({ entries }) => entries);
  }

  /** Takes out the events that satisfy the condition. */
  takeEvents(condition: (entry: QueuedEvent) => boolean): QueuedEvent[] {
    const taken: QueuedEvent[] = [];
    for (const batch of this.takeAll()) {
      const { yes, no } = divide(batch, condition);
      taken.push(...yes);
      if (no.length === 0) continue;
      const left = { ...batch, entries: no };
      // in the same place, because neither its turn nor its time has changed
      this.batches.push(left);
      this.tally(left, 1);
    }
    return taken;
  }

  takeAll(): Batch[] {
    const { batches } = this;
    this.batches = [];
    this.eventCount = 0;
    this.byteCount = 0;
    return batches;
  }

  [Symbol.iterator](): IterableIterator<Batch> {
    return this.batches[Symbol.iterator]();
  }

  private takeAt(at: number): Batch | undefined {
    const [batch] = this.batches.splice(at, 1);
    if (batch !== undefined) this.tally(batch, -1);
    return batch;
  }

  private tally({ entries }: Batch, sign: 1 | -1): void {
    this.eventCount += sign * entries.length;
    for (const { bytes } of entries) this.byteCount += sign * bytes;
  }
}
