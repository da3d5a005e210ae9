/** Fields by name, as an event's context and data hold them once they are in normal form (docs/values.md). */
export interface EventFields {
  [key: string]: unknown;
}

/** What processors and backends are given. Theirs alone: a change made here is seen by nobody else unless it is returned. */
export interface TrackingEvent {
  /** Never empty; `unknown` if the caller gave none. */
  name: string;
  /** When `emit` was called, by the tracker's clock. */
  timestamp: Date;
  /** The values of every scope the event was emitted in; the innermost wins per key. */
  context: EventFields;
  /** What the caller handed to `emit`. */
  data: EventFields;
}

/** An event with the id that every copy, retry and replay of it keeps (UUIDv7; RFC 9562, 5.7). */
export interface StoredEvent extends TrackingEvent {
  readonly id: string;
}
