import type { EventQueue } from './event-queue';
import type { BatchScheduler } from './batch-scheduler';
import type { Outcome, QueuedEvent } from './queued-event';

/** What became of an event that has left memory already. */
type Known = Extract<Outcome, 'stored' | 'dead-lettered'>;

/** The event that a delivery accepted last, for those who ask what becomes of it. */
export class LatestEvent {
  private event: QueuedEvent | Known | undefined;

  constructor(
    private readonly queue: Pick<EventQueue, 'flush'>,
    private readonly scheduler: Pick<BatchScheduler, 'hurry'>,
  ) {}

  /** @param event undefined if it was refused */
  set(event: QueuedEvent | Known | undefined): void {
    this.event = event;
  }

  /**
   * @param tell called once, now or later
   * @param isLent whether the caller still has the event, and takes it back ('returned') if it cannot be sent before the end
   * @throws Error if no event was accepted
   */
  tell(tell: (outcome: Outcome) => void, isLent: boolean): void {
    const { event } = this;
    if (event === undefined) throw new Error('no event was accepted');
    if (event === 'stored') {
      // What is gathered for the next write would die with the process.
      tell(this.queue.flush() ? 'stored' : 'pending');
    } else if (event === 'dead-lettered') {
      tell(event);
    } else {
      event.isLent = isLent;
      event.onSettled = tell;
      this.scheduler.hurry(); // somebody waits
    }
  }
}
