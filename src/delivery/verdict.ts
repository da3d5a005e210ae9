import { readAnswer, type Answer, type Mistake } from './answer';
import type { AttemptResult } from './attempt';
import { backoffMs } from '../common/backoff';
import type { DeliverySettings } from './resolve-options';

/** The facts that decide about one event. */
export interface Judged {
  /** Number of failed attempts that count. */
  readonly attempts: number;
  /** Time at which it was accepted, in monotonic milliseconds. */
  readonly enteredAt: number;
}

/** The facts that decide about a batch. */
export interface JudgedBatch<Entry extends Judged> {
  readonly entries: readonly Entry[];
  /** Number of failures in a row with exactly these events. */
  readonly failures: number;
  /** True if the batch is a part of one that failed repeatedly. It is halved after each failure. */
  readonly isSuspect: boolean;
  /**
   * True if the batch was sent to test the destination. Its failure then does not count against its
   * events.
   */
  readonly isProbe: boolean;
}

export interface VerdictOptions {
  readonly retry: DeliverySettings['retry'];
  /** Current time in monotonic milliseconds. */
  readonly now: number;
  /**
   * True if a batch that fails repeatedly is halved; if false, it is halved only once its events
   * have used up their attempts.
   */
  readonly halves: boolean;
  /**
   * Returns a number from 0 to 1.
   * @default Math.random
   */
  readonly random?: (() => number) | undefined;
}

/**
 * Where each event of a batch goes after an attempt. Every event is in exactly one of `delivered`,
 * `dead` and `again`.
 */
export interface Verdict<Entry extends Judged> {
  readonly delivered: readonly Entry[];
  readonly dead: readonly { readonly entry: Entry; readonly reason: string }[];
  /** Batches that are sent again, in the order of their events. */
  readonly again: readonly (readonly Entry[])[];
  /**
   * Wait of the batches in `again`, in milliseconds. `failures` and `isSuspect` apply to these
   * batches too.
   */
  readonly delayMs: number;
  readonly failures: number;
  readonly isSuspect: boolean;
  /**
   * One failure per undelivered event. `isCounted` is false if it uses up none of `retry.attempts`:
   * the batch was a probe and no event was accepted, or it was refused whole.
   */
  readonly failed: readonly { readonly entry: Entry; readonly reason: string; readonly isCounted: boolean }[];
  /**
   * State of the destination according to the attempt: it accepts events, it answers but accepts
   * none of these, or it does not answer.
   */
  readonly health: 'takes' | 'refuses' | 'fails';
  /**
   * Milliseconds for which the destination as a whole asked to receive no batch; 0 if it did not.
   */
  readonly retryAfterMs: number;
  /** Why the attempt failed as a whole; undefined if it did not. */
  readonly failure: string | undefined;
  readonly mistake: Mistake | undefined;
}

/**
 * Number of failures after which a batch is halved at the latest. Most failures pass, and one batch
 * is cheaper than many.
 */
const MAX_FAILURES_WHOLE = 5;

/**
 * Decides about the events of a batch after any result of an attempt. Changes nothing, and never
 * throws.
 */
export function verdictOf<Entry extends Judged>(
  result: AttemptResult,
  batch: JudgedBatch<Entry>,
  options: VerdictOptions,
): Verdict<Entry> {
  const answer = readAnswer(result, batch.entries.length, options.retry.maxRetryAfterMs);
  const verdict = judge(answer, batch, options);
  return { ...verdict, mistake: answer.mistake };
}

type Judgement<Entry extends Judged> = Omit<Verdict<Entry>, 'mistake'>;

function judge<Entry extends Judged>(
  answer: Answer,
  batch: JudgedBatch<Entry>,
  options: VerdictOptions,
): Judgement<Entry> {
  switch (answer.kind) {
    case 'answered':
      return answered(answer.rejections, batch, options);
    case 'refused':
      return refused(answer.reason, batch);
    case 'failed':
      return failed(answer, batch, options);
    default:
      return answer satisfies never;
  }
}

