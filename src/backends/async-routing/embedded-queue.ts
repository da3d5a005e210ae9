import { MAX_TIMER_MS } from '../../common/clock';
import type { DeliveryOptions } from '../../delivery/delivery-options';
import type { Rejection } from '../../delivery/destination';
import type { QueuedEvent } from '../../delivery/queued-event';
import type { CarrierSurroundings, EventCarrier } from '../../routing/queued-routing';
import { describeError } from '../../common/describe-error';
import type { EventWork, WorkItem } from '../../routing/event-work';

/**
 * The queue of a process that has no other: the delivery before the node is the queue, and its events are worked off in the same
 * process, a slice in each turn of the event loop. An event on its disk is forgotten there once every child has it for good; one
 * in memory, which is no safer here than there, as soon as the children have taken it, unless it stands behind another queue that
 * keeps it.
 */
export class EmbeddedQueue implements EventCarrier {
  /** No attempt ends for want of time: it has the events, and whatever they wait for has a limit of its own. */
  readonly delivery: DeliveryOptions = { batch: { maxWaitMs: 0 }, ordered: true, timeoutMs: MAX_TIMER_MS };
  readonly isLocal = true;
  private work: EventWork | undefined;

  /** @param isProcessed whether the processors have run before the queue */
  constructor(private readonly isProcessed: boolean) {}

  attach({ work }: CarrierSurroundings): void {
    this.work = work;
  }

  async send(entries: readonly QueuedEvent[]): Promise<readonly Rejection[] | undefined> {
    const { work, isProcessed } = this;
    if (work === undefined) throw new Error('the application has not started');
    const left = new Map<number, Rejection>();
    const items: WorkItem[] = [];
    const indices: number[] = [];
    for (const [index, entry] of entries.entries()) {
      try {
        const isLent = entry.stored !== undefined || entry.isLent;
        items.push({ envelope: work.envelopeOf(entry), isLent, isProcessed });
        indices.push(index);
        left.set(index, { index, reason: 'the application is closing', retryable: true });
      } catch (error) {
        left.set(index, { index, reason: `unreadable: ${describeError(error)}`, retryable: false });
      }
    }
    await work.run(items, (at) => left.delete(indices[at] ?? -1));
    return left.size === 0 ? undefined : [...left.values()];
  }

  /** Nothing is taken while nothing is sent. */
  async endWork(): Promise<void> {
    await this.work?.whenAtRest();
  }
}
