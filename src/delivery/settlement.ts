import type { Envelope } from '../event/envelope';
import type { DeadLetterBox } from './dead-letter-box';
import type { DeliveryLedger } from '../ledger/delivery-ledger';
import type { DeliveryObserver } from './delivery-observer';
import type { DeliveryReports } from './delivery-reports';
import type { EventQueue } from './event-queue';
import type { Outcome, OutcomeClaim } from './outcome-claim';
import type { QueuedEvent } from './queued-event';

export interface SettlementParts {
  /** Path of the destination in the tree. */
  readonly path: string;
  readonly queue: EventQueue;
  readonly ledger: DeliveryLedger;
  readonly letters: DeadLetterBox;
  readonly reports: DeliveryReports;
  readonly observer?: (() => DeliveryObserver | undefined) | undefined;
}

export interface Death {
  readonly entry: QueuedEvent;
  readonly reason: string;
}

/**
 * Settles events for good: in the queue, in the ledger, and for callers that claim the outcome.
 * Never throws.
 */
export class Settlement {
  constructor(private readonly parts: SettlementParts) {}

  deliver(entries: readonly QueuedEvent[]): void {
    const { queue, ledger } = this.parts;
    const now = performance.now();
    const observer = this.parts.observer?.();
    queue.settle(entries);
    for (const entry of entries) {
      ledger.deliver(now - entry.enteredAt);
      if (observer !== undefined) observer.settled(this.parts.path, entry.id, 'delivered', undefined);
      this.tell(entry, 'delivered');
    }
  }

  /**
   * Stores the dead letters first. A process that dies in between has the event twice, which is
   * better than losing it.
   */
  bury(dead: readonly Death[]): void {
    const [first] = dead;
    if (first === undefined) return;
    const { path, queue, ledger, letters, reports } = this.parts;
    const observer = this.parts.observer?.();
    const now = Date.now();
    for (const { entry, reason } of dead) {
      letters.put(entry, reason, now);
      ledger.bury(entry.lastError ?? reason);
      observer?.settled(path, entry.id, 'dead-lettered', reason);
      this.tell(entry, 'dead-lettered');
    }
    queue.settle(dead.map(({ entry }) => entry));
    reports.deadLetter(first.reason, first.entry.lastError ?? '');
  }

  /** Stores an event as a dead letter that cannot be written, and therefore cannot be queued. */
  buryUnwritable(envelope: Envelope, error: unknown): void {
    const { ledger, letters, reports } = this.parts;
    ledger.accept();
    const reason = letters.putUnreadable(envelope, error, Date.now());
    ledger.bury(reason);
    reports.deadLetter(reason, '');
  }

  /** Passes an outcome that is known at once. A caller that throws must not stop the delivery. */
  answer(claim: OutcomeClaim, outcome: Outcome): void {
    try {
      claim.onOutcome(outcome);
    } catch (error) {
      this.parts.reports.failure(error);
    }
  }

  private tell(entry: QueuedEvent, outcome: Outcome): void {
    entry.isSettled = true;
    try {
      entry.tell(outcome);
    } catch (error) {
      this.parts.reports.failure(error);
    }
  }
}
