import type { Batch } from './batch';
import type { EventQueue } from './event-queue';
import type { DeliverySettings } from './resolve-options';

/** Minimum milliseconds until a disk that cannot be read is tried again. */
const DISK_RETRY_MS = 1000;

/**
 * Closes batches: decides when the events in the queue have waited long enough, and takes them from
 * the queue.
 *
 * A batch closes when it reaches `maxEvents` or `maxBytes`, when its oldest event has waited
 * `maxWaitMs`, or when a caller waits for its events. All times are milliseconds of
 * `performance.now()`.
 */
export class BatchSource {
  /** Time at which the events in the queue have waited long enough. */
  private ripeAt = Infinity;
  /** Number of events at the head of the queue for which a caller waits. */
  private hurried = 0;
  /** Time of the next read after a read of the queue that returned nothing. */
  private restsUntil = -Infinity;
  private turn = 0;
  private isHurried = false;
  /** Lower bound of the time at which the events in the queue came to this process. */
  private allSince = performance.now();

  constructor(
    private readonly queue: EventQueue,
    private readonly limits: DeliverySettings['batch'],
  ) {}

  /** Number of events in the queue. */
  get waiting(): number {
    return this.queue.waiting;
  }

  /** Turn of the event that was taken last. */
  get lastTurn(): number {
    return this.turn;
  }

  /**
   * Notes a new event of the queue.
   * @param wasEmpty true if the queue was empty before
   * @returns the time at which the event has waited long enough, if the queue was empty; else
   * undefined
   */
  arrived(wasEmpty: boolean, now: number): number | undefined {
    if (!wasEmpty) return undefined;
    this.allSince = now;
    return (this.ripeAt = now + this.limits.maxWaitMs);
  }

  /**
   * Notes events that are older than those in the queue.
   * @param since time at which they came to this process
   */
  adopted(since: number): void {
    this.allSince = Math.min(this.allSince, since);
  }

  /**
   * Closes batches at once for all events that are in the queue now, because a caller waits for
   * them.
   */
  hurry(): void {
    this.hurried = this.queue.waiting;
  }

  /** From now on, closes every batch without waiting for more events. */
  hurryAlways(): void {
    this.isHurried = true;
  }

  /** True if a batch may be taken. */
  isRipe(now: number): boolean {
    const { queue, limits } = this;
    if (now < this.restsUntil) return false;
    return (
      queue.waiting >= limits.maxEvents ||
      now >= this.ripeAt ||
      queue.waitingBytes >= limits.maxBytes ||
      this.hurried > 0 ||
      this.isHurried
    );
  }

  /**
   * Time at which a batch may be taken if no event comes before; Infinity if the queue is empty.
   */
  readyAt(now: number): number {
    if (this.queue.waiting === 0) return Infinity;
    return this.isRipe(now) ? now : Math.max(this.ripeAt, this.restsUntil);
  }

  /**
   * Earliest time at which an event in the queue can have come to this process; Infinity if the
   * queue is empty.
   */
  get since(): number {
    return this.queue.waiting === 0 ? Infinity : this.allSince;
  }

  /** True shortly after a read of the queue that returned nothing. */
  isResting(now: number): boolean {
    return now < this.restsUntil;
  }

  /** Time at which the queue is read again after such a read. */
  get restingUntil(): number {
    return this.restsUntil;
  }

  /**
   * Takes the next batch from the queue.
   * @returns the batch; undefined if the queue is empty or cannot be read for now
   */
  take(now: number, maxEvents: number = this.limits.maxEvents): Batch | undefined {
    const { queue, limits } = this;
    if (queue.waiting === 0) return undefined;
    const entries = queue.take(maxEvents, limits.maxBytes);
    if (entries.length === 0) {
      this.restsUntil = now + Math.max(limits.maxWaitMs, DISK_RETRY_MS);
      return undefined;
    }
    for (const entry of entries) entry.turn = ++this.turn;
    // the remaining events came later
    this.allSince = Math.max(this.allSince, entries.at(-1)?.enteredAt ?? now);
    this.hurried = queue.waiting === 0 ? 0 : Math.max(0, this.hurried - entries.length);
    this.ripeAt = now + limits.maxWaitMs; // the remaining events can wait for more again
    return { entries, failures: 0, isSuspect: false, dueAt: now, triedAt: -Infinity };
  }
}
