import { Tally } from './tally';
import type { WorkCounts } from './counts';

/**
 * Keeps the counters of the events that a worker took from one queue. Its methods are verbs; each
 * records one outcome.
 */
export class WorkLedger {
  private received = 0;
  private settled = 0;
  private deadLettered = 0;
  private returned = 0;
  private droppedCount = 0;
  private readonly dropped = new Tally();
  private readonly failures = new Tally();

  receive(events: number): void {
    this.received += events;
  }

  settle(): void {
    this.settled++;
  }

  drop(reason: string): void {
    this.droppedCount++;
    this.dropped.add(reason);
  }

  bury(): void {
    this.deadLettered++;
  }

  giveBack(): void {
    this.returned++;
  }

  fail(place: string): void {
    this.failures.add(place);
  }

  counts(): WorkCounts {
    const { received, settled, deadLettered, returned, droppedCount } = this;
    const pending = received - settled - deadLettered - returned - droppedCount;
    return {
      ...{ received, settled, dropped: this.dropped.counts(), deadLettered, returned, pending },
      failures: this.failures.counts(),
    };
  }
}
