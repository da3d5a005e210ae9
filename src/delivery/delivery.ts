/**
 * Delivers events to one destination, outside of any request.
 *
 * A destination can reject, delay or corrupt events, or not respond, and the request that emits
 * must notice none of that. Events are therefore queued, sent in batches outside of the request and
 * retried under the same ids. An event that is abandoned becomes a dead letter. Each step is
 * counted, so the counters add up at any time.
 *
 * States:
 * - `running` accepts and sends events.
 * - `draining` sends all events at once, for a limited time. `drain` moves `running` to it.
 * - `closed` accepts and sends nothing. `drain` ends in it, and `flushSync` moves `running` to it
 *   when the process exits.
 *
 * Only `drainOnce` and `enterClosed` change the state.
 */
import { MAX_TIMER_MS } from '../common/clock';
import type { Envelope } from '../event/envelope';
import type { StoredEvent } from '../event/tracking-event';
import { cleanText, kindOf } from '../common/clean-text';
import type { DeadLetter, DeadLetterFilter } from './dead-letter-box';
import { openEngine, type DeliveryEngine, type DeliveryParts } from './delivery-engine';
import type { DestinationCounts } from '../ledger/counts';
import { carriesEntries } from './destination';
import type { RecordStore } from '../store/record-store';
import { LatestEvent } from './latest-event';
import { QueuedEvent, type Outcome, type RecordOrigin } from './queued-event';
import { redrive } from './redrive';

export type { DeliveryParts } from './delivery-engine';

export class Delivery {
  readonly path: string;
  private state: 'running' | 'draining' | 'closed' = 'running';
  private readonly engine: DeliveryEngine;
  private roomWaiters: (() => void)[] = [];
  private readonly latest: LatestEvent;
  /** Monotonic milliseconds at which the time to close is over. */
  private deadline = Infinity;
  /** Monotonic milliseconds at which closing began. */
  private drainingSince = Infinity;
  /** True once all events left at the end are counted as handed over or as dropped. */
  private isHandedOver = false;
  private closing: Promise<void> | undefined;
  private lostLetters = 0;

  constructor(private readonly parts: DeliveryParts) {
    const { path, store } = parts;
    this.path = path;
    this.engine = openEngine(parts, {
      onPumped: () => {
        this.answerRoom();
      },
      isHopeless: () => this.isHopeless(),
    });
    this.latest = new LatestEvent(this.engine.queue, this.engine.scheduler);
    if (store === undefined || store.count === 0) return;
    this.engine.ledger.recover(store.count);
    this.engine.scheduler.hurry();
  }

  /**
   * Accepts an event. Called inside `emit`.
   * @param isLent true if the caller has checked `takesMore` and keeps the event in a safe place;
   * the event is accepted beyond the limits
   * @returns why the event was refused; undefined if it was accepted
   */
  accept(envelope: Envelope, isLent = false): string | undefined {
    this.latest.set(undefined);
    if (this.state === 'closed') return 'closed';
    const refusal = this.refusalOf(envelope);
    if (refusal !== undefined) return refusal;
    const wasEmpty = this.engine.queue.waiting === 0;
    const now = performance.now();
    let taken;
    try {
      taken = this.engine.queue.put(envelope, now, isLent);
    } catch (error) {
      this.engine.settlement.buryUnwritable(envelope, error);
      this.latest.set('dead-lettered');
      return undefined;
    }
    if (taken === undefined) {
      this.engine.reports.queueFull(this.parts.store !== undefined);
      return 'queue-full';
    }
    this.engine.ledger.accept();
    this.latest.set(taken.isStored ? 'stored' : taken.entry);
    this.engine.scheduler.arrived(wasEmpty, now);
    return undefined;
  }

  /**
   * Resolves with the outcome of the event that was accepted last.
   * @param isLent true if the caller keeps the event and takes it back ('returned') if it cannot be
   * sent before the end
   */
  confirm(isLent = false): Promise<Outcome> {
    return new Promise((resolve) => {
      this.latest.tell(resolve, isLent);
    });
  }

