import { setTimeout as wait } from 'node:timers/promises';
import { failureKind } from './send-errors';

const FIRST_PAUSE_MS = 10;
const MAX_PAUSE_MS = 500;

/**
 * Waits for a connection of the pool for as long as a batch may take. The pool's own
 * `waitQueueTimeoutMS` is meant for requests, which should fail early. Here it would turn a short
 * peak into failed attempts, and those into an open circuit breaker, although MongoDB works.
 * Nothing has been sent when that timeout occurs, so a retry creates no duplicates.
 */
export class PoolQueue {
  private waiting = 0;

  /** True while at least one batch waits for a connection. */
  get isBusy(): boolean {
    return this.waiting > 0;
  }

  /**
   * Runs `use`, and retries it for as long as the pool has no connection for it.
   * @throws other errors of `use`; an abort error once the signal is aborted
   */
  async run<T>(signal: AbortSignal, use: () => Promise<T>): Promise<T> {
    try {
      return await use();
    } catch (error) {
      if (failureKind(error) !== 'busy') throw error;
    }
    this.waiting++;
    try {
      return await this.runWhenFree(signal, use);
    } finally {
      this.waiting--;
    }
  }

  private async runWhenFree<T>(signal: AbortSignal, use: () => Promise<T>): Promise<T> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
      // Jitter: batches must not retry in step.
      await wait(pauseMs * (0.5 + Math.random() / 2), undefined, { signal });
      try {
        return await use();
      } catch (error) {
        if (failureKind(error) !== 'busy') throw error;
      }
    }
  }
}
