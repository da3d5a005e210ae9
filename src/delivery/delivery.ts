/**
 * Whatever leaves the process can be refused, delayed, torn or answered by nobody, and the request that emitted it must notice
 * nothing of that. So events are queued, sent in batches from outside of any request, tried again under the same ids, given up
 * only into the dead letters, and counted at every step: the books balance at every moment.
 *
 * States: `running` -> `draining` (everything goes at once, for a limited time) -> `closed`; at the exit of the process `running`
 * -> `closed`. Only `drainOnce` and `enterClosed` change it.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { MAX_TIMER_MS } from '../event/clock';
import type { Envelope } from '../event/envelope';
import { describeError } from '../event/normal-form';
import { backoffMs } from './backoff';
import { attempt, type AttemptResult } from './attempt';
import { Breaker } from './breaker';
import { DeadLetterBox, type DeadLetter, type DeadLetterFilter } from './dead-letter-box';
import { DeliveryLedger, type DestinationCounts, type Measured } from './delivery-ledger';
import { carriesEntries, type Destination, type Rejection } from './destination';
import type { StoredEvent } from '../event/tracking-event';
import { EventQueue } from './event-queue';
import { QueuedEvent, type Outcome, type RecordOrigin } from './queued-event';
import type { RecordStore } from './disk/record-store';
import type { DeliverySettings } from './resolve-options';

export interface DeliveryParts {
  /** In the tree. */
  readonly path: string;
  readonly destination: Destination;
  readonly settings: DeliverySettings;
  /** The disk queue, if there is one. */
  readonly store: RecordStore | undefined;
  readonly deadLetters: RecordStore;
  /** Tells the operator of a change of state, or of what went wrong. */
  readonly say: (text: string, kind: 'trouble' | 'good news') => void;
  /** Tells whoever watches. */
  readonly onChange?: ((change: DeliveryChange) => void) | undefined;
  /** Told how long each event and each attempt took. */
  readonly onMeasured?: ((what: Measured, tookMs: number) => void) | undefined;
}

export type DeliveryChange =
  | 'breaker-open'
  | 'breaker-closed'
  | 'disk-begun'
  | 'disk-drained'
  | 'queue-full'
  | 'disk-failed'
  | 'disk-mended'
  | 'dead-letter'
  | 'closed';

interface Batch {
  readonly entries: readonly QueuedEvent[];
  /** Failures of it as a whole, in a row. */
  readonly failures: number;
  /** Not before; epoch milliseconds. */
  readonly dueAt: number;
}

/** Failed attempts in a row after which a destination is taken for down. */
const BREAKER_THRESHOLD = 5;
/** Batches that wait for their next attempt; each holds its events, and those behind it need no company. */
const MAX_WAITING_BATCHES = 10;
/** A disk that cannot be read is left alone for so long. */
const DISK_RETRY_MS = 1000;
/**
 * Requests must not be found in what is sent for them later, by whoever asks for the current scope or user. Taken when this file
 * is loaded: a destination may be registered inside of a request.
 */
const outside = AsyncLocalStorage.snapshot() as <Result>(code: () => Result) => Result;

export class Delivery {
  readonly path: string;
  private state: 'running' | 'draining' | 'closed' = 'running';
  private readonly ledger: DeliveryLedger;
  private readonly queue: EventQueue;
  private readonly letters: DeadLetterBox;
  private readonly breaker: Breaker;
  /** Sent in vain, or parts of what was refused whole; in the order of their turn. */
  private waiting: Batch[] = [];
  private readonly underWay = new Map<Batch, AbortController>();
  /** When the events that wait for company have waited long enough; epoch milliseconds. */
  private ripeAt = Infinity;
  private timer: NodeJS.Timeout | undefined;
  private timerAt = Infinity;
  private soon: NodeJS.Immediate | undefined;
  private idleWaiters: (() => void)[] = [];
  private roomWaiters: (() => void)[] = [];
  /** The last one that was put into memory, for whoever asks what becomes of it. */
  private latest: QueuedEvent | 'stored' | undefined;
  private isFull = false;
  private hasToldOfLostLetters = false;
  /** Whether all that was left at the end is in the books as handed over, or as dropped. */
  private isHandedOver = false;
  private hasToldOfLetters = false;
  private closing: Promise<void> | undefined;

