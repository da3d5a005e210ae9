import type { Outcome, OutcomeClaim } from '../delivery/outcome-claim';
import type { DropReason } from '../ledger/reasons';

/**
 * Outcome of one event at one backend. `filtered` covers every drop that the configuration asks
 * for.
 */
export type EventOutcome = 'delivered' | 'stored' | 'filtered' | 'pending' | 'dropped' | 'dead-lettered';

/** Error thrown where an event should have been counted or confirmed. */
export interface EmitFailure {
  readonly error: unknown;
}

/** Receives the outcome of one event at each backend. */
export interface OutcomeListener {
  /**
   * Reason why some outcomes are missing. Assigned where no method can be called, at the end of the
   * stack.
   */
  failure?: EmitFailure | undefined;
  /** Records the outcome at a backend that did not accept the event. */
  settle(path: string, outcome: EventOutcome, reason?: DropReason): void;
  /**
   * Returns false if the outcome at this backend is not needed, so that no claim is made.
   * @default true
   */
  needsClaim?(path: string): boolean;
  /** Returns the claim that goes with the event to the backend at `path`. */
  claim(path: string): OutcomeClaim;
  /**
   * Called after the backend at `path` has accepted the event. Its outcome arrives through the
   * claim, before this call or after it.
   */
  accepted(path: string): void;
}

/** Collects the outcome of one event at each backend. */
export class Confirmation implements OutcomeListener {
  failure: EmitFailure | undefined;
  private readonly destinations = new Map<string, EventOutcome>();
  private waits: Promise<void>[] = [];
  /** Ends the wait for the outcome at a path. */
  private readonly releases = new Map<string, () => void>();

  settle(path: string, outcome: EventOutcome): void {
    this.destinations.set(path, outcome);
  }

  claim(path: string): OutcomeClaim {
    return {
      isRetained: false,
      onOutcome: (outcome: Outcome) => {
        this.settle(path, outcome === 'returned' ? 'dropped' : outcome);
        this.releases.get(path)?.();
      },
    };
  }

  accepted(path: string): void {
    if (this.destinations.has(path)) return;
    this.settle(path, 'pending');
    this.releases.set(path, this.hold());
  }

  /**
   * Keeps `settled` waiting, for an outcome or for an event that has not been sent yet.
   * @returns a callback that ends the wait
   */
  hold(): () => void {
    let release = (): void => undefined;
    this.waits.push(new Promise((resolve) => (release = resolve)));
    return release;
  }

  /** Resolves when no backend is pending. */
  async settled(): Promise<void> {
    while (this.waits.length > 0) {
      const { waits } = this;
      this.waits = [];
      await Promise.all(waits);
    }
  }

  /** Returns the outcomes known so far, in the order of the tree. */
  table(): Record<string, EventOutcome> {
    return Object.fromEntries(this.destinations);
  }
}