function answered<Entry extends Judged>(
  rejections: Extract<Answer, { kind: 'answered' }>['rejections'],
  batch: JudgedBatch<Entry>,
  options: VerdictOptions,
): Judgement<Entry> {
  const { entries } = batch;
  const delivered = rejections.size === 0 ? entries : entries.filter((_, index) => !rejections.has(index));
  // A destination that accepts no event, and asks to retry all of them, is treated as unavailable.
  const isForAll = delivered.length === 0 && [...rejections.values()].every(({ retryable }) => retryable);
  const dead: { entry: Entry; reason: string }[] = [];
  const failures: { entry: Entry; reason: string; isCounted: boolean }[] = [];
  const later: Entry[] = [];
  let retryAfterMs = 0;
  for (const [index, entry] of entries.entries()) {
    const rejection = rejections.get(index);
    if (rejection === undefined) continue;
    const { reason, retryable } = rejection;
    const isCounted = !(isForAll && batch.isProbe);
    failures.push({ entry, reason, isCounted });
    const end = retryable ? endOf(entry, isCounted, options) : `refused: ${reason}`;
    if (end === undefined) later.push(entry);
    else dead.push({ entry, reason: end });
    retryAfterMs = Math.max(retryAfterMs, rejection.retryAfterMs);
  }
  return {
    ...{ delivered, dead, failed: failures, again: later.length === 0 ? [] : [later] },
    failures: batch.failures + 1,
    isSuspect: batch.isSuspect,
    delayMs: Math.max(retryAfterMs, backoffMs(batch.failures + 1, options.retry, options.random)),
    health: isForAll ? 'fails' : delivered.length > 0 ? 'takes' : 'refuses',
    retryAfterMs: isForAll ? retryAfterMs : 0,
    failure: isForAll ? failures[0]?.reason : undefined,
  };
}

function refused<Entry extends Judged>(reason: string, { entries, failures }: JudgedBatch<Entry>): Judgement<Entry> {
  const isAlone = entries.length === 1;
  return {
    delivered: [],
    dead: isAlone ? entries.map((entry) => ({ entry, reason: `refused: ${reason}` })) : [],
    failed: entries.map((entry) => ({ entry, reason, isCounted: false })),
    again: isAlone ? [] : halvesOf(entries),
    ...{ failures, isSuspect: true, delayMs: 0, retryAfterMs: 0 },
    health: 'refuses',
    failure: reason,
  };
}

function failed<Entry extends Judged>(
  { reason, retryAfterMs }: Extract<Answer, { kind: 'failed' }>,
  batch: JudgedBatch<Entry>,
  options: VerdictOptions,
): Judgement<Entry> {
  const { entries, isProbe } = batch;
  const isCounted = !isProbe;
  const dead: { entry: Entry; reason: string }[] = [];
  const left: Entry[] = [];
  for (const entry of entries) {
    const end = endOf(entry, isCounted, options);
    // In a larger batch another event may be the cause. An event that has used up its attempts is
    // abandoned only when it fails alone.
    if (end === 'too-old' || (end !== undefined && entries.length === 1)) dead.push({ entry, reason: end });
    else left.push(entry);
  }
  const failures = batch.failures + 1;
  const isHalved = left.length > 1 && isToHalve(batch, left, retryAfterMs, options);
  return {
    ...{ delivered: [], dead, failed: entries.map((entry) => ({ entry, reason, isCounted })) },
    again: left.length === 0 ? [] : isHalved ? halvesOf(left) : [left],
    // Halves start with one failure. Their events need not wait while the bad event is searched,
    // and a destination that is down still opens the breaker.
    failures: isHalved ? 1 : failures,
    isSuspect: batch.isSuspect || isHalved,
    delayMs: Math.max(retryAfterMs, backoffMs(isHalved ? 1 : failures, options.retry, options.random)),
    ...{ health: 'fails', retryAfterMs, failure: reason },
  };
}

/** Why an event is not sent again after this failure; undefined if it is. */
function endOf(
  { attempts, enteredAt }: Judged,
  isCounted: boolean,
  { retry, now }: VerdictOptions,
): string | undefined {
  if (isCounted && attempts + 1 >= retry.attempts) return 'attempts';
  return now - enteredAt >= retry.maxAgeMs ? 'too-old' : undefined;
}

function isToHalve<Entry extends Judged>(
  { entries, failures, isSuspect, isProbe }: JudgedBatch<Entry>,
  left: readonly Judged[],
  retryAfterMs: number,
  { retry, halves }: VerdictOptions,
): boolean {
  if (!isProbe && left.some(({ attempts }) => attempts + 1 >= retry.attempts)) return true;
  // Halving starts early enough to isolate the bad event before its attempts are used up, if
  // possible. But a destination that requests a wait is overloaded; the cause is not a bad event.
  const affordable = retryAfterMs > 0 ? Infinity : retry.attempts - Math.ceil(Math.log2(entries.length)) - 1;
  return halves && (isSuspect || failures + 1 >= Math.min(Math.max(affordable, 1), MAX_FAILURES_WHOLE));
}

function halvesOf<Entry>(entries: readonly Entry[]): readonly (readonly Entry[])[] {
  const middle = Math.ceil(entries.length / 2);
  return [entries.slice(0, middle), entries.slice(middle)];
}
