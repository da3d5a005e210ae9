import type { Outcome, OutcomeClaim } from '../../delivery/outcome-claim';
import type { DropReason } from '../../ledger/reasons';
import type { EventOutcome, OutcomeListener } from '../../routing/confirmation';

/** Number of events by the path of a backend and their outcome there. */
export type OutcomeCounts = Readonly<Record<string, Readonly<Partial<Record<EventOutcome, number>>>>>;

/**
 * Collects the outcomes of a group of events at all backends.
 *
 * States: open (events are given) -> given (`end` was called) -> settled (every backend has
 * answered for each event, and logs have written their lines).
 */
export class EventGroup implements OutcomeListener {
  failure: OutcomeListener['failure'];
  /** True if a backend gave an event back, because the application is closing. */
  isReturned = false;
  /** True if a backend has delivered or stored an event, and none has refused one. */
  isTaken = false;
  /** Number of the last line of the group. */
  endLine = 0;
  /** Position of its last event in a store. */
  endPosition: string | undefined;
  private isRefused = false;
  private open = 0;
  private isGiven = false;
  private isUnwritten = false;
  private readonly claims = new Map<string, OutcomeClaim>();

  /**
   * @param isWriter true for the path of a log, which answers for all its lines at once
   * @param count counts an outcome
   * @param onSettled called when the last answer has arrived
   */
  constructor(
    private readonly isWriter: (path: string) => boolean,
    private readonly count: (path: string, outcome: EventOutcome) => void,
    private readonly onSettled: () => void,
    /** Called when the group is settled in its turn. */
    readonly onDone?: (group: EventGroup) => void,
  ) {}

  get isSettled(): boolean {
    return this.isGiven && this.open === 0 && !this.isUnwritten;
  }

  settle(path: string, outcome: EventOutcome, reason?: DropReason): void {
    // A backend that is closed has neither accepted nor refused the event.
    if (outcome === 'dropped' && reason === 'closed') this.isReturned = true;
    else this.counted(path, outcome);
  }

  needsClaim(path: string): boolean {
    return !this.isWriter(path);
  }

  claim(path: string): OutcomeClaim {
    let claim = this.claims.get(path);
    if (claim === undefined) {
      claim = {
        isRetained: true,
        onOutcome: (outcome) => {
          this.answered(path, outcome);
        },
      };
      this.claims.set(path, claim);
    }
    return claim;
  }

  accepted(path: string): void {
    if (!this.isWriter(path)) {
      this.open++;
      return;
    }
    this.isUnwritten = true;
    this.counted(path, 'delivered');
  }

  /** Ends the group: no other event belongs to it. */
  end(line: number): void {
    this.endLine = line;
    this.isGiven = true;
    if (this.failure !== undefined) this.isReturned = true;
  }

  /** Called when logs have written the lines that they accepted so far. */
  written(): void {
    this.isUnwritten = false;
  }

  private answered(path: string, outcome: Outcome): void {
    this.open--; // below 0 for a moment if the outcome is known inside `accept`
    if (outcome === 'returned' || outcome === 'pending') this.isReturned = true;
    else this.counted(path, outcome);
    if (this.isSettled) this.onSettled();
  }

  private counted(path: string, outcome: EventOutcome): void {
    this.count(path, outcome);
    this.isRefused ||= outcome === 'dropped' || outcome === 'dead-lettered';
    this.isTaken = !this.isRefused && (this.isTaken || outcome === 'delivered' || outcome === 'stored');
  }
}
