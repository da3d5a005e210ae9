import { MAX_TIMER_MS } from '../common/clock';
import type { IdentifiedEvent } from '../event/tracking-event';
import { Attempt, type AttemptResult } from './attempt';
import { observeStatus, statusOf, type ObservedStatus } from './attempt-status';
import type { Batch } from './batch';
import type { BatchScheduler } from './batch-scheduler';
import type { Breaker } from './breaker';
import { unreadableReason } from './dead-letter-box';
import type { DeliveryLedger } from '../ledger/delivery-ledger';
import type { DeliveryObserver, ObservedAttempt } from './delivery-observer';
import type { DeliveryReports } from './delivery-reports';
import { carriesEntries, isTextDestination, type DeliveryTarget } from './destination';
import { isNoConnection } from './no-connection';
import type { QueuedEvent } from './queued-event';
import { removeFrom } from './remove-from';
import type { DeliverySettings } from './resolve-options';
import type { Death, Settlement } from './settlement';
import { verdictOf, type Verdict } from './verdict';

export interface SenderParts {
  /** Path of the destination in the tree. */
  readonly path: string;
  readonly destination: DeliveryTarget;
  readonly settings: DeliverySettings;
  readonly breaker: Breaker;
  readonly ledger: DeliveryLedger;
  readonly settlement: Settlement;
  readonly reports: DeliveryReports;
  readonly scheduler: Pick<BatchScheduler, 'conclude' | 'isUnderWay'>;
  readonly observer?: (() => DeliveryObserver | undefined) | undefined;
}

/**
 * Minimum milliseconds to wait for a call that ignores its signal, even if the timeout of an
 * attempt is shorter.
 */
const MIN_GRACE_MS = 1000;

/** Sends batches, one attempt each, and carries out the verdict about their events. */
export class BatchSender {
  private readonly attempts: Attempt[] = [];
  private unreachableAt = -Infinity;

  constructor(private readonly parts: SenderParts) {}

  /** Sends a batch. Never throws; calls `conclude` of the scheduler when the attempt has ended. */
  send(batch: Batch): void {
    const isProbe = this.parts.breaker.begin();
    this.trySend(batch, isProbe).catch((error: unknown) => {
      this.recover(batch, error);
    });
  }

  /**
   * Start of the last attempt that has ended, in milliseconds of `performance.now()`, if it could
   * not connect to the destination; otherwise -Infinity.
   */
  get lastUnreachableAt(): number {
    return this.unreachableAt;
  }

  /** Aborts all running attempts: their results are not awaited any more. */
  abort(reason: Error): void {
    for (const attempt of this.attempts.splice(0)) attempt.abort(reason);
  }

  private async trySend(batch: Batch, isProbe: boolean): Promise<void> {
    const { destination, settings, ledger, scheduler } = this.parts;
    const { send, unreadable } = prepare(destination, batch.entries);
    if (unreadable.length > 0) {
      await Promise.resolve(); // the scheduler is still beginning batches
      this.buryUnreadable(batch, unreadable);
      return;
    }
    const startedAt = performance.now();
    let seen: ObservedStatus | undefined;
    const attempt = new Attempt((signal) => {
      if (this.parts.observer?.() !== undefined) seen = observeStatus(signal);
      return send(signal);
    }, settings.timeoutMs);
    this.attempts.push(attempt);
    const result = await attempt.result;
    removeFrom(this.attempts, attempt);
    this.unreachableAt = result.how === 'threw' && isNoConnection(result.error) ? startedAt : -Infinity;
    const now = performance.now();
    ledger.attempt(now - startedAt);
    // The delivery was closed meanwhile: the batch was handed over, and is sent again under the
    // same ids.
    if (!scheduler.isUnderWay(batch)) return;
    const halves = !carriesEntries(destination); // the name of a job depends on its events
    const judged = { ...batch, isProbe: isProbe && !this.isSingledOut(batch) };
    const verdict = verdictOf(result, judged, { retry: settings.retry, now, halves });
    const stillRunning = attempt.hasEnded ? undefined : this.endOf(attempt);
    this.informObserver(batch, verdict, { result, status: seen?.status, tookMs: now - startedAt });
    this.conclude(batch, verdict, now, { tookMs: now - startedAt, stillRunning });
  }

  private conclude(
    batch: Batch,
    verdict: Verdict<QueuedEvent>,
    now: number,
    attempt: { readonly tookMs: number; readonly stillRunning: Promise<void> | undefined },
  ): void {
    const { ledger, reports, settlement, scheduler } = this.parts;
    const { failures, isSuspect, retryAfterMs } = verdict;
    const epoch = Date.now();
    const isAlone = batch.entries.length === 1;
    for (const { entry, reason, isCounted } of verdict.failed) entry.failed(reason, epoch, isCounted, isAlone);
    if (verdict.failure !== undefined) ledger.failAttempt(verdict.failure);
    if (verdict.mistake !== undefined) reports.mistake(verdict.mistake);
    this.informBreaker(batch, verdict, now);
    settlement.deliver(verdict.delivered);
    settlement.bury(verdict.dead);
    const dueAt = now + verdict.delayMs;
    const again = verdict.again.map((entries) => ({ entries, failures, isSuspect, dueAt, triedAt: now }));
    scheduler.conclude(batch, { ...attempt, again, retryAfterMs, isTaken: verdict.health === 'takes' });
  }

