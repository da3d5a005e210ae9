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
   * True if the listener still holds the event, and takes it back ('returned') if it cannot be sent
   * before the application ends.
   */
  readonly isLender: boolean;
  /**
   * Reason why some outcomes are missing. Assigned where no method can be called, at the end of the
   * stack.
   */
  failure?: EmitFailure | undefined;
  settle(path: string, outcome: EventOutcome, reason?: DropReason): void;
  /** Receives the future outcome at a backend that accepted the event and writes it later. */
  await(path: string, outcome: Promise<EventOutcome | 'returned'>): void;
  /**
   * Does the same as `await` without a promise, for callers that ask about every event.
   * @returns a callback, to be called once with the outcome
   */
  hear?(): (outcome: EventOutcome | 'returned') => void;
}

/** Collects the outcome of one event at each backend. */
export class Confirmation implements OutcomeListener {
  readonly isLender = false;
  failure: EmitFailure | undefined;
  private readonly destinations = new Map<string, EventOutcome>();
  private waits: Promise<void>[] = [];

  settle(path: string, outcome: EventOutcome): void {
    this.destinations.set(path, outcome);
  }

  await(path: string, outcome: Promise<EventOutcome | 'returned'>): void {
    this.settle(path, 'pending');
    this.waits.push(
      outcome.then(
        (where) => {
          this.settle(path, where === 'returned' ? 'dropped' : where);
        },
        () => {
          this.settle(path, 'dropped');
        },
      ),
    );
  }

  /**
   * Keeps `settled` waiting for an event that has not been sent yet.
   * @returns a callback, to be called once when it was sent
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