  constructor(private readonly parts: DeliveryParts) {
    const { path, settings, store, deadLetters } = parts;
    this.path = path;
    this.ledger = new DeliveryLedger(parts.onMeasured);
    this.queue = new EventQueue(settings, store, {
      onDropped: (reason, events) => {
        this.ledger.drop(reason, events);
        if (reason === 'queue-full') this.reportFull();
      },
      onDiskFailed: (error) => {
        this.tell(
          'disk-failed',
          `the disk queue cannot be used (${describeError(error)}); events are held in memory as far as there is room. ` +
            'Mend: make room on the disk, and the directory writable.',
        );
      },
      onDiskMended: () => {
        this.tell('disk-mended', 'the disk queue can be used again.', 'good news');
      },
      onDiskBegun: () => {
        this.tell('disk-begun', 'memory is full, and events go on on disk until it is drained.');
      },
      onDiskDrained: () => {
        this.isFull = false;
        this.tell('disk-drained', 'the disk queue is drained; events are held in memory again.', 'good news');
      },
    });
    this.letters = new DeadLetterBox(path, deadLetters, (error) => {
      this.reportLetterLost(error);
    });
    const { minDelayMs, maxDelayMs } = settings.retry;
    this.breaker = new Breaker({ threshold: BREAKER_THRESHOLD, minDelayMs, maxDelayMs }, (state) => {
      if (state === 'closed') this.tell('breaker-closed', 'the destination answers again.', 'good news');
      else this.tell('breaker-open', `the destination does not answer (${this.ledger.lastErrorText}); events wait.`);
    });
    if (store !== undefined && store.count > 0) {
      this.ledger.recover(store.count);
      this.ripeAt = 0;
      this.wakeSoon();
    }
  }

  /**
   * Takes an event, inside of `emit`.
   * @param isLent of one who asked `takesMore` before, and has the event somewhere safe: it finds room beyond the bounds
   * @returns why not
   */
  accept(envelope: Envelope, isLent = false): string | undefined {
    this.latest = undefined;
    if (this.state === 'closed') return 'closed';
    const refusal = this.parts.destination.refuses?.(envelope.sharedStored());
    if (refusal !== undefined) return refusal;
    const wasWaiting = this.queue.waiting > 0;
    const now = Date.now();
    const taken = this.queue.put(envelope, now, isLent);
    if (taken === undefined) {
      this.reportFull();
      return 'queue-full';
    }
    this.ledger.accept();
    this.latest = taken.isStored ? 'stored' : taken.entry;
    if (!wasWaiting) this.ripeAt = now + this.parts.settings.batch.maxWaitMs;
    if (this.isRipe(now)) this.wakeSoon();
    else if (!wasWaiting) this.wakeAt(this.ripeAt);
    return undefined;
  }

  /**
   * What becomes of the event that was accepted last.
   * @param isLent whether whoever asks has it still, and takes it back ('returned') if it cannot be sent before the end
   */
  confirm(isLent = false): Promise<Outcome> {
    if (this.latest === undefined) return Promise.reject(new Error('no event was accepted'));
    return new Promise((resolve) => {
      this.tellOfLatest(resolve, isLent);
    });
  }

  /** The same for whoever has it still. @param tell called once, now or later */
  lend(tell: (outcome: Outcome) => void): void {
    this.tellOfLatest(tell, true);
  }

  /**
   * For whoever has events elsewhere, where they are safe: whether there is room for more of them here, and whether they would do
   * more here than gather on disk.
   */
  get takesMore(): boolean {
    if (this.state === 'closed') return true;
    const onlyGathers = this.parts.store !== undefined && this.breaker.state !== 'closed' && this.pending() > 0;
    return !this.queue.isFull && !onlyGathers;
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
    this.letters.put(QueuedEvent.again(event, { acceptedAt: now, ...facts }, 0), reason, now);
    this.parts.onChange?.('dead-letter');
  }