  /**
   * The same as `confirm(true)`, with a callback.
   * @param tell called once, now or later
   */
  lend(tell: (outcome: Outcome) => void): void {
    this.latest.tell(tell, true);
  }

  /**
   * True while the delivery has capacity for more events, and they would not only collect on disk.
   * For callers that have their events in another safe place. Also true once the delivery is
   * closed.
   */
  get takesMore(): boolean {
    if (this.state === 'closed') return true;
    const onlyGathers = this.parts.store !== undefined && this.engine.breaker.state !== 'closed' && this.pending() > 0;
    return !this.engine.queue.isFull && !onlyGathers;
  }

  whenTakesMore(): Promise<void> {
    if (this.takesMore) return Promise.resolve();
    return new Promise((resolve) => this.roomWaiters.push(resolve));
  }

  /** True if input that could not be read as an event can be redriven from here. */
  get takesRaw(): boolean {
    const { destination } = this.parts;
    return carriesEntries(destination) && destination.takesRaw;
  }

  /** Stores an event as a dead letter that failed elsewhere and is not counted in this ledger. */
  keepLetter(event: StoredEvent, reason: string, facts: RecordOrigin): void {
    const now = Date.now();
    this.engine.letters.put(QueuedEvent.again(event, { acceptedAt: now, ...facts }, 0), reason, now);
    this.engine.reports.notify('dead-letter');
  }

  /**
   * Sends the events that are queued now. Resolves when they are settled or cannot be sent for now.
   * Does not wait for events that arrive later.
   */
  flush(): Promise<void> {
    return this.engine.scheduler.flush();
  }

  get isDurable(): boolean {
    return this.parts.settings.durable;
  }

  /**
   * Closes at the exit of the process, when nothing can be awaited. Writes all held events to disk,
   * if there is one.
   */
  flushSync(): void {
    if (this.state === 'closed') return;
    const before = this.counts();
    this.enterClosed();
    this.engine.reports.closed(before, this.counts());
  }

  /** Takes over the queue and the dead letters of a process that has ended. */
  adopt(store: RecordStore | undefined, deadLetters: RecordStore | undefined): void {
    if (store !== undefined) {
      const events = this.engine.queue.adopt(store);
      this.engine.ledger.recover(events);
      this.engine.scheduler.adopted(events);
    }
    if (deadLetters !== undefined) this.engine.letters.adopt(deadLetters);
  }

  /**
   * Writes the events in memory to disk, if there is one, and from now on all new events too.
   * Called when shutdown is near and may come without further notice.
   */
  persist(): void {
    if (this.state !== 'closed') this.engine.queue.persist(this.engine.scheduler.takenEvents());
  }

  /**
   * Checks the disk: detects removed files, retries failed operations and writes events that wait
   * in memory for the disk. Call it about once a second.
   */
  checkDisk(): void {
    if (this.state === 'closed') return;
    this.engine.queue.checkDisk(this.engine.scheduler.takenEvents());
    this.engine.letters.checkDisk();
    this.engine.scheduler.wake();
  }

  /**
   * Sends all events for up to `timeoutMs` milliseconds, and puts the rest on disk. A second call
   * waits for the first.
   */
  drain(timeoutMs: number): Promise<void> {
    return (this.closing ??= this.drainOnce(timeoutMs));
  }

  counts(): DestinationCounts {
    return this.engine.ledger.counts({
      pending: this.pending(),
      breaker: this.engine.breaker.state,
      breakerReason: this.engine.breaker.reason,
      isOnDisk: this.engine.queue.isOnDisk,
      isOverflowing: this.engine.queue.isOverflowing,
      diskBytes: this.engine.queue.diskBytes,
      isDiskFailing: this.engine.queue.isDiskFailing || this.engine.letters.isDiskFailing,
      deadLetters: this.engine.letters.count,
      forgottenDeadLetters: this.engine.letters.forgotten,
    });
  }

