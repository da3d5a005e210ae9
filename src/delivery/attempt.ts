import { MAX_TIMER_MS } from '../common/clock';

/** The end of one call of `sendBatch`. The value and the error are not validated. */
export type AttemptResult =
  | { readonly how: 'resolved'; readonly value: unknown }
  | { readonly how: 'threw'; readonly error: unknown }
  | { readonly how: 'timed-out'; readonly afterMs: number };

/** One call of `sendBatch` with a timeout. */
export class Attempt {
  /** Resolves when the call has ended or timed out, whichever comes first. Never rejects. */
  readonly result: Promise<AttemptResult>;
  /**
   * Resolves when the call itself has ended: later than `result` if a destination ignores the
   * signal. Never rejects.
   */
  readonly ended: Promise<void>;
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private isOver = false;

  /**
   * Makes the call and starts the timeout.
   * @param send makes the call; it may throw, and return any value
   */
  constructor(send: (signal: AbortSignal) => unknown, timeoutMs: number) {
    const answer = call(send, this.controller.signal);
    this.ended = answer.then(() => {
      this.isOver = true;
      clearTimeout(this.timer);
    });
    this.result = new Promise((resolve) => {
      void answer.then(resolve);
      this.timer = setTimeout(
        () => {
          resolve({ how: 'timed-out', afterMs: timeoutMs });
          this.controller.abort(new Error(`no answer within ${String(timeoutMs)} ms`));
        },
        Math.min(timeoutMs, MAX_TIMER_MS),
      );
    });
  }

  get hasEnded(): boolean {
    return this.isOver;
  }

  /** Aborts the signal, because the result is not needed any more. */
  abort(reason: Error): void {
    clearTimeout(this.timer);
    this.controller.abort(reason);
  }
}

async function call(send: (signal: AbortSignal) => unknown, signal: AbortSignal): Promise<AttemptResult> {
  try {
    return { how: 'resolved', value: await send(signal) };
  } catch (error) {
    return { how: 'threw', error };
  }
}