  /** Sends what is here now. Resolves when it is settled, or cannot be for now. */
  flush(): Promise<void> {
    if (this.state === 'closed' || this.isIdle()) return Promise.resolve();
    this.ripeAt = 0;
    this.wakeSoon();
    return new Promise((resolve) => this.idleWaiters.push(resolve));
  }

  get isDurable(): boolean {
    return this.parts.settings.durable;
  }

  /** At the exit of the process, where nothing can be awaited: all that is held goes on disk, if there is one. */
  flushSync(): void {
    if (this.state === 'closed') return;
    const before = this.counts();
    this.enterClosed();
    this.report(before);
  }

  /** Takes over the queue and the dead letters of a process that has ended. */
  adopt(store: RecordStore | undefined, deadLetters: RecordStore | undefined): void {
    if (store !== undefined) {
      this.ledger.recover(this.queue.adopt(store));
      this.ripeAt = 0;
      this.wakeSoon();
    }
    if (deadLetters !== undefined) this.letters.adopt(deadLetters);
  }

  /** Sends all there is, for `timeoutMs` at most, and puts the rest on disk. A second call waits for the first. */
  drain(timeoutMs: number): Promise<void> {
    return (this.closing ??= this.drainOnce(timeoutMs));
  }

  counts(): DestinationCounts {
    return this.ledger.counts({
      pending: this.pending(),
      breaker: this.breaker.state,
      isOnDisk: this.queue.isOnDisk,
      isOverflowing: this.queue.isOverflowing,
      diskBytes: this.queue.diskBytes,
      isDiskFailing: this.queue.isDiskFailing,
      deadLetters: this.letters.count,
      forgottenDeadLetters: this.letters.forgotten,
    });
  }

  visitDeadLetters(filter: DeadLetterFilter, visit: (letter: DeadLetter) => boolean): void {
    this.letters.visit(filter, visit);
  }

  /** Puts dead letters into the queue again, under their ids. @returns how many; fewer than fit if the queue is full */
  redrive(filter: DeadLetterFilter): number {
    if (this.state !== 'running') return 0;
    const acceptedAt = Date.now(); // anew, or what was too old would be so again
    const redriven = this.letters.takeOut(filter, ({ event }, origin) => {
      const entry = QueuedEvent.again(event, { acceptedAt, ...origin }, JSON.stringify(event).length);
      if (!this.queue.putAgain(entry)) return false;
      this.ledger.redrive();
      return true;
    });
    this.ripeAt = 0;
    this.wakeSoon();
    return redriven;
  }

  purge(filter: DeadLetterFilter): number {
    return this.letters.takeOut(filter, () => true);
  }

  private tellOfLatest(tell: (outcome: Outcome) => void, isLent: boolean): void {
    const { latest } = this;
    if (latest === undefined) throw new Error('no event was accepted');
    if (latest === 'stored') {
      // What is gathered for the next write would die with the process.
      tell(this.queue.flush() ? 'stored' : 'pending');
      return;
    }
    latest.isLent = isLent;
    latest.onSettled = tell;
    this.ripeAt = 0; // somebody waits
    this.wakeSoon();
  }

  private async drainOnce(timeoutMs: number): Promise<void> {
    this.state = 'draining';
    const before = this.counts();
    this.ripeAt = 0;
    this.wakeSoon();
    if (this.pending() > 0 && !this.isHopeless()) await this.untilIdle(timeoutMs);
    if (!this.isClosed()) this.enterClosed();
    this.report(before);
  }

  /** Puts what is left on disk. What is under way may arrive all the same, and is sent again under the same ids. */
  private enterClosed(): void {
    const underWay = [...this.underWay.keys(), ...this.waiting].flatMap(({ entries }) => entries);
    for (const controller of this.underWay.values()) controller.abort(new Error('the application is closing'));
    this.underWay.clear();
    this.waiting = [];
    this.stopClock();
    this.state = 'closed';
    const { left, returned } = this.queue.handOver(underWay);
    const stored = this.queue.diskCount;
    const torn = this.queue.close();
    if (left + torn > 0) this.ledger.drop('shutdown', left + torn);
    if (returned > 0) this.ledger.drop('returned', returned);
    this.ledger.handOver(stored - torn);
    this.isHandedOver = true;
    this.letters.close();
    this.answerIdle();
    this.answerRoom();
  }

