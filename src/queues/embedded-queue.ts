import { MAX_TIMER_MS } from '../common/clock';
import type { DeliveryOptions } from '../delivery/delivery-options';
import type { EventRejection } from '../delivery/destination';
import type { QueuedEvent } from '../delivery/queued-event';
import type { CarrierHost, EventCarrier } from './event-carrier';
import { describeError } from '../common/describe-error';
import type { WorkItem } from '../routing/queued-backend';
import type { EventWork } from './event-work';

/**
 * Queue in this process, used when no other queue is configured. The delivery before the node is
 * the queue; its events are processed in the same process, a slice in each turn of the event loop.
 *
 * An event on the disk of that delivery is removed once every child has delivered or stored it. An
 * event in memory is removed as soon as the children have accepted it, because it is no safer here
 * than there. The exception is an event that another queue before this one retains.
 */
export class EmbeddedQueue implements EventCarrier {
  /**
   * Delivery options without a practical timeout: the queue has the events, and everything that
   * they wait for has its own limit.
   */
  readonly delivery: DeliveryOptions = { batch: { maxWaitMs: 0 }, ordered: true, timeoutMs: MAX_TIMER_MS };
  readonly isLocal = true;
  private work: EventWork | undefined;

  /** @param isProcessed true if the processors ran before the queue */
  constructor(private readonly isProcessed: boolean) {}

  attach({ work }: CarrierHost): void {
    this.work = work;
  }

  async send(entries: readonly QueuedEvent[]): Promise<readonly EventRejection[] | undefined> {
    const { work, isProcessed } = this;
    if (work === undefined) throw new Error('the application has not started');
    const left = new Map<number, EventRejection>();
    const items: WorkItem[] = [];
    const indices: number[] = [];
    for (const [index, entry] of entries.entries()) {
      try {
        const isRetained = entry.stored !== undefined || entry.isRetained;
        items.push({ envelope: work.envelopeOf(entry), isRetained, isProcessed });
        indices.push(index);
        left.set(index, { index, reason: 'the application is closing', retryable: true });
      } catch (error) {
        left.set(index, { index, reason: `unreadable: ${describeError(error)}`, retryable: false });
      }
    }
    await work.run(items, (at) => left.delete(indices[at] ?? -1));
    return left.size === 0 ? undefined : [...left.values()];
  }

  /**
   * Waits until the events sent so far are with the children. It takes no events; the
   * delivery sends them.
   */
  async endWork(): Promise<void> {
    await this.work?.whenAtRest();
  }
}
