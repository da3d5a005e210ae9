import type { Batch } from './batch';
import type { EventQueue } from './event-queue';
import type { DeliverySettings } from './resolve-options';

/** A disk that cannot be read is left alone for so long. */
const DISK_RETRY_MS = 1000;

/**
 * Closes batches: decides when the events in the queue have waited long enough for company, and takes them from there. A batch
 * closes when it reaches `maxEvents` or `maxBytes`, when its oldest event has waited `maxWaitMs`, or when somebody waits for its
 * events. All times are milliseconds of `performance.now()`.
 */
export class BatchSource {
  /** When the events in the queue have waited long enough. */
  private ripeAt = Infinity;
  /** Events at the head of the queue that somebody waits for. */
  private hurried = 0;
  /** Nothing could be read from the queue, and is tried again then. */
  private restsUntil = -Infinity;
  private turn = 0;
  private isHurried = false;
  /** No event in the queue was accepted before, or it was by another process. */
  private allSince = performance.now();

  constructor(
    private readonly queue: EventQueue,
    private readonly limits: DeliverySettings['batch'],
  ) {}

  /** Events in the queue. */
  get waiting(): number {
    return this.queue.waiting;
  }

  /** The turn of the event that was taken last. */
  get lastTurn(): number {
    return this.turn;
  }

  /**
   * An event came into the queue.
   * @param wasEmpty whether there was none before
   * @returns when it has waited long enough, if this was not known before
   */
  arrived(wasEmpty: boolean, now: number): number | undefined {
    if (!wasEmpty) return undefined;
    this.allSince = now;
    return (this.ripeAt = now + this.limits.maxWaitMs);
  }

  /** Events came that are older than those in the queue. @param since when they came here */
  adopted(since: number): void {
    this.allSince = Math.min(this.allSince, since);
  }

  /** Somebody waits for what is in the queue now. */
  hurry(): void {
    this.hurried = this.queue.waiting;
  }

  /** From now on nothing waits for company. */
  hurryAlways(): void {
    this.isHurried = true;
  }

  /** Whether a batch may be taken. */
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

  /** When a batch may be taken, if nothing comes before; Infinity if there is nothing. */
  readyAt(now: number): number {
    if (this.queue.waiting === 0) return Infinity;
    return this.isRipe(now) ? now : Math.max(this.ripeAt, this.restsUntil);
  }

  /** The earliest time at which an event in the queue can have come here; Infinity if there is none. */
  get since(): number {
    return this.queue.waiting === 0 ? Infinity : this.allSince;
  }

  /** Whether the queue could not be read a moment ago. */
  isResting(now: number): boolean {
    return now < this.restsUntil;
  }

  /** Until when it is left alone then. */
  get restingUntil(): number {
    return this.restsUntil;
  }

  /** @returns undefined if there is nothing, or nothing can be read for now */
  take(now: number, maxEvents: number = this.limits.maxEvents): Batch | undefined {
    const { queue, limits } = this;
    if (queue.waiting === 0) return undefined;
    const entries = queue.take(maxEvents, limits.maxBytes);
    if (entries.length === 0) {
      this.restsUntil = now + Math.max(limits.maxWaitMs, DISK_RETRY_MS);
      return undefined;
    }
    for (const entry of entries) entry.turn = ++this.turn;
    this.allSince = Math.max(this.allSince, entries.at(-1)?.enteredAt ?? now); // the others came later
    this.hurried = queue.waiting === 0 ? 0 : Math.max(0, this.hurried - entries.length);
    this.ripeAt = now + limits.maxWaitMs; // those left have company to wait for again
    return { entries, failures: 0, isSuspect: false, dueAt: now, triedAt: -Infinity };
  }
}