  /** For after a wait, in which the process may have begun to exit. */
  private isClosed(): boolean {
    return this.state === 'closed';
  }

  /** A destination that is down gets nothing more, and what is on disk is not lost: the deployment need not wait for it. */
  private isHopeless(): boolean {
    return this.breaker.state !== 'closed' && this.parts.store !== undefined;
  }

  private untilIdle(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.min(timeoutMs, MAX_TIMER_MS));
      this.idleWaiters.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  private report(before: DestinationCounts): void {
    const { delivered, deadLettered, dropped, handedOver } = this.counts();
    const lost = dropped['shutdown'] ?? 0;
    if (before.pending === 0 && handedOver === 0) return;
    const parts = [
      `${String(delivered - before.delivered)} delivered`,
      `${String(deadLettered - before.deadLettered)} dead-lettered`,
      `${String(handedOver)} left on disk for the next start`,
      `${String(lost)} dropped ('shutdown')`,
    ];
    this.tell(
      'closed',
      `closed; of ${String(before.pending)} events that waited: ${parts.join(', ')}.`,
      lost > 0 ? 'trouble' : 'good news',
    );
  }

  private pending(): number {
    return this.isHandedOver ? 0 : this.ledger.pending;
  }

  private isIdle(): boolean {
    return this.queue.waiting === 0 && this.waiting.length === 0 && this.underWay.size === 0;
  }

  private isRipe(now: number): boolean {
    const { maxEvents, maxBytes } = this.parts.settings.batch;
    return (
      this.state === 'draining' ||
      now >= this.ripeAt ||
      this.queue.waiting >= maxEvents ||
      this.queue.waitingBytes >= maxBytes
    );
  }

  /** Not at once: the batch would be put together inside of the request whose event filled it. */
  private wakeSoon(): void {
    this.soon ??= outside(() => setImmediate(this.onWake));
  }

  private wakeAt(at: number): void {
    if (at >= this.timerAt || this.state === 'closed') return;
    clearTimeout(this.timer);
    this.timerAt = at;
    const delayMs = Math.min(Math.max(at - Date.now(), 0), MAX_TIMER_MS);
    this.timer = outside(() => setTimeout(this.onWake, delayMs));
    // A script that ends without app.close() still sends its last batch; but nothing is kept alive by a destination that is down.
    if (this.breaker.state !== 'closed' || this.waiting.length > 0) this.timer.unref();
  }

  private stopClock(): void {
    clearTimeout(this.timer);
    clearImmediate(this.soon);
    this.timer = undefined;
    this.soon = undefined;
    this.timerAt = Infinity;
  }

  private readonly onWake = (): void => {
    this.stopClock();
    if (this.state !== 'closed') this.pump();
  };

  /** Begins as many batches as may be under way, and sees to it that somebody comes back for the others. */
  private pump(): void {
    const slots = this.parts.settings.ordered ? 1 : this.parts.settings.concurrency;
    while (this.underWay.size < slots && this.breaker.allowsAt <= Date.now()) {
      const batch = this.next(Date.now());
      if (batch === undefined) break;
      void this.send(batch); // which never rejects
    }
    this.plan(slots);
  }

  private plan(slots: number): void {
    if (this.isIdle()) this.isFull = false; // the next time is another one
    if (this.isIdle() || (this.underWay.size === 0 && this.cannotGoOn())) this.answerIdle();
    if (this.underWay.size >= slots) return; // its end wakes us
    const turns = this.waiting.map(({ dueAt }) => dueAt);
    if (this.queue.waiting > 0 && this.mayTake()) turns.push(this.ripeAt);
    if (turns.length === 0) return;
    const at = Math.max(Math.min(...turns), this.breaker.allowsAt);
    if (Number.isFinite(at)) this.wakeAt(at);
  }

