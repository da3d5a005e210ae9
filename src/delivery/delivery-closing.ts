import { atMost } from '../common/at-most';
import type { DestinationCounts } from '../ledger/counts';
import type { DeliveryEngine } from './delivery-engine';
import type { DeliveryLetters } from './delivery-letters';

export interface ClosingParts {
  readonly engine: Pick<DeliveryEngine, 'queue' | 'scheduler' | 'sender' | 'ledger' | 'reports' | 'breaker'>;
  readonly letters: Pick<DeliveryLetters, 'close'>;
  /** True if events that are not sent can be left on disk. */
  readonly hasDisk: boolean;
  /** Returns the counts of the delivery, for the report about its end. */
  readonly counts: () => DestinationCounts;
  readonly onClosed: () => void;
}

/**
 * Ends a delivery: sends the remaining events for a limited time, and puts the rest on disk.
 *
 * States:
 * - `running` accepts and sends events.
 * - `draining` sends all events at once, for a limited time. `drain` moves `running` to it.
 * - `closed` accepts and sends nothing. `drain` ends in it, and `closeNow` moves any state to it.
 *
 * Only `drainOnce` and `enterClosed` change the state.
 */
export class DeliveryClosing {
  private state: 'running' | 'draining' | 'closed' = 'running';
  /** Monotonic milliseconds at which the time to close is over. */
  private deadline = Infinity;
  /** Monotonic milliseconds at which closing began. */
  private drainingSince = Infinity;
  /** True once all events left at the end are counted as handed over or as dropped. */
  private isHandedOver = false;
  private draining: Promise<void> | undefined;

  constructor(private readonly parts: ClosingParts) {}

  get isRunning(): boolean {
    return this.state === 'running';
  }

  get isClosed(): boolean {
    return this.state === 'closed';
  }

  /** Number of events whose outcome is not known yet. */
  get pending(): number {
    return this.isHandedOver ? 0 : this.parts.engine.ledger.pending;
  }

  /**
   * True if waiting is pointless while the application closes. A destination that is down gets no
   * more events, and events on disk are not lost, so the deployment need not wait.
   */
  get isHopeless(): boolean {
    const { breaker } = this.parts.engine;
    if (this.isUnreachable) return true;
    return this.parts.hasDisk && (breaker.state !== 'closed' || breaker.allowsAt > this.deadline);
  }

  /**
   * Sends all events for up to `timeoutMs` milliseconds, and puts the rest on disk. A second call
   * waits for the first.
   */
  drain(timeoutMs: number): Promise<void> {
    return (this.draining ??= this.drainOnce(timeoutMs));
  }

  /** Closes at the exit of the process, when nothing can be awaited. */
  closeNow(): void {
    if (this.isClosed) return;
    const before = this.parts.counts();
    this.enterClosed();
    this.parts.engine.reports.closed(before, this.parts.counts());
  }

  private async drainOnce(timeoutMs: number): Promise<void> {
    const { engine, counts } = this.parts;
    this.state = 'draining';
    this.drainingSince = performance.now();
    this.deadline = this.drainingSince + timeoutMs;
    const before = counts();
    engine.queue.persist(engine.scheduler.takenEvents());
    if (this.pending > 0 && !this.isHopeless) await atMost(timeoutMs, this.untilIdle());
    const { isUnreachable } = this;
    // The process may have begun to exit during the wait.
    if (!this.isClosed) this.enterClosed();
    engine.reports.closed(before, counts(), isUnreachable);
  }

  private untilIdle(): Promise<void> {
    const { scheduler, sender } = this.parts.engine;
    const isUnsure = sender.lastUnreachableAt > -Infinity;
    return new Promise((resolve) => {
      scheduler.drain(resolve, isUnsure);
    });
  }

  /**
   * Puts the remaining events on disk. A batch that is being sent may still arrive; its events are
   * sent again under the same ids.
   */
  private enterClosed(): void {
    const { engine, letters, onClosed } = this.parts;
    const { queue, ledger } = engine;
    const underWay = engine.scheduler.stop();
    engine.sender.abort(new Error('the application is closing'));
    this.state = 'closed';
    const { left, returned } = queue.handOver(underWay);
    const stored = queue.onDisk.count;
    const torn = queue.close();
    if (left + torn > 0) ledger.drop('shutdown', left + torn);
    if (returned > 0) ledger.drop('returned', returned);
    ledger.handOver(stored - torn);
    this.isHandedOver = true;
    letters.close();
    onClosed();
  }

  /**
   * True if an attempt since closing began could not connect. No other attempt would connect within
   * the time left.
   */
  private get isUnreachable(): boolean {
    return this.parts.engine.sender.lastUnreachableAt >= this.drainingSince;
  }
}
