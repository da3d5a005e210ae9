import type { TrackerCounts } from './counts';
import { Tally, withOverflowed } from './tally';

/**
 * Keeps the counters of a tracker that do not belong to one of its nodes. Some fields are public
 * for the reason given at NodeLedger.
 */
export class TrackerLedger {
  /** Number of calls of `emit` and `emitConfirmed`. */
  emitted = 0;
  /** Events dropped as 'emit-failed'. */
  overflowed = 0;
  private redriven = 0;
  private outbox = 0;
  private relayed = 0;
  private oddNames = 0;
  private uncertainContexts = 0;
  private readonly dropped = new Tally();
  private readonly replaced = new Tally();
  private readonly failures = new Tally();
  private readonly violations = new Tally();

  constructor(private readonly name: string) {}

  redrive(): void {
    this.redriven++;
  }

  /** Counts events that their transaction has stored in an outbox. */
  storeInOutbox(events: number): void {
    this.outbox += events;
  }

  relay(): void {
    this.relayed++;
  }

  drop(reason: string): void {
    this.dropped.add(reason);
  }

  replace(kind: string): void {
    this.replaced.add(kind);
  }

  violate(kind: string): void {
    this.violations.add(kind);
  }

  oddName(): void {
    this.oddNames++;
  }

  uncertain(): void {
    this.uncertainContexts++;
  }

  fail(place: string): void {
    this.failures.add(place);
  }

  /**
   * @param waiting number of events that wait for the start
   * @param forgottenDeadLetters number of lost dead letters by path, without those of destinations
   * @param held number of events that open transactions hold
   */
  counts(waiting: number, forgottenDeadLetters: TrackerCounts['forgottenDeadLetters'], held = 0): TrackerCounts {
    const { name, emitted, redriven, outbox, relayed, oddNames, uncertainContexts } = this;
    const dropped = withOverflowed(this.dropped.counts(), this.overflowed);
    const [replaced, failures] = [this.replaced.counts(), this.failures.counts()];
    const violations = this.violations.counts();
    return {
      ...{ name, emitted, redriven, dropped, waiting, held, outbox, relayed, replaced, oddNames, uncertainContexts },
      ...{ forgottenDeadLetters, violations, failures },
    };
  }
}
