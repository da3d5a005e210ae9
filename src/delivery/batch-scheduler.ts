import { divide, turnOf, type Batch } from './batch';
import { BatchSource } from './batch-source';
import { Countdown } from '../common/countdown';
import { OutsideFlow } from '../common/outside-flow';
import { FlushWaiters } from './flush-waiters';
import type { QueuedEvent } from './queued-event';
import type { Conclusion, SchedulerParts } from './scheduler-parts';
import { SendSlots } from './send-slots';
import { WaitingBatches } from './waiting-batches';
import { WitnessSearch } from './witness-search';

/**
 * Batches that wait for their next attempt hold at most as many events as this number of full
 * batches.
 */
const MAX_WAITING_BATCHES = 10;
/** Milliseconds until the next run after an unexpected error in this class or its parts. */
const FAILURE_RETRY_MS = 1000;

/**
 * Decides which batch is sent when. It does not send, and it does not decide the outcome of a
 * batch.
 *
 * Up to `concurrency` batches are sent at once. With `ordered` it is one, and no batch overtakes
 * another: the first must be settled before the second is sent. While the breaker is not closed,
 * probes are taken from the batches that were never sent first, and events that become too old are
 * abandoned.
 *
 * States:
 * - running: batches wait until they are full or old enough. `drain` moves it to draining, `stop`
 *   to stopped.
 * - draining: batches are sent without waiting to fill up. `stop` moves it to stopped.
 * - stopped: nothing is sent.
 *
 * All times are milliseconds of `performance.now()`.
 */
export class BatchScheduler {
  private readonly source: BatchSource;
  private readonly waiting: WaitingBatches;
  private readonly slots: SendSlots;
  private readonly countdown: Countdown;
  private readonly flushes = new FlushWaiters();
  private readonly search: WitnessSearch;
  private readonly startedAt = performance.now();
  private idleWaiters: (() => void)[] = [];
  private isDraining = false;
  private isStopped = false;

  constructor(private readonly parts: SchedulerParts) {
    const { ordered, retry, batch } = parts.settings;
    this.countdown = new Countdown(() => {
      this.pump();
    }, parts.outside ?? new OutsideFlow().take());
    this.source = new BatchSource(parts.queue, batch);
    this.waiting = new WaitingBatches(ordered);
    this.search = new WitnessSearch(retry.attempts);
    this.slots = new SendSlots(ordered ? 1 : parts.settings.concurrency, () => {
      this.pump();
    });
  }

  /**
   * Schedules a new event of the queue.
   * @param wasEmpty true if the queue was empty before
   */
  arrived(wasEmpty: boolean, now: number): void {
    const ripeAt = this.source.arrived(wasEmpty, now);
    if (this.source.isRipe(now)) this.countdown.soon();
    else if (ripeAt !== undefined) this.countdown.until(ripeAt, this.keepsAlive());
  }

  /**
   * Sends the events that are in the queue now without waiting for full batches, because a caller
   * waits for them.
   */
  hurry(): void {
    if (this.isStopped) return;
    this.source.hurry();
    this.countdown.soon();
  }

  /** Runs again soon, because events that could not be read or written may be accessible now. */
  wake(): void {
    if (!this.isStopped) this.countdown.soon();
  }

  /** Events that were taken from the queue and are not settled, in their order. */
  takenEvents(): QueuedEvent[] {
    const batches = [...this.slots, ...this.waiting];
    return inOrder(batches);
  }

  /** Schedules events of another process, which may be sent before the waiting ones. */
  adopted(events: number): void {
    this.source.adopted(this.startedAt);
    this.flushes.overtaken(events);
    this.hurry();
  }

  /** Resolves when the events that came before are settled or cannot be sent for now. */
  flush(): Promise<void> {
    if (this.isStopped || this.isIdle) return Promise.resolve();
    this.hurry();
    return this.flushes.add(this.source.waiting, this.source.lastTurn);
  }

  /**
   * Sends all events as soon as possible.
   * @param onEnd called when nothing is left, or when waiting is pointless
   * @param triesAtOnce true to retry now instead of after the back-off, because the last attempt
   * could not connect
   */
  drain(onEnd: () => void, triesAtOnce: boolean): void {
    if (triesAtOnce) {
      const now = performance.now();
      this.parts.breaker.endBackOff(now);
      for (const batch of this.waiting.takeAll()) this.waiting.add({ ...batch, dueAt: Math.min(batch.dueAt, now) });
    }
    this.isDraining = true;
    this.source.hurryAlways();
    this.idleWaiters.push(onEnd);
    this.countdown.soon();
  }

