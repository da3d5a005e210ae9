import type { EventQueue } from './event-queue';
import type { BatchScheduler } from './batch-scheduler';
import type { Outcome, QueuedEvent } from './queued-event';

/** The outcome of an event that is not in memory any more. */
type Known = Extract<Outcome, 'stored' | 'dead-lettered'>;

/** The event that a delivery accepted last, for callers that ask for its outcome. */
export class LatestEvent {
  private event: QueuedEvent | Known | undefined;

  constructor(
    private readonly queue: Pick<EventQueue, 'flush'>,
    private readonly scheduler: Pick<BatchScheduler, 'hurry'>,
  ) {}

  /**
   * Records the event that was accepted last, or its outcome.
   * @param event undefined if the event was refused
   */
  set(event: QueuedEvent | Known | undefined): void {
    this.event = event;
  }

  /**
   * Passes the outcome of the event to `tell`.
   * @param tell called once, now or later
   * @param isLent true if the caller still has the event, and takes it back ('returned') if it
   * cannot be sent before the end
   * @throws Error if no event was accepted
   */
  tell(tell: (outcome: Outcome) => void, isLent: boolean): void {
    const { event } = this;
    if (event === undefined) throw new Error('no event was accepted');
    if (event === 'stored') {
      // Without a flush, buffered records would be lost with the process.
      tell(this.queue.flush() ? 'stored' : 'pending');
    } else if (event === 'dead-lettered') {
      tell(event);
    } else {
      event.isLent = isLent;
      event.onSettled = tell;
      this.scheduler.hurry(); // a caller waits
    }
  }
}
