import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Longest time for which background work may block the event loop. */
const BUDGET_MS = 2;

/**
 * Divides long work into turns of the event loop, so that requests in between keep their latency.
 */
export class Turns {
  private until = performance.now() + BUDGET_MS;

  get isOver(): boolean {
    return performance.now() >= this.until;
  }

  /** Undefined while time is left in this turn; otherwise resolves in the next turn. */
  next(): Promise<void> | undefined {
    return this.isOver ? this.begin() : undefined;
  }

  private async begin(): Promise<void> {
    await nextTurn();
    this.until = performance.now() + BUDGET_MS;
  }
}
