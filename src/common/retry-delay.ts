import { setTimeout as wait } from 'node:timers/promises';
import { doubledDelayMs, type Delays } from './backoff';

/** Waits between attempts, twice as long after each failure. */
export class RetryDelay {
  private failures = 0;

  constructor(private readonly delays: Delays) {}

  /**
   * Counts a failure and waits. Resolves early when the signal is aborted, and never rejects.
   * @param keepsAlive false if the process may end meanwhile
   */
  async wait(signal: AbortSignal, keepsAlive = true): Promise<void> {
    const delayMs = doubledDelayMs(this.failures++, this.delays);
    await wait(delayMs, undefined, { signal, ref: keepsAlive }).catch(() => undefined);
  }

  /** Starts at the shortest delay again. Call it after a success. */
  reset(): void {
    this.failures = 0;
  }
}
