/** One call of `sendBatch` that has ended. */
export interface ObservedAttempt {
  /** Ids of the events of the batch. */
  readonly ids: readonly string[];
  /** Duration in milliseconds. */
  readonly tookMs: number;
  /**
   * `answered` accepts events, or refuses some of them; `refused` refuses the batch as a whole;
   * `failed` and `timed-out` leave it unknown whether the destination has the events.
   */
  readonly ending: 'answered' | 'refused' | 'failed' | 'timed-out';
  /** Why the attempt failed as a whole; undefined if it did not. */
  readonly error: string | undefined;
  /** HTTP status of the answer; undefined without an answer, and for other protocols. */
  readonly status: number | undefined;
}

/** Final outcome of one event at its destination. */
export type SettledAs = 'delivered' | 'dead-lettered' | 'dropped';

/**
 * Follows the events of one tracker through its deliveries. Methods must be fast, and must neither
 * throw nor emit.
 */
export interface DeliveryObserver {
  /** An attempt has ended. Called before `settled` for the events that it settled. */
  attempted(path: string, attempt: ObservedAttempt): void;
  /** An attempt failed for one event, which is retried. */
  retrying(path: string, id: string, reason: string): void;
  /** @param reason why it became a dead letter or was dropped */
  settled(path: string, id: string, outcome: SettledAs, reason: string | undefined): void;
}