  /**
   * Stops sending.
   * @returns the events that have left the queue and are not settled, in their order
   */
  stop(): QueuedEvent[] {
    const batches = [...this.slots.takeAll(), ...this.waiting.takeAll()];
    this.isStopped = true;
    this.countdown.stop();
    this.flushes.settle(() => true);
    this.answerIdle();
    return inOrder(batches);
  }

  get isIdle(): boolean {
    return this.source.waiting === 0 && this.waiting.count === 0 && this.slots.isEmpty;
  }

  /** True if the batch was begun, and neither concluded nor stopped. */
  isUnderWay(batch: Batch): boolean {
    return this.slots.has(batch);
  }

  /** Records the end of an attempt to send a batch. */
  conclude(batch: Batch, conclusion: Conclusion): void {
    if (!this.slots.end(batch)) return;
    for (const each of conclusion.again) this.waiting.add(each);
    if (conclusion.stillRunning !== undefined) this.slots.linger(conclusion.stillRunning);
    if (this.parts.settings.ordered) this.learn(batch, conclusion);
    this.pump();
  }

  /**
   * Distinguishes a destination that is down from an event that it can never accept: see
   * WitnessSearch.
   */
  private learn(batch: Batch, { isTaken, tookMs, retryAfterMs }: Conclusion): void {
    const { search, waiting, parts } = this;
    const suspects = waiting.leading(search.isExhausted);
    if (search.isWitness(batch) && isTaken && suspects.length > 0) {
      const run = new Set(suspects);
      parts.giveUp(
        waiting.takeEvents((entry) => run.has(entry)),
        'attempts',
      );
    } else if (!isTaken && parts.breaker.state === 'open') {
      search.failed(batch, suspects.length, Math.max(tookMs, retryAfterMs), performance.now());
    }
  }

  /** Begins as many batches as allowed, and schedules the next run. Never throws. */
  private pump(): void {
    if (this.isStopped) return;
    try {
      this.beginAll();
      this.plan(performance.now());
    } catch (error) {
      // A timer calls this, so no caller would see the error, and no one else would schedule the
      // next run.
      this.parts.onFailure(error);
      this.countdown.until(performance.now() + FAILURE_RETRY_MS, this.keepsAlive());
    }
  }

  private beginAll(): void {
    this.expire();
    while (this.slots.hasFree) {
      const now = performance.now();
      if (!this.search.isWanted && this.parts.breaker.allowsAt > now) break;
      const batch = this.next(now);
      if (batch === undefined) break;
      this.slots.begin(batch);
      this.parts.send(batch);
    }
  }

  private plan(now: number): void {
    this.parts.onPumped();
    if (this.isIdle) this.parts.onIdle();
    this.flushes.settle((upTo) => this.isOver(upTo, now));
    if (this.isIdle || (this.isDraining && this.slots.isEmpty && this.parts.isHopeless(now))) this.answerIdle();
    const at = this.nextTime(now);
    if (at < Infinity) this.countdown.until(at, this.keepsAlive());
  }

  /** The time of the next run if nothing happens before; Infinity if none is needed. */
  private nextTime(now: number): number {
    const dueAt = Math.min(this.waiting.nextDueAt, this.mayTake() ? this.source.readyAt(now) : Infinity);
    // Infinity, because the end of another batch triggers a run
    const sendAt = this.slots.hasFree ? Math.max(dueAt, this.parts.breaker.allowsAt) : Infinity;
    if (!this.isBlocked(now)) return sendAt;
    const expiresAt = Math.max(this.source.since + this.parts.settings.retry.maxAgeMs, this.source.restingUntil);
    return Math.min(sendAt, expiresAt, this.waiting.earliest(this.expiresAt));
  }

  /** True if all events taken up to a turn are settled or cannot be sent for now. */
  private isOver(upTo: number, now: number): boolean {
    for (const batch of this.slots) if (turnOf(batch) <= upTo) return false;
    if (this.parts.breaker.allowsAt > now || !this.slots.hasFree) return true;
    for (const batch of this.waiting) {
      if (turnOf(batch) <= upTo && batch.dueAt <= now) return false;
      if (this.parts.settings.ordered) break; // the batches behind it wait for it
    }
    return upTo < Infinity || this.source.waiting === 0 || !this.mayTake() || this.source.isResting(now);
  }

