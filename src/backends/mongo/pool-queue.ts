import { setTimeout as wait } from 'node:timers/promises';
import { failureKind } from './send-errors';

const FIRST_PAUSE_MS = 10;
const MAX_PAUSE_MS = 500;

/**
 * Waits for a connection of the pool for as long as a batch may take. The pool's own `waitQueueTimeoutMS` is meant for requests,
 * which should fail early; here it would turn a short peak into failed attempts, and those into an open circuit breaker, while
 * MongoDB is well. Nothing was sent when it strikes, so trying again duplicates nothing.
 */
export class PoolQueue {
  private waiting = 0;

  /** True while at least one batch waits for a connection. */
  get isBusy(): boolean {
    return this.waiting > 0;
  }

  /**
   * Runs `use` again for as long as the pool has no connection for it.
   * @throws what `use` throws otherwise, or that the pool is busy once the signal is aborted
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
      await wait(pauseMs * (0.5 + Math.random() / 2), undefined, { signal }); // so that batches do not come in step
      try {
        return await use();
      } catch (error) {
        if (failureKind(error) !== 'busy') throw error;
      }
    }
  }
}
