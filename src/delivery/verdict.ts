import { readAnswer, type Answer, type Mistake } from './answer';
import type { AttemptResult } from './attempt';
import { backoffMs } from '../common/backoff';
import type { DeliverySettings } from './resolve-options';

/** What decides about one event. */
export interface Judged {
  /** Failed attempts that count. */
  readonly attempts: number;
  /** Monotonic milliseconds at which it was accepted. */
  readonly enteredAt: number;
}

/** What decides about a batch. */
export interface JudgedBatch<Entry extends Judged> {
  readonly entries: readonly Entry[];
  /** How often it has failed in a row, with these very events. */
  readonly failures: number;
  /** Whether it is a part of a batch that failed again and again, so that it is halved each time it fails. */
  readonly isSuspect: boolean;
  /** Whether it was sent to see if the destination is back: its failure then says nothing against its events. */
  readonly isProbe: boolean;
}

export interface VerdictOptions {
  readonly retry: DeliverySettings['retry'];
  /** Monotonic milliseconds. */
  readonly now: number;
  /** Whether a batch that fails again and again is halved; if not, only once its events have used up their attempts. */
  readonly halves: boolean;
  /** From 0 to 1.  @default Math.random */
  readonly random?: (() => number) | undefined;
}

/** Where every event of a batch goes after an attempt: each is in exactly one of `delivered`, `dead` and `again`. */
export interface Verdict<Entry extends Judged> {
  readonly delivered: readonly Entry[];
  readonly dead: readonly { readonly entry: Entry; readonly reason: string }[];
  /** Batches that are sent again, in the order of their events. */
  readonly again: readonly (readonly Entry[])[];
  /** How long these wait, how often they have failed in a row, and whether they are suspects. */
  readonly delayMs: number;
  readonly failures: number;
  readonly isSuspect: boolean;
  /** What went wrong with each event that was not delivered. */
  readonly failed: readonly { readonly entry: Entry; readonly reason: string; readonly isCounted: boolean }[];
  /** What the attempt says about the destination: it takes events, it answers but takes none of these, or it does not answer. */
  readonly health: 'takes' | 'refuses' | 'fails';
  /** How long the destination as a whole asks to be left alone. */
  readonly retryAfterMs: number;
  /** Why the attempt failed as a whole; undefined if it did not. */
  readonly failure: string | undefined;
  readonly mistake: Mistake | undefined;
}

/** A batch fails this often before it is halved: most failures pass, and one batch is cheaper than many. */
const MAX_FAILURES_WHOLE = 5;

/** Decides what becomes of the events of a batch, whatever the destination did. Changes nothing, and never throws. */
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
  // A destination that takes none of them, and asks for all of them later, is not there for any event.
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
    // In company it may be the fault of another: who has used up the attempts is given up when it fails alone.
    if (end === 'too-old' || (end !== undefined && entries.length === 1)) dead.push({ entry, reason: end });
    else left.push(entry);
  }
  const failures = batch.failures + 1;
  const isHalved = left.length > 1 && isToHalve(batch, left, retryAfterMs, options);
  return {
    ...{ delivered: [], dead, failed: entries.map((entry) => ({ entry, reason, isCounted })) },
    again: left.length === 0 ? [] : isHalved ? halvesOf(left) : [left],
    // Halves begin anew: while the culprit is searched its neighbours need not wait, and a destination that is down opens the breaker.
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
  // So early that the one to blame stands alone before its attempts are used up, if that can be. But a destination that asks to
  // be left alone has too much to do, rather than a wrong event.
  const affordable = retryAfterMs > 0 ? Infinity : retry.attempts - Math.ceil(Math.log2(entries.length)) - 1;
  return halves && (isSuspect || failures + 1 >= Math.min(Math.max(affordable, 1), MAX_FAILURES_WHOLE));
}

function halvesOf<Entry>(entries: readonly Entry[]): readonly (readonly Entry[])[] {
  const middle = Math.ceil(entries.length / 2);
  return [entries.slice(0, middle), entries.slice(middle)];
}
