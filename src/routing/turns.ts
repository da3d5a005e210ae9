import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long work that nobody waits for may hold up a turn of the event loop. */
const BUDGET_MS = 2;

/** Divides long work into turns, so that the requests between them keep their latency. */
export class Turns {
  private until = performance.now() + BUDGET_MS;

  get isOver(): boolean {
    return performance.now() >= this.until;
  }

  /** Undefined while there is time left in this turn. */
  next(): Promise<void> | undefined {
    return this.isOver ? this.begin() : undefined;
  }

  private async begin(): Promise<void> {
    await nextTurn();
    this.until = performance.now() + BUDGET_MS;
  }
}