  /** Whether all that is left waits for a destination which is down, or, while nobody is in a hurry, for its next attempt. */
  private cannotGoOn(): boolean {
    const now = Date.now();
    if (this.state === 'draining') return this.isHopeless();
    if (this.breaker.allowsAt > now) return true;
    return (this.queue.waiting === 0 || !this.mayTake()) && this.waiting.every(({ dueAt }) => dueAt > now);
  }

  private mayTake(): boolean {
    return this.waiting.length < (this.parts.settings.ordered ? 1 : MAX_WAITING_BATCHES);
  }

  private next(now: number): Batch | undefined {
    const due = this.waiting.findIndex(({ dueAt }) => dueAt <= now);
    if (due >= 0) return this.waiting.splice(due, 1)[0];
    if (!this.mayTake() || this.queue.waiting === 0 || !this.isRipe(now)) return undefined;
    const { maxEvents, maxBytes, maxWaitMs } = this.parts.settings.batch;
    const entries = this.queue.take(maxEvents, maxBytes);
    if (entries.length === 0) {
      // The disk cannot be read for now. Whoever waits for a flush must not wait for that.
      this.ripeAt = now + Math.max(maxWaitMs, DISK_RETRY_MS);
      this.answerIdle();
      return undefined;
    }
    // Those left have company to wait for again, unless somebody flushes.
    if (this.ripeAt > 0 || this.queue.waiting === 0) this.ripeAt = now + maxWaitMs;
    return { entries, failures: 0, dueAt: now };
  }

  private async send(batch: Batch): Promise<void> {
    const controller = new AbortController();
    this.underWay.set(batch, controller);
    const isProbe = this.breaker.begin();
    const { destination, settings } = this.parts;
    const startedAt = Date.now();
    const result = await attempt(
      (signal) => send(destination, batch.entries, signal),
      batch.entries.length,
      controller,
      settings.timeoutMs,
    );
    this.ledger.attempt(Date.now() - startedAt);
    // Closed meanwhile: the batch was put on disk, and is sent again under the same ids.
    if (!this.underWay.delete(batch)) return;
    this.conclude(batch, result, isProbe);
    this.answerRoom();
    this.pump();
  }

  private conclude(batch: Batch, result: AttemptResult, isProbe: boolean): void {
    if (result.outcome === 'answered') this.answered(batch, result.rejections);
    else if (result.outcome === 'refused') this.refused(batch, result.reason);
    else this.failed(batch, result.reason, result.retryAfterMs, isProbe);
  }

  private answered(batch: Batch, rejections: readonly Rejection[]): void {
    const now = Date.now();
    const rejected = new Map(rejections.map((rejection) => [rejection.index, rejection]));
    const delivered = batch.entries.filter((_, index) => !rejected.has(index));
    const later: QueuedEvent[] = [];
    let retryAfterMs = 0;
    for (const [index, rejection] of rejected) {
      const entry = batch.entries[index];
      if (entry === undefined) continue;
      entry.failed(rejection.reason, now, true);
      if (!rejection.retryable) this.bury([entry], `refused: ${rejection.reason}`, now);
      else {
        later.push(entry);
        retryAfterMs = Math.max(retryAfterMs, rejection.retryAfterMs ?? 0);
      }
    }
    // One that takes none of them, and asks for all of them later, is not there for us.
    if (later.length === batch.entries.length) {
      this.ledger.failAttempt(later[0]?.lastError ?? '');
      this.breaker.fail(now, retryAfterMs);
    } else this.breaker.succeed();
    this.queue.settle(delivered);
    for (const entry of delivered) {
      this.ledger.deliver(now - entry.acceptedAt);
      entry.onSettled?.('delivered');
    }
    this.again(later, batch.failures + 1, retryAfterMs, now);
  }

  private refused(batch: Batch, reason: string): void {
    const now = Date.now();
    this.breaker.succeed();
    this.ledger.failAttempt(reason);
    for (const entry of batch.entries) entry.failed(reason, now, false);
    if (batch.entries.length === 1) {
      this.bury(batch.entries, `refused: ${reason}`, now);
      return;
    }
    const middle = Math.ceil(batch.entries.length / 2);
    const halves = [batch.entries.slice(0, middle), batch.entries.slice(middle)];
    this.waiting.unshift(...halves.map((entries) => ({ entries, failures: batch.failures, dueAt: now })));
  }