  /** Number of dead letters that were lost at close because they were only in memory. */
  get lettersLostAtClose(): number {
    return this.lostLetters;
  }

  visitDeadLetters(filter: DeadLetterFilter, visit: (letter: DeadLetter) => boolean): void {
    this.engine.letters.visit(filter, visit);
  }

  /**
   * Puts dead letters into the queue again, under their ids.
   * @returns number of letters; fewer than match if the queue is full
   */
  redrive(filter: DeadLetterFilter): Promise<number> {
    return redrive(this.engine, filter, () => this.state === 'running');
  }

  /**
   * Removes dead letters.
   * @returns number of letters
   */
  purge(filter: DeadLetterFilter): Promise<number> {
    return this.engine.letters.takeOut(filter, () => true);
  }

  /** `refuses` is code of the application and can return anything. Only a string is a reason. */
  private refusalOf(envelope: Envelope): string | undefined {
    const { destination } = this.parts;
    const refusal: unknown = destination.refuses?.(envelope.sharedStored());
    if (refusal === undefined) return undefined;
    if (typeof refusal === 'string') return cleanText(refusal);
    if (refusal !== null) this.engine.reports.invalidRefusal(kindOf(refusal));
    return undefined;
  }

  private async drainOnce(timeoutMs: number): Promise<void> {
    this.state = 'draining';
    this.drainingSince = performance.now();
    this.deadline = this.drainingSince + timeoutMs;
    const before = this.counts();
    this.engine.queue.persist(this.engine.scheduler.takenEvents());
    if (this.pending() > 0 && !this.isHopeless()) await this.untilIdle(timeoutMs);
    const isUnreachable = this.isUnreachable();
    if (!this.isClosed()) this.enterClosed();
    this.engine.reports.closed(before, this.counts(), isUnreachable);
  }

  /**
   * Puts the remaining events on disk. A batch that is being sent may still arrive; its events are
   * sent again under the same ids.
   */
  private enterClosed(): void {
    const underWay = this.engine.scheduler.stop();
    this.engine.sender.abort(new Error('the application is closing'));
    this.state = 'closed';
    const { left, returned } = this.engine.queue.handOver(underWay);
    const stored = this.engine.queue.diskCount;
    const torn = this.engine.queue.close();
    if (left + torn > 0) this.engine.ledger.drop('shutdown', left + torn);
    if (returned > 0) this.engine.ledger.drop('returned', returned);
    this.engine.ledger.handOver(stored - torn);
    this.isHandedOver = true;
    this.lostLetters = this.engine.letters.close();
    this.answerRoom();
  }

  /** Checks the state again after an await, during which the process may have begun to exit. */
  private isClosed(): boolean {
    return this.state === 'closed';
  }

  /**
   * True if waiting is pointless. A destination that is down gets no more events, and events on
   * disk are not lost, so the deployment need not wait.
   */
  private isHopeless(): boolean {
    const { engine, parts, deadline } = this;
    const { breaker } = engine;
    if (this.isUnreachable()) return true;
    return parts.store !== undefined && (breaker.state !== 'closed' || breaker.allowsAt > deadline);
  }

  /**
   * True if an attempt since closing began could not connect. No other attempt would connect within
   * the time left.
   */
  private isUnreachable(): boolean {
    return this.engine.sender.lastUnreachableAt >= this.drainingSince;
  }

  private untilIdle(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.min(timeoutMs, MAX_TIMER_MS));
      const isUnsure = this.engine.sender.lastUnreachableAt > -Infinity;
      const onEnd = (): void => {
        clearTimeout(timer);
        resolve();
      };
      this.engine.scheduler.drain(onEnd, isUnsure);
    });
  }

  private pending(): number {
    return this.isHandedOver ? 0 : this.engine.ledger.pending;
  }

  private answerRoom(): void {
    if (this.roomWaiters.length > 0 && this.takesMore) for (const resolve of this.roomWaiters.splice(0)) resolve();
  }
}
