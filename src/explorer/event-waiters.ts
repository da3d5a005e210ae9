import type { EventRow, WaitAnswer } from './api';
import type { EventFilter } from './event-filter';
import type { LiveRow } from './live/watcher';

const MAX_WAIT_MS = 60_000;
/** Maximum number of requests that wait at a time. */
const MAX_WAITERS = 100;

interface Waiter {
  readonly tracker: string;
  readonly filter: EventFilter;
  readonly end: (event: EventRow | undefined) => void;
}

/** Requests of end-to-end tests that wait for an event. */
export class EventWaiters {
  private readonly waiters = new Set<Waiter>();
  private isClosed = false;

  get waiting(): number {
    return this.waiters.size;
  }

  get isFull(): boolean {
    return this.isClosed || this.waiters.size >= MAX_WAITERS;
  }

  /**
   * Waits for the next event that the filter matches.
   * @param timeoutMs milliseconds, at most a minute
   */
  wait(tracker: string, filter: EventFilter, timeoutMs: number): Promise<WaitAnswer> {
    return new Promise((resolve) => {
      const waiter: Waiter = {
        ...{ tracker, filter },
        end: (event) => {
          clearTimeout(timer);
          this.waiters.delete(waiter);
          resolve({ event, timedOut: event === undefined });
        },
      };
      const timer = setTimeout(waiter.end, Math.min(Math.max(timeoutMs, 0), MAX_WAIT_MS), undefined);
      this.waiters.add(waiter);
    });
  }

  look({ row, subject }: LiveRow): void {
    for (const { tracker, filter, end } of this.waiters)
      if (tracker === row.tracker && filter.matches(subject)) end(row);
  }

  /** Answers all requests, because the application closes. */
  close(): void {
    this.isClosed = true;
    for (const { end } of this.waiters) end(undefined);
  }
}
