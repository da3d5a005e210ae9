/**
 * Whatever leaves the process can be refused, delayed, torn or answered by nobody, and the request that emitted it must notice
 * nothing of that. So events are queued, sent in batches from outside of any request, tried again under the same ids, given up
 * only into the dead letters, and counted at every step: the books balance at every moment.
 *
 * States: `running` -> `draining` (everything goes at once, for a limited time) -> `closed`; at the exit of the process `running`
 * -> `closed`. Only `drainOnce` and `enterClosed` change it.
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
  /** Monotonic milliseconds at which it began to close. */
  private drainingSince = Infinity;
  /** Whether all that was left at the end is in the books as handed over, or as dropped. */
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
   * Takes an event, inside of `emit`.
   * @param isLent of one who asked `takesMore` before, and has the event somewhere safe: it finds room beyond the bounds
   * @returns why not
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
   * What becomes of the event that was accepted last.
   * @param isLent whether whoever asks has it still, and takes it back ('returned') if it cannot be sent before the end
   */
  confirm(isLent = false): Promise<Outcome> {
    return new Promise((resolve) => {
      this.latest.tell(resolve, isLent);
    });
  }

  /** The same for whoever has it still. @param tell called once, now or later */
  lend(tell: (outcome: Outcome) => void): void {
    this.latest.tell(tell, true);
  }

  /**
   * For whoever has events elsewhere, where they are safe: whether there is room for more of them here, and whether they would do
   * more here than gather on disk.
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

  /** Whether what could not be read as events can be redriven from here. */
  get takesRaw(): boolean {
    const { destination } = this.parts;
    return carriesEntries(destination) && destination.takesRaw;
  }

  /** Keeps an event among the dead letters that is given up elsewhere, and not in these books. */
  keepLetter(event: StoredEvent, reason: string, facts: RecordOrigin): void {
    const now = Date.now();
    this.engine.letters.put(QueuedEvent.again(event, { acceptedAt: now, ...facts }, 0), reason, now);
    this.engine.reports.notify('dead-letter');
  }

  /** Sends what is here now. Resolves when it is settled, or cannot be for now; what comes meanwhile is not waited for. */
  flush(): Promise<void> {
    return this.engine.scheduler.flush();
  }

  get isDurable(): boolean {
    return this.parts.settings.durable;
  }

  /** At the exit of the process, where nothing can be awaited: all that is held goes on disk, if there is one. */
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
   * Writes what is held in memory to the disk, if there is one, and from now on all that comes: the end is near, and may come
   * sooner than it is said.
   */
  persist(): void {
    if (this.state !== 'closed') this.engine.queue.persist(this.engine.scheduler.takenEvents());
  }

  /** Looks after the disk: what was removed, what has failed, what waits in memory for it. To be called about once a second. */
  checkDisk(): void {
    if (this.state === 'closed') return;
    this.engine.queue.checkDisk(this.engine.scheduler.takenEvents());
    this.engine.letters.checkDisk();
    this.engine.scheduler.wake();
  }

  /** Sends all there is, for `timeoutMs` at most, and puts the rest on disk. A second call waits for the first. */
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

  /** Dead letters that ended with this delivery, since they were in memory only. */
  get lettersLostAtClose(): number {
    return this.lostLetters;
  }

  visitDeadLetters(filter: DeadLetterFilter, visit: (letter: DeadLetter) => boolean): void {
    this.engine.letters.visit(filter, visit);
  }

  /** Puts dead letters into the queue again, under their ids. @returns how many; fewer than fit if the queue is full */
  redrive(filter: DeadLetterFilter): Promise<number> {
    return redrive(this.engine, filter, () => this.state === 'running');
  }

  /** Removes dead letters. @returns how many */
  purge(filter: DeadLetterFilter): Promise<number> {
    return this.engine.letters.takeOut(filter, () => true);
  }

  /** What a destination says is code of the application: only a text is a reason. */
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

  /** Puts what is left on disk. What is under way may arrive all the same, and is sent again under the same ids. */
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

  /** For after a wait, in which the process may have begun to exit. */
  private isClosed(): boolean {
    return this.state === 'closed';
  }

  /** A destination that is down gets nothing more, and what is on disk is not lost: the deployment need not wait for it. */
  private isHopeless(): boolean {
    const { engine, parts, deadline } = this;
    const { breaker } = engine;
    if (this.isUnreachable()) return true;
    return parts.store !== undefined && (breaker.state !== 'closed' || breaker.allowsAt > deadline);
  }

  /** Whether an attempt since it began to close found nothing to connect to: within the time left, no other would. */
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
