import type { DropReason } from '../ledger/reasons';

/** What became of one event at one backend; `filtered` covers every drop that the configuration asks for. */
export type EventOutcome = 'delivered' | 'stored' | 'filtered' | 'pending' | 'dropped' | 'dead-lettered';

/** What was thrown where an event should have been counted or confirmed. */
export interface EmitFailure {
  readonly error: unknown;
}

/** Told, for one event, what becomes of it at each backend. */
export interface OutcomeListener {
  /** Whether it has the event still, and takes it back ('returned') if it cannot be sent before the application ends. */
  readonly isLender: boolean;
  /** Why it was not told of every backend. Assigned where no method can be called, at the end of the stack. */
  failure?: EmitFailure | undefined;
  settle(path: string, outcome: EventOutcome, reason?: DropReason): void;
  /** For a backend that accepted the event and writes it later. */
  await(path: string, outcome: Promise<EventOutcome | 'returned'>): void;
  /** The same without a promise, where it is asked of every event. @returns to be called once */
  hear?(): (outcome: EventOutcome | 'returned') => void;
}

/** Collects, for one event, what becomes of it at each backend. */
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

  /** For an event that waits to be sent at all. @returns to be called once it was */
  hold(): () => void {
    let release = (): void => undefined;
    this.waits.push(new Promise((resolve) => (release = resolve)));
    return release;
  }

  /** Resolves when no backend is pending any more. */
  async settled(): Promise<void> {
    while (this.waits.length > 0) {
      const { waits } = this;
      this.waits = [];
      await Promise.all(waits);
    }
  }

  /** What is known by now, in the order of the tree. */
  table(): Record<string, EventOutcome> {
    return Object.fromEntries(this.destinations);
  }
}
