import type { Violation } from '../catalog/violation';
import { MAX_TIMER_MS } from '../common/clock';
import { Confirmation } from '../routing/confirmation';

const OPEN =
  'and its transaction is still open. It is sent when the transaction commits. ' +
  'Fix: await emitConfirmed after the transaction, not in its body';

/** Collects the outcomes of one event for a caller that waits for it. */
export class EmitConfirmation extends Confirmation {
  /**
   * Violations for which the event was refused before it reached the tree; empty if it was not
   * refused.
   */
  violations: readonly Violation[] = [];
  /** Reason why the event has not been sent; undefined if it has been, or was never held. */
  heldBack: string | undefined;
  /** True if a transaction has held the event. */
  wasHeld = false;

  /** Records that the event waits for the end of a transaction. */
  holdInTransaction(): void {
    this.wasHeld = true;
    this.heldBack = OPEN;
  }

  /** @param why reason why the event was dropped; undefined if it was sent */
  endTransaction(why: string | undefined): void {
    this.heldBack = why;
  }

  /**
   * Waits until every destination has answered.
   * @returns the reason why the wait ended early; undefined if it did not
   */
  async end(timeoutMs: number, signal: AbortSignal | undefined): Promise<string | undefined> {
    if (signal?.aborted === true) return 'since its signal was aborted';
    let stop = (): void => undefined;
    const ended = new Promise<string>((resolve) => {
      // setTimeout fires at once above its limit, so a wait of Infinity would end immediately.
      const waitMs = Math.min(timeoutMs, MAX_TIMER_MS);
      const timer = setTimeout(resolve, waitMs, `since it took more than ${String(timeoutMs)} ms`);
      const onAbort = (): void => {
        resolve('since its signal was aborted');
      };
      signal?.addEventListener('abort', onAbort);
      stop = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      };
    });
    try {
      return await Promise.race([this.settled().then(() => undefined), ended]);
    } finally {
      stop();
    }
  }
}