  private informObserver(
    { entries }: Batch,
    verdict: Verdict<QueuedEvent>,
    { result, status, tookMs }: { result: AttemptResult; status: number | undefined; tookMs: number },
  ): void {
    const observer = this.parts.observer?.();
    if (observer === undefined) return;
    const { path } = this.parts;
    observer.attempted(path, {
      ...{ ids: entries.map(({ id }) => id), tookMs, error: verdict.failure, ending: endingOf(result, verdict) },
      status: status ?? (result.how === 'threw' ? statusOf(result.error) : undefined),
    });
    for (const { entry, reason } of verdict.failed) observer.retrying(path, entry.id, reason);
  }

  private informBreaker(batch: Batch, { health, dead, retryAfterMs }: Verdict<QueuedEvent>, now: number): void {
    const { breaker } = this.parts;
    if (health === 'takes') breaker.succeed(now);
    else if (health === 'refuses') breaker.refuse(now, dead.length);
    else if (breaker.state !== 'closed' || !this.isSingledOut(batch)) breaker.fail(now);
    if (retryAfterMs > 0) breaker.hold(now, retryAfterMs);
  }

  /**
   * True for a single event that had already failed alone several times when the destination
   * accepted another event. Its next failure concerns the event, not the destination.
   */
  private isSingledOut({ entries }: Batch): boolean {
    const [entry] = entries;
    return entry !== undefined && entries.length === 1 && entry.suspectedAt < this.parts.breaker.lastTookAt;
  }

  /**
   * Moves events that cannot be read back to the dead letters. Nothing was sent, so the other
   * events of the batch are retried.
   */
  private buryUnreadable(batch: Batch, unreadable: readonly Death[]): void {
    const { settlement, scheduler, breaker } = this.parts;
    if (!scheduler.isUnderWay(batch)) return;
    const now = performance.now();
    breaker.cancel(now);
    settlement.bury(unreadable);
    const entries = batch.entries.filter(({ isSettled }) => !isSettled);
    const again = entries.length === 0 ? [] : [{ ...batch, entries, dueAt: now }];
    scheduler.conclude(batch, { again, isTaken: false, tookMs: 0, retryAfterMs: 0 });
  }

  /**
   * Handles an unexpected error. No event of the batch is lost, and the retry waits for the maximum
   * delay.
   */
  private recover(batch: Batch, error: unknown): void {
    const { reports, scheduler, settings, breaker } = this.parts;
    reports.failure(error);
    const now = performance.now();
    breaker.fail(now);
    const entries = batch.entries.filter(({ isSettled }) => !isSettled);
    const again = entries.length === 0 ? [] : [{ ...batch, entries, dueAt: now + settings.retry.maxDelayMs }];
    scheduler.conclude(batch, { again, isTaken: false, tookMs: 0, retryAfterMs: 0 });
  }

  /** Resolves when the call has returned, or after a further timeout of at least a second. */
  private async endOf(attempt: Attempt): Promise<void> {
    const graceMs = Math.min(Math.max(this.parts.settings.timeoutMs, MIN_GRACE_MS), MAX_TIMER_MS);
    let timer: NodeJS.Timeout | undefined;
    const given = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.parts.reports.signalIgnored(graceMs);
        resolve();
      }, graceMs).unref();
    });
    await Promise.race([attempt.ended, given]);
    clearTimeout(timer);
  }
}

function endingOf({ how }: AttemptResult, { failure, health }: Verdict<QueuedEvent>): ObservedAttempt['ending'] {
  if (how === 'timed-out') return 'timed-out';
  if (failure === undefined) return 'answered';
  return health === 'refuses' ? 'refused' : 'failed';
}

/** The call to the destination, and the entries from which no event can be made. */
interface Prepared {
  readonly send: (signal: AbortSignal) => unknown;
  readonly unreadable: readonly Death[];
}

function prepare(destination: DeliveryTarget, entries: readonly QueuedEvent[]): Prepared {
  if (carriesEntries(destination))
    return { send: (signal) => destination.sendEntries(entries, signal), unreadable: [] };
  if (isTextDestination(destination))
    return { send: (signal) => destination.sendTexts(entries, signal), unreadable: [] };
  const isShared = destination.readsOnly === true;
  const events: IdentifiedEvent[] = [];
  const unreadable: Death[] = [];
  for (const entry of entries) {
    try {
      events.push(entry.event(isShared));
    } catch (error) {
      unreadable.push({ entry, reason: unreadableReason(error) });
    }
  }
  return { send: (signal) => destination.sendBatch(events, signal), unreadable };
}
