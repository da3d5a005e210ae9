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

/** Batches that wait for their next attempt hold as many events at most as so many full ones. */
const MAX_WAITING_BATCHES = 10;
/** What failed here is tried again so much later. */
const FAILURE_RETRY_MS = 1000;

/**
 * Decides which batch is sent when. Neither sends, nor decides what becomes of a batch.
 *
 * As many batches are under way as `concurrency` says. With `ordered` it is one, and none overtakes another: the first must be
 * settled before the second is sent. While the breaker is not closed, batches that were never sent are probes before those that
 * were, and events that become too old are given up.
 *
 * States: running -`drain`-> draining (nothing waits for company) -`stop`-> stopped. All times are milliseconds of
 * `performance.now()`.
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
   * An event came into the queue.
   * @param wasEmpty whether there was none before
   */
  arrived(wasEmpty: boolean, now: number): void {
    const ripeAt = this.source.arrived(wasEmpty, now);
    if (this.source.isRipe(now)) this.countdown.soon();
    else if (ripeAt !== undefined) this.countdown.until(ripeAt, this.keepsAlive());
  }

  /** Somebody waits for what is in the queue now. */
  hurry(): void {
    if (this.isStopped) return;
    this.source.hurry();
    this.countdown.soon();
  }

  /** What could not be read or written may be now. */
  wake(): void {
    if (!this.isStopped) this.countdown.soon();
  }

  /** Events that were taken from the queue and are not settled, in their order. */
  takenEvents(): QueuedEvent[] {
    const batches = [...this.slots, ...this.waiting];
    return inOrder(batches);
  }

  /** Events of another process came, which may be sent before those that wait. */
  adopted(events: number): void {
    this.source.adopted(this.startedAt);
    this.flushes.overtaken(events);
    this.hurry();
  }

  /** Resolves when the events that came before are settled, or cannot be for now. */
  flush(): Promise<void> {
    if (this.isStopped || this.isIdle) return Promise.resolve();
    this.hurry();
    return this.flushes.add(this.source.waiting, this.source.lastTurn);
  }

  /**
   * Sends all there is as soon as may be.
   * @param onEnd called when nothing is left, or it makes no sense to wait
   * @param triesAtOnce whether to try now, not when the back-off is over: the destination could not be connected to
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

  /** Sends nothing any more. @returns the events that have left the queue and are not settled, in their order */
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

  /** Whether the batch was begun, and neither concluded nor stopped. */
  isUnderWay(batch: Batch): boolean {
    return this.slots.has(batch);
  }

  /** The sending of a batch has ended. */
  conclude(batch: Batch, conclusion: Conclusion): void {
    if (!this.slots.end(batch)) return;
    for (const each of conclusion.again) this.waiting.add(each);
    if (conclusion.stillRunning !== undefined) this.slots.linger(conclusion.stillRunning);
    if (this.parts.settings.ordered) this.learn(batch, conclusion);
    this.pump();
  }

  /** Tells a destination that is down from an event that it can never take: see WitnessSearch. */
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

  /** Begins as many batches as may be under way, and makes sure to come back for the others. Never throws. */
  private pump(): void {
    if (this.isStopped) return;
    try {
      this.beginAll();
      this.plan(performance.now());
    } catch (error) {
      // Called by a timer: nobody else would hear of it, nor come back.
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

  /** When there is something to do, if nothing happens before. */
  private nextTime(now: number): number {
    const dueAt = Math.min(this.waiting.nextDueAt, this.mayTake() ? this.source.readyAt(now) : Infinity);
    const sendAt = this.slots.hasFree ? Math.max(dueAt, this.parts.breaker.allowsAt) : Infinity; // the end of another wakes us
    if (!this.isBlocked(now)) return sendAt;
    const expiresAt = Math.max(this.source.since + this.parts.settings.retry.maxAgeMs, this.source.restingUntil);
    return Math.min(sendAt, expiresAt, this.waiting.earliest(this.expiresAt));
  }

  /** Whether all that was taken up to a turn is settled or cannot be for now. */
  private isOver(upTo: number, now: number): boolean {
    for (const batch of this.slots) if (turnOf(batch) <= upTo) return false;
    if (this.parts.breaker.allowsAt > now || !this.slots.hasFree) return true;
    for (const batch of this.waiting) {
      if (turnOf(batch) <= upTo && batch.dueAt <= now) return false;
      if (this.parts.settings.ordered) break; // those behind it wait for it
    }
    return upTo < Infinity || this.source.waiting === 0 || !this.mayTake() || this.source.isResting(now);
  }

  /** Whether nothing may be sent for now, or one batch only. */
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

  /** A script that ends without app.close() still sends its last batch; but nothing is kept alive by a destination that is down. */
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

  /** What refuses everything is asked with one event: the others of its batch would become dead letters with it. */
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

  /** While nothing can be sent, gives up what has become too old: what waits here, and the head of the queue. */
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
    this.countdown.soon(); // for the next ones, in a turn of their own
  }

  /** What was left by another process is tried once, or waits here as long as any other, before it is too old. */
  private readonly expiresAt = ({ enteredAt, failures }: QueuedEvent): number =>
    (failures > 0 ? enteredAt : Math.max(enteredAt, this.startedAt)) + this.parts.settings.retry.maxAgeMs;

  private answerIdle(): void {
    for (const resolve of this.idleWaiters.splice(0)) resolve();
  }
}

function inOrder(batches: readonly Batch[]): QueuedEvent[] {
  return batches.flatMap(({ entries }) => entries).sort((one, other) => one.turn - other.turn);
}
