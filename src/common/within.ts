import { MAX_TIMER_MS } from './clock';

/** Limits of a wait. The first one reached ends it. */
export interface WaitLimits {
  /**
   * Milliseconds after which the wait ends. Negative values count as 0.
   * @default no time limit
   */
  readonly timeoutMs?: number | undefined;
  /** Signal that ends the wait when it is aborted.  @default none */
  readonly signal?: AbortSignal | undefined;
  /** False if the process may end while the timer runs.  @default true */
  readonly keepsAlive?: boolean | undefined;
}

/**
 * Settles like `work`, or like `onEnd` if the time limit or the signal comes first. The work
 * itself continues, and its result is then ignored, a rejection included. Nothing of the wait is
 * left in memory afterwards, however long the signal lives.
 * @param onEnd returns the result to use instead of that of `work`, or throws
 */
export async function within<T, Instead>(
  limits: WaitLimits,
  work: PromiseLike<T>,
  onEnd: (cause: 'timeout' | 'aborted') => Instead | PromiseLike<Instead>,
): Promise<T | Instead> {
  const { timeoutMs, signal, keepsAlive = true } = limits;
  let timer: NodeJS.Timeout | undefined;
  let onAbort = (): void => undefined;
  const ended = new Promise<'timeout' | 'aborted'>((resolve) => {
    onAbort = () => {
      resolve('aborted');
    };
    if (signal?.aborted === true) onAbort();
    else signal?.addEventListener('abort', onAbort);
    if (timeoutMs === undefined) return;
    timer = setTimeout(resolve, Math.min(Math.max(timeoutMs, 0), MAX_TIMER_MS), 'timeout');
    if (!keepsAlive) timer.unref();
  });
  try {
    return await Promise.race([work, ended.then(onEnd)]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}
