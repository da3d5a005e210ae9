import { divide, type Batch } from './batch';
import type { BatchSource } from './batch-source';
import type { Breaker } from './breaker';
import type { QueuedEvent } from './queued-event';
import type { DeliverySettings } from './resolve-options';
import type { Conclusion, SchedulerParts } from './scheduler-parts';
import type { WaitingBatches } from './waiting-batches';
import { WitnessSearch } from './witness-search';

/**
 * Batches that wait for their next attempt hold at most as many events as this number of full
 * batches.
 */
const MAX_WAITING_BATCHES = 10;

export interface PickerParts {
  readonly settings: Pick<DeliverySettings, 'ordered' | 'batch' | 'retry'>;
  readonly source: BatchSource;
  readonly waiting: WaitingBatches;
  readonly breaker: Pick<Breaker, 'state' | 'reason' | 'allowsAt'>;
  readonly giveUp: SchedulerParts['giveUp'];
  /** Called for each batch that is taken from the queue. */
  readonly onTaken: (batch: Batch) => void;
  /** Time from which events of other processes can become too old. */
  readonly startedAt: number;
}

/**
 * Picks the batch that is sent next, from the waiting batches and the queue, and abandons events
 * that are not sent any more.
 *
 * With `ordered`, no batch overtakes another: the first must be settled before the second is sent.
 * While the breaker is not closed, batches that were never sent are picked first as probes, and
 * events that become too old are abandoned.
 *
 * All times are milliseconds of `performance.now()`.
 */
export class BatchPicker {
  private readonly search: WitnessSearch;

  constructor(private readonly parts: PickerParts) {
    this.search = new WitnessSearch(parts.settings.retry.attempts);
  }

  /** Picks the batch to send now; undefined if none may be sent. */
  next(now: number): Batch | undefined {
    const { waiting, breaker, giveUp } = this.parts;
    if (this.search.isWanted) return this.search.begin(waiting, () => this.take(now, 1));
    if (breaker.allowsAt > now) return undefined;
    for (;;) {
      const batch = breaker.state === 'closed' ? this.nextDue(now) : this.nextProbe(now);
      if (batch === undefined || batch.failures === 0) return this.sample(batch, now);
      const { yes: tooOld, no: left } = divide(batch, (entry) => this.expiresAt(entry) <= now);
      if (tooOld.length > 0) giveUp(tooOld, 'too-old');
      if (left.length > 0) return this.sample({ ...batch, entries: left }, now);
    }
  }

  /**
   * The time at which there may be a batch to send, or an event to abandon; Infinity if that
   * depends on another event or on the end of an attempt.
   * @param hasFree true if another batch could be sent
   */
  nextTime(now: number, hasFree: boolean): number {
    const { waiting, source, breaker, settings } = this.parts;
    const dueAt = Math.min(waiting.nextDueAt, this.takesFromQueue ? source.readyAt(now) : Infinity);
    const sendAt = hasFree ? Math.max(dueAt, breaker.allowsAt) : Infinity;
    if (!this.isBlocked(now)) return sendAt;
    const expiresAt = Math.max(source.since + settings.retry.maxAgeMs, source.restingUntil);
    return Math.min(sendAt, expiresAt, waiting.earliest(this.expiresAt));
  }

  /** True while the waiting batches leave capacity for more events of the queue. */
  get takesFromQueue(): boolean {
    const { waiting } = this.parts;
    const { ordered, batch } = this.parts.settings;
    if (ordered) return waiting.count === 0;
    return (
      waiting.events < MAX_WAITING_BATCHES * batch.maxEvents && waiting.bytes < MAX_WAITING_BATCHES * batch.maxBytes
    );
  }

  /**
   * While nothing can be sent, abandons the events that have become too old: those in waiting
   * batches and at the head of the queue.
   * @returns true if there may be more of them, which are handled in another turn of the event loop
   */
  expire(now: number): boolean {
    const { waiting, source, settings, giveUp } = this.parts;
    if (!this.isBlocked(now)) return false;
    if (source.since + settings.retry.maxAgeMs <= now && !source.isResting(now)) {
      const batch = this.take(now);
      if (batch !== undefined) waiting.add(batch);
    }
    if (waiting.earliest(this.expiresAt) > now) return false;
    giveUp(
      waiting.takeEvents((entry) => this.expiresAt(entry) <= now),
      'too-old',
    );
    return true;
  }

  /**
   * Distinguishes an ordered destination that is down from an event that it can never accept: see
   * WitnessSearch.
   */
  learn(batch: Batch, { isTaken, tookMs, retryAfterMs }: Conclusion): void {
    const { search } = this;
    const { waiting, breaker, giveUp } = this.parts;
    const suspects = waiting.leading(search.isExhausted);
    if (search.isWitness(batch) && isTaken && suspects.length > 0) {
      const run = new Set(suspects);
      giveUp(
        waiting.takeEvents((entry) => run.has(entry)),
        'attempts',
      );
    } else if (!isTaken && breaker.state === 'open') {
      search.failed(batch, suspects.length, Math.max(tookMs, retryAfterMs), performance.now());
    }
  }

  /** True if nothing, or only one batch, may be sent for now. */
  private isBlocked(now: number): boolean {
    const { breaker } = this.parts;
    return breaker.state !== 'closed' || breaker.allowsAt > now;
  }

  private nextDue(now: number): Batch | undefined {
    return this.parts.waiting.takeDue(now) ?? this.takeRipe(now);
  }

  private nextProbe(now: number): Batch | undefined {
    const { waiting, settings } = this.parts;
    if (settings.ordered) return this.nextDue(now);
    const isUntried = ({ triedAt, dueAt }: Batch): boolean => triedAt === -Infinity && dueAt <= now;
    return waiting.takeFirst(isUntried) ?? this.takeRipe(now) ?? waiting.takeLeastTried(now);
  }

  /**
   * Cuts the batch to one event if the destination rejects everything: the other events of the
   * batch would become dead letters with it.
   */
  private sample(batch: Batch | undefined, now: number): Batch | undefined {
    const { waiting, breaker } = this.parts;
    const isWhole = batch === undefined || batch.entries.length === 1;
    if (isWhole || breaker.reason !== 'refusing') return batch;
    waiting.add({ ...batch, entries: batch.entries.slice(1), dueAt: now, triedAt: now });
    return { ...batch, entries: batch.entries.slice(0, 1) };
  }

  private takeRipe(now: number): Batch | undefined {
    return this.takesFromQueue && this.parts.source.isRipe(now) ? this.take(now) : undefined;
  }

  private take(now: number, maxEvents?: number): Batch | undefined {
    const batch = this.parts.source.take(now, maxEvents);
    if (batch !== undefined) this.parts.onTaken(batch);
    return batch;
  }

  /**
   * Time at which an event becomes too old. An event of another process is tried once, or waits
   * here as long as any other, before it is too old.
   */
  private readonly expiresAt = ({ enteredAt, failures }: QueuedEvent): number =>
    (failures > 0 ? enteredAt : Math.max(enteredAt, this.parts.startedAt)) + this.parts.settings.retry.maxAgeMs;
}
