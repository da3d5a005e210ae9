/** The outcome of an event at one destination. */
export type Outcome = 'delivered' | 'stored' | 'pending' | 'dead-lettered' | 'dropped' | 'returned';

/**
 * The claim of a caller on the outcome of one event, passed with the event to `accept`.
 *
 * A caller retains an event if it has a safe copy of it, for example in a queue, and keeps that
 * copy until it knows the outcome. Such an event is not refused for lack of capacity, because the
 * caller has checked `takesMore` before, and is returned if it cannot be sent before the
 * application ends.
 */
export interface OutcomeClaim {
  /** True if the caller retains the event until it knows the outcome. */
  readonly isRetained: boolean;
  /**
   * Called once if the event was accepted, inside `accept` or later. 'returned' is only passed to a
   * caller that retains the event. Must not throw.
   */
  readonly onOutcome: (outcome: Outcome) => void;
}
