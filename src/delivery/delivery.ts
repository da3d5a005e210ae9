/**
 * Delivers events to one destination, outside of any request.
 *
 * A destination can reject, delay or corrupt events, or not respond, and the request that emits
 * must notice none of that. Events are therefore queued, sent in batches outside of the request and
 * retried under the same ids. An event that is abandoned becomes a dead letter. Each step is
 * counted, so the counters add up at any time.
 * DeliveryClosing has the states of a delivery, DeliveryEngine its parts.
 */
import type { Envelope } from '../event/envelope';
import { cleanText, kindOf } from './clean-text';
import { DeliveryClosing } from './delivery-closing';
import { openEngine, type DeliveryEngine, type DeliveryParts } from './delivery-engine';
import { DeliveryLetters } from './delivery-letters';
import type { DestinationCounts } from '../ledger/counts';
import { carriesEntries, isTextDestination } from './destination';
import type { Place } from './event-queue';
import type { RecordStore } from '../store/record-store';
import type { OutcomeClaim } from './outcome-claim';

export type { DeliveryParts } from './delivery-engine';

export class Delivery {
  readonly path: string;
  readonly letters: DeliveryLetters;
  private readonly engine: DeliveryEngine;
  private readonly closing: DeliveryClosing;
  private roomWaiters: (() => void)[] = [];

  constructor(private readonly parts: DeliveryParts) {
    const { path, store } = parts;
    this.path = path;
    this.engine = openEngine(parts, {
      onPumped: () => {
        this.answerRoom();
      },
      isHopeless: () => this.closing.isHopeless,
    });
    const { engine } = this;
    this.letters = new DeliveryLetters(path, engine, () => this.closing.isRunning);
    this.closing = new DeliveryClosing({
      ...{ engine, letters: this.letters, hasDisk: store !== undefined },
      counts: () => this.counts(),
      onClosed: () => {
        this.answerRoom();
      },
    });
    if (store === undefined || store.count === 0) return;
    engine.ledger.recover(store.count);
    engine.scheduler.hurry();
  }

  /**
   * Accepts an event. Called inside `emit`.
   * @param claim told the outcome once if the event is accepted, now or later. If it says that the
   * caller retains the event, the event is accepted beyond the limits.
   * @returns why the event was refused; undefined if it was accepted
   */
  accept(envelope: Envelope, claim?: OutcomeClaim): string | undefined {
    if (this.isClosed) return 'closed';
    const refusal = this.refusalOf(envelope);
    if (refusal !== undefined) return refusal;
    const wasEmpty = this.engine.queue.waiting === 0;
    const now = performance.now();
    let place;
    try {
      if (isTextDestination(this.parts.destination)) envelope.holdText();
      place = this.engine.queue.put(envelope, now, claim);
    } catch (error) {
      this.engine.settlement.buryUnwritable(envelope, error);
      if (claim !== undefined) this.engine.settlement.answer(claim, 'dead-lettered');
      return undefined;
    }
    if (place === undefined) {
      this.engine.reports.queueFull(this.parts.store !== undefined);
      return 'queue-full';
    }
    this.engine.ledger.accept();
    this.engine.scheduler.arrived(wasEmpty, now);
    if (claim !== undefined) this.answer(claim, place);
    return undefined;
  }

  /**
   * True while the delivery has capacity for more events, and they would not only collect on disk.
   * For callers that have their events in another safe place. Also true once the delivery is
   * closed.
   */
  get takesMore(): boolean {
    if (this.isClosed) return true;
    const onlyGathers =
      this.parts.store !== undefined && this.engine.breaker.state !== 'closed' && this.closing.pending > 0;
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
    this.closing.closeNow();
  }

  get isClosed(): boolean {
    return this.closing.isClosed;
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
    if (!this.isClosed) this.engine.queue.persist(this.engine.scheduler.takenEvents());
  }

  /**
   * Checks the disk: detects removed files, retries failed operations and writes events that wait
   * in memory for the disk. Call it about once a second.
   */
  checkDisk(): void {
    if (this.isClosed) return;
    this.engine.queue.checkDisk(this.engine.scheduler.takenEvents());
    this.engine.letters.checkDisk();
    this.engine.scheduler.wake();
  }

  /**
   * Sends all events for up to `timeoutMs` milliseconds, and puts the rest on disk. A second call
   * waits for the first.
   */
  drain(timeoutMs: number): Promise<void> {
    return this.closing.drain(timeoutMs);
  }

  counts(): DestinationCounts {
    return this.engine.ledger.counts({
      pending: this.closing.pending,
      breaker: this.engine.breaker.state,
      breakerReason: this.engine.breaker.reason,
      isOnDisk: this.engine.queue.isOnDisk,
      isOverflowing: this.engine.queue.isOverflowing,
      diskBytes: this.engine.queue.onDisk.bytes,
      isDiskFailing: this.engine.queue.onDisk.isFailing || this.engine.letters.isDiskFailing,
      deadLetters: this.engine.letters.count,
      forgottenDeadLetters: this.engine.letters.forgotten,
    });
  }

  /** Answers a caller that waits, or sends its event as soon as possible. */
  private answer(claim: OutcomeClaim, place: Place): void {
    const { queue, scheduler, settlement } = this.engine;
    if (place === 'held') scheduler.hurry();
    // Without a flush, buffered records would be lost with the process.
    else settlement.answer(claim, queue.flush() ? 'stored' : 'pending');
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

  private answerRoom(): void {
    if (this.roomWaiters.length > 0 && this.takesMore) for (const resolve of this.roomWaiters.splice(0)) resolve();
  }
}
