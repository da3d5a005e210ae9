import { MAX_TIMER_MS } from '../event/clock';
import type { Rejection } from './destination';

export type AttemptResult =
  | { readonly outcome: 'answered'; readonly rejections: readonly Rejection[] }
  /** Refused as a whole, for good. */
  | { readonly outcome: 'refused'; readonly reason: string }
  /** Nothing is known about any. */
  | { readonly outcome: 'failed'; readonly reason: string; readonly retryAfterMs: number };

/** One call of `sendBatch` with so many events, for `timeoutMs` at most. Never rejects, whatever the destination does. */
export async function attempt(
  send: (signal: AbortSignal) => Promise<unknown>,
  events: number,
  controller: AbortController,
  timeoutMs: number,
): Promise<AttemptResult> {
  const { signal } = controller;
  const timer = setTimeout(
    () => {
      controller.abort(new Error(`no answer within ${String(timeoutMs)} ms`));
    },
    Math.min(timeoutMs, MAX_TIMER_MS),
  );
  try {
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => {
        reject(signal.reason as Error);
      });
    });
    const sent = Promise.resolve(send(signal));
    sent.catch(() => undefined); // of one that ends after its time nobody hears any more
    const rejections = await Promise.race([sent, aborted]);
    return { outcome: 'answered', rejections: validRejections(rejections, events) };
  } catch (error) {
    return failure(error);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * One that says of an event that it was refused is believed only if there is such an event. What resolves with anything else,
 * the answer of a client say, has taken all: to send them again would be wrong for good.
 */
function validRejections(rejections: unknown, count: number): Rejection[] {
  if (!Array.isArray(rejections)) return [];
  return (rejections as readonly (Rejection | null | undefined)[]).filter((rejection): rejection is Rejection => {
    const index = rejection?.index;
    return Number.isInteger(index) && (index as number) >= 0 && (index as number) < count;
  });
}

function failure(error: unknown): AttemptResult {
  const { message, name, retryable, retryAfterMs } = factsOf(error);
  const reason = (message === '' ? name : message).slice(0, 500);
  if (retryable === false) return { outcome: 'refused', reason };
  return { outcome: 'failed', reason, retryAfterMs: retryAfterMs !== undefined && retryAfterMs > 0 ? retryAfterMs : 0 };
}

interface ErrorFacts {
  readonly message: string;
  readonly name: string;
  readonly retryable: boolean | undefined;
  readonly retryAfterMs: number | undefined;
}

/** Anything can be thrown. */
function factsOf(error: unknown): ErrorFacts {
  try {
    const { message, name, retryable, retryAfterMs } = Object(error) as Partial<Record<keyof ErrorFacts, unknown>>;
    return {
      message: typeof message === 'string' ? message : String(error),
      name: typeof name === 'string' ? name : 'Error',
      retryable: typeof retryable === 'boolean' ? retryable : undefined,
      retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : undefined,
    };
  } catch {
    return { message: 'an error that cannot be read', name: 'Error', retryable: undefined, retryAfterMs: undefined };
  }
}
