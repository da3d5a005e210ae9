/** What happened to the delivery of a destination. */
export type DeliveryChange =
  | 'breaker-open'
  | 'breaker-closed'
  | 'disk-spill-started'
  | 'disk-drained'
  | 'queue-full'
  | 'disk-failed'
  | 'disk-recovered'
  | 'dead-letter'
  | 'closed';

/** A change in the delivery of one destination, for listeners of `TrackingLedger.onChange`. */
export interface DeliveryNotice {
  /** Path of the destination in the tree. */
  readonly path: string;
  readonly change: DeliveryChange;
}

/** One measured duration, for listeners of `TrackingLedger.onDuration`. */
export interface DeliveryDuration {
  /** Path of the destination in the tree. */
  readonly path: string;
  /**
   * What was measured: `event` is the time of one event from acceptance to delivery, `attempt` is
   * one attempt to send a batch, failed attempts included.
   */
  readonly of: 'event' | 'attempt';
  readonly ms: number;
}
