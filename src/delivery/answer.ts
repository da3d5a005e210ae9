/**
 * Reads everything that a destination returns or throws.
 *
 * A destination is code of the application and can return any value, and that value decides whether
 * events are removed as delivered. Any value that the contract does not allow therefore counts as a
 * failed attempt, and the mistake is reported.
 */
import type { AttemptResult } from './attempt';
import { cleanText, kindOf } from './clean-text';

/** The result of an attempt for the events of its batch. */
export type Answer = (
  | { readonly kind: 'answered'; readonly rejections: ReadonlyMap<number, RejectedEvent> }
  /** The batch as a whole was rejected, and a retry would be rejected again. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The result is unknown for all events of the batch. */
  | { readonly kind: 'failed'; readonly reason: string; readonly retryAfterMs: number }
) & {
  readonly mistake?: Mistake | undefined;
};

/** A violation of the contract by a destination. */
export interface Mistake {
  /** The invalid part: a list of rejections, or a wait. */
  readonly of: 'list' | 'wait';
  /** The mistake, its consequence and the fix, without event data. */
  readonly text: string;
}

export interface RejectedEvent {
  readonly reason: string;
  readonly retryable: boolean;
  /** Milliseconds; 0 if the destination requested no wait. */
  readonly retryAfterMs: number;
}

/**
 * A destination may list an event several times, once for each problem. A longer list is not a list
 * of rejections.
 */
const MAX_REJECTIONS_PER_EVENT = 100;

const FIX_LIST =
  'Fix: return a promise of nothing, or of an array of { index, reason, retryable }, where index is the position in the batch ' +
  '(firstValueFrom() makes a promise of an Observable).';
const FIX_WAIT = 'Fix: give a number of milliseconds from 0 up, or leave it out.';

/**
 * Interprets the result of an attempt.
 * @param events number of events in the batch
 * @param maxRetryAfterMs longest wait that a destination may request, in milliseconds
 */
export function readAnswer(result: AttemptResult, events: number, maxRetryAfterMs: number): Answer {
  switch (result.how) {
    case 'resolved':
      return readResolved(result.value, events, maxRetryAfterMs);
    case 'threw':
      return readThrown(result.error, maxRetryAfterMs);
    case 'timed-out':
      return { kind: 'failed', reason: `no answer within ${String(result.afterMs)} ms`, retryAfterMs: 0 };
    default:
      return result satisfies never;
  }
}

function readResolved(value: unknown, events: number, maxRetryAfterMs: number): Answer {
  try {
    if (Array.isArray(value)) return readList(value, events, maxRetryAfterMs);
    // A response object of a client means success. An iterable may be a list of rejections that
    // must not be ignored, and an Observable or a function has sent nothing yet.
    if (isUnread(value)) return invalid(`${kindOf(value)} instead of an array of rejections`);
    return { kind: 'answered', rejections: new Map() };
  } catch {
    return invalid('a list that cannot be read');
  }
}

function readList(list: readonly unknown[], events: number, maxRetryAfterMs: number): Answer {
  if (list.length > events * MAX_REJECTIONS_PER_EVENT)
    return invalid(`${String(list.length)} rejections for ${String(events)} events`);
  const rejections = new Map<number, RejectedEvent>();
  let mistake: Mistake | undefined;
  for (const [position, item] of list.entries()) {
    const { index, reason, retryable, retryAfterMs } = Object(item) as Partial<Record<string, unknown>>;
    const isIndex = typeof index === 'number' && Number.isInteger(index) && index >= 0 && index < events;
    if (!isIndex) return invalid(`a list whose item ${String(position)} has as its index ${indexText(index, events)}`);
    if (retryable !== undefined && typeof retryable !== 'boolean') {
      return invalid(
        `a list whose item ${String(position)} has as its retryable ${kindOf(retryable)}, not true or false`,
      );
    }
    const wait = readWait(retryAfterMs, maxRetryAfterMs);
    mistake ??= wait.mistake;
    const other = rejections.get(index);
    // If two rejections contradict each other, the retryable one wins, so that the event is not
    // abandoned.
    if (other?.retryable === true && retryable !== true) continue;
    rejections.set(index, {
      reason: cleanText(reason ?? 'no reason given'),
      retryable: retryable === true,
      retryAfterMs: Math.max(wait.ms, other?.retryAfterMs ?? 0),
    });
  }
  return { kind: 'answered', rejections, mistake };
}

function indexText(index: unknown, events: number): string {
  const what =
    typeof index === 'number' && Number.isInteger(index)
      ? `${String(index)} of ${String(events)} events`
      : kindOf(index);
  return `${what}, not an integer from 0 to ${String(events - 1)}`;
}

function invalid(what: string): Answer {
  const reason = `sendBatch resolved with ${what}`;
  const text = `${reason}. The batch counts as failed and is sent again. ${FIX_LIST}`;
  return { kind: 'failed', reason, retryAfterMs: 0, mistake: { of: 'list', text } };
}

function readThrown(error: unknown, maxRetryAfterMs: number): Answer {
  const reason = cleanText(error);
  let facts: Partial<Record<string, unknown>>;
  try {
    const { retryable, retryAfterMs } = Object(error) as Partial<Record<string, unknown>>;
    facts = { retryable, retryAfterMs };
  } catch {
    facts = {};
  }
  if (facts['retryable'] === false) return { kind: 'refused', reason };
  const { ms, mistake } = readWait(facts['retryAfterMs'], maxRetryAfterMs);
  return { kind: 'failed', reason, retryAfterMs: ms, mistake };
}

/**
 * Reads a wait: finite, not negative, and cut to `maxMs`. Any other value is ignored, because a
 * wait without an end would stop the destination.
 */
function readWait(value: unknown, maxMs: number): { readonly ms: number; readonly mistake?: Mistake } {
  if (value === undefined || value === null) return { ms: 0 };
  if (typeof value === 'number' && value >= 0 && value < Infinity) return { ms: Math.min(value, maxMs) };
  const shown = typeof value === 'number' ? String(value) : kindOf(value);
  const text = `sendBatch gave ${shown} as the retryAfterMs of a batch or an event, which was ignored. ${FIX_WAIT}`;
  return { ms: 0, mistake: { of: 'wait', text } };
}

function isUnread(value: unknown): boolean {
  if (typeof value === 'function') return true;
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false;
  return Symbol.iterator in value || Symbol.asyncIterator in value || 'subscribe' in value;
}