  /** True if nothing, or only one batch, may be sent for now. */
  private isBlocked(now: number): boolean {
    const { breaker } = this.parts;
    return breaker.state !== 'closed' || breaker.allowsAt > now;
  }

  private mayTake(): boolean {
    const { waiting } = this;
    const { ordered, batch } = this.parts.settings;
    if (ordered) return waiting.count === 0;
    return (
      waiting.events < MAX_WAITING_BATCHES * batch.maxEvents && waiting.bytes < MAX_WAITING_BATCHES * batch.maxBytes
    );
  }

  /**
   * True if the timer keeps the process alive. A script that ends without app.close() still sends
   * its last batch, but a destination that is down does not keep the process alive.
   */
  private keepsAlive(): boolean {
    return this.parts.breaker.state === 'closed' && this.waiting.count === 0;
  }

  private next(now: number): Batch | undefined {
    if (this.search.isWanted) return this.search.begin(this.waiting, () => this.take(now, 1));
    for (;;) {
      const batch = this.parts.breaker.state === 'closed' ? this.nextDue(now) : this.nextProbe(now);
      if (batch === undefined || batch.failures === 0) return this.sample(batch, now);
      const { yes: tooOld, no: left } = divide(batch, (entry) => this.expiresAt(entry) <= now);
      if (tooOld.length > 0) this.parts.giveUp(tooOld, 'too-old');
      if (left.length > 0) return this.sample({ ...batch, entries: left }, now);
    }
  }

  private nextDue(now: number): Batch | undefined {
    return this.waiting.takeDue(now) ?? this.takeRipe(now);
  }

  private nextProbe(now: number): Batch | undefined {
    const { waiting } = this;
    if (this.parts.settings.ordered) return this.nextDue(now);
    const isUntried = ({ triedAt, dueAt }: Batch): boolean => triedAt === -Infinity && dueAt <= now;
    return waiting.takeFirst(isUntried) ?? this.takeRipe(now) ?? waiting.takeLeastTried(now);
  }

  /**
   * Cuts the batch to one event if the destination rejects everything: the other events of the
   * batch would become dead letters with it.
   */
  private sample(batch: Batch | undefined, now: number): Batch | undefined {
    const isWhole = batch === undefined || batch.entries.length === 1;
    if (isWhole || this.parts.breaker.reason !== 'refusing') return batch;
    this.waiting.add({ ...batch, entries: batch.entries.slice(1), dueAt: now, triedAt: now });
    return { ...batch, entries: batch.entries.slice(0, 1) };
  }

  private takeRipe(now: number): Batch | undefined {
    return this.mayTake() && this.source.isRipe(now) ? this.take(now) : undefined;
  }

  private take(now: number, maxEvents?: number): Batch | undefined {
    const batch = this.source.take(now, maxEvents);
    if (batch !== undefined) this.flushes.took(batch.entries.length, this.source.lastTurn);
    return batch;
  }

  /**
   * While nothing can be sent, abandons the events that have become too old: those in waiting
   * batches and at the head of the queue.
   */
  private expire(): void {
    const { waiting, source, parts } = this;
    const now = performance.now();
    if (!this.isBlocked(now)) return;
    if (source.since + parts.settings.retry.maxAgeMs <= now && !source.isResting(now)) {
      const batch = this.take(now);
      if (batch !== undefined) waiting.add(batch);
    }
    if (waiting.earliest(this.expiresAt) > now) return;
    parts.giveUp(
      waiting.takeEvents((entry) => this.expiresAt(entry) <= now),
      'too-old',
    );
    this.countdown.soon(); // the next ones are handled in their own turn of the event loop
  }

  /**
   * Time at which an event becomes too old. An event of another process is tried once, or waits
   * here as long as any other, before it is too old.
   */
  private readonly expiresAt = ({ enteredAt, failures }: QueuedEvent): number =>
    (failures > 0 ? enteredAt : Math.max(enteredAt, this.startedAt)) + this.parts.settings.retry.maxAgeMs;

  private answerIdle(): void {
    for (const resolve of this.idleWaiters.splice(0)) resolve();
  }
}

function inOrder(batches: readonly Batch[]): QueuedEvent[] {
  return batches.flatMap(({ entries }) => entries).sort((one, other) => one.turn - other.turn);
}