  private failed(batch: Batch, reason: string, retryAfterMs: number, isProbe: boolean): void {
    const now = Date.now();
    this.ledger.failAttempt(reason);
    this.breaker.fail(now, retryAfterMs);
    for (const entry of batch.entries) entry.failed(reason, now, !isProbe);
    this.again(batch.entries, batch.failures + 1, retryAfterMs, now);
  }

  /** Has them sent again, but for those whose time is over. */
  private again(entries: readonly QueuedEvent[], failures: number, retryAfterMs: number, now: number): void {
    const { attempts, maxAgeMs } = this.parts.settings.retry;
    const tooOften = entries.filter((entry) => entry.attempts >= attempts);
    const tooOld = entries.filter((entry) => entry.attempts < attempts && now - entry.acceptedAt >= maxAgeMs);
    const rest = entries.filter((entry) => entry.attempts < attempts && now - entry.acceptedAt < maxAgeMs);
    this.bury(tooOften, 'attempts', now);
    this.bury(tooOld, 'too-old', now);
    if (rest.length === 0) return;
    const dueAt = now + Math.max(retryAfterMs, backoffMs(failures, this.parts.settings.retry));
    const batch = { entries: rest, failures, dueAt };
    // Those that failed first go first, and in their order.
    const at = this.waiting.findIndex((other) => other.dueAt > dueAt);
    if (at < 0) this.waiting.push(batch);
    else this.waiting.splice(at, 0, batch);
  }

  /** To the dead letters first: who dies between finds the event twice, which is better than never. */
  private bury(entries: readonly QueuedEvent[], reason: string, now: number): void {
    if (entries.length === 0) return;
    for (const entry of entries) {
      this.letters.put(entry, reason, now);
      this.ledger.bury(entry.lastError ?? reason);
      entry.onSettled?.('dead-lettered');
    }
    this.queue.settle(entries);
    this.parts.onChange?.('dead-letter');
    if (this.hasToldOfLetters) return;
    this.hasToldOfLetters = true;
    this.parts.say(
      `an event became a dead letter (${reason}; ${entries[0]?.lastError ?? ''}). ` +
        'See TrackingDeadLetters. (Told once; the ledger counts on.)',
      'trouble',
    );
  }

  private answerRoom(): void {
    if (this.roomWaiters.length > 0 && this.takesMore) for (const resolve of this.roomWaiters.splice(0)) resolve();
  }

  private answerIdle(): void {
    for (const resolve of this.idleWaiters.splice(0)) resolve();
  }

  private reportFull(): void {
    if (this.isFull) return;
    this.isFull = true;
    this.tell(
      'queue-full',
      `the queue is full, and events are dropped ('queue-full', ${this.parts.settings.whenFull}). Mend: ` +
        (this.parts.store === undefined ? 'give delivery a directory, or raise maxEvents' : 'raise maxDiskBytes') +
        '; see why the destination takes so long.',
    );
  }

  private reportLetterLost(error: Error): void {
    if (this.hasToldOfLostLetters) return;
    this.hasToldOfLostLetters = true;
    this.parts.say(
      `a dead letter could not be kept (${describeError(error)}), and is forgotten ` +
        "('forgottenDeadLetters'). Mend: make room on the disk, and the directory writable. (Told once; the ledger counts on.)",
      'trouble',
    );
  }

  private tell(change: DeliveryChange, text: string, kind: 'trouble' | 'good news' = 'trouble'): void {
    this.parts.say(text, kind);
    this.parts.onChange?.(change);
  }
}

function send(
  destination: Destination,
  entries: readonly QueuedEvent[],
  signal: AbortSignal,
): ReturnType<Destination['sendBatch']> {
  if (carriesEntries(destination)) return destination.sendEntries(entries, signal);
  return destination.sendBatch(
    entries.map((entry) => entry.event(destination.readsOnly === true)),
    signal,
  );
}
