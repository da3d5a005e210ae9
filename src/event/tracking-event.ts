/**
 * Fields by name: the shape of an event's context and data in normal form
 * (docs/reference/values.md).
 */
export interface EventFields {
  [key: string]: unknown;
}

/**
 * The event that processors and backends receive. Each receives its own copy, so nothing else sees
 * a change made here unless the processor returns it.
 */
export interface TrackingEvent {
  /** Name of the event. Never empty; `unknown` if the caller gave none. */
  name: string;
  /** The time at which `emit` was called, by the tracker's clock. */
  timestamp: Date;
  /** The values of every scope in which the event was emitted; the innermost scope wins per key. */
  context: EventFields;
  /** The data that the caller passed to `emit`. */
  data: EventFields;
}

/**
 * Values that a function of the application returns synchronously. Promises are excluded, because
 * nothing waits for them.
 */
export type SyncValues = object & { readonly then?: never };

/** An event with the id that every copy, retry and replay of it keeps (UUIDv7; RFC 9562, 5.7). */
export interface IdentifiedEvent extends TrackingEvent {
  readonly id: string;
}
