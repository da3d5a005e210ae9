import { turnOf, type Batch } from './batch';
import { BatchPicker } from './batch-picker';
import { BatchSource } from './batch-source';
import { Countdown } from './countdown';
import { OutsideFlow } from './outside-flow';
import { FlushWaiters } from './flush-waiters';
import type { QueuedEvent } from './queued-event';
import type { Conclusion, SchedulerParts } from './scheduler-parts';
import { SendSlots } from './send-slots';
import { WaitingBatches } from './waiting-batches';

/** Milliseconds until the next run after an unexpected error in this class or its parts. */
const FAILURE_RETRY_MS = 1000;

/**
 * Decides when batches are sent. BatchPicker chooses them; this class neither sends them nor
 * decides their outcome.
 *
 * Up to `concurrency` batches are sent at once; with `ordered` it is one.
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
  private readonly picker: BatchPicker;
  private readonly startedAt = performance.now();
  private idleWaiters: (() => void)[] = [];
  private isDraining = false;
  private isStopped = false;

  constructor(private readonly parts: SchedulerParts) {
    const { settings, queue, breaker, giveUp } = parts;
    this.countdown = new Countdown(() => {
      this.pump();
    }, parts.outside ?? new OutsideFlow().take());
    const source = (this.source = new BatchSource(queue, settings.batch));
    const waiting = (this.waiting = new WaitingBatches(settings.ordered));
    this.picker = new BatchPicker({
      ...{ settings, source, waiting, breaker, giveUp, startedAt: this.startedAt },
      onTaken: ({ entries }) => {
        this.flushes.took(entries.length, source.lastTurn);
      },
    });
    this.slots = new SendSlots(settings.ordered ? 1 : settings.concurrency, () => {
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

  /**
   * Sends events taken over from a process that has ended, without waiting for full batches. They
   * may go before the waiting events, so flushes in progress count them too.
   */
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
    if (this.parts.settings.ordered) this.picker.learn(batch, conclusion);
    this.pump();
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
    if (this.picker.expire(performance.now())) this.countdown.soon();
    while (this.slots.hasFree) {
      const batch = this.picker.next(performance.now());
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
    const at = this.picker.nextTime(now, this.slots.hasFree);
    if (at < Infinity) this.countdown.until(at, this.keepsAlive());
  }

  /** True if all events taken up to a turn are settled or cannot be sent for now. */
  private isOver(upTo: number, now: number): boolean {
    for (const batch of this.slots) if (turnOf(batch) <= upTo) return false;
    if (this.parts.breaker.allowsAt > now || !this.slots.hasFree) return true;
    for (const batch of this.waiting) {
      if (turnOf(batch) <= upTo && batch.dueAt <= now) return false;
      if (this.parts.settings.ordered) break; // the batches behind it wait for it
    }
    return upTo < Infinity || this.source.waiting === 0 || !this.picker.takesFromQueue || this.source.isResting(now);
  }

  /**
   * True if the timer keeps the process alive. A script that ends without app.close() still sends
   * its last batch, but a destination that is down does not keep the process alive.
   */
  private keepsAlive(): boolean {
    return this.parts.breaker.state === 'closed' && this.waiting.count === 0;
  }

  private answerIdle(): void {
    for (const resolve of this.idleWaiters.splice(0)) resolve();
  }
}

function inOrder(batches: readonly Batch[]): QueuedEvent[] {
  return batches.flatMap(({ entries }) => entries).sort((one, other) => one.turn - other.turn);
}
