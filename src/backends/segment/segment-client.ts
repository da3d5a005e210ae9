import type { EventFields, TrackingEvent } from '../../event/tracking-event';

/**
 * Parameters of a `track` call, as Segment's libraries accept them. At least one of the two ids is
 * present.
 */
export interface SegmentTrack {
  readonly userId?: string | undefined;
  readonly anonymousId?: string | undefined;
  readonly event: string;
  /** All fields of the event except its id, as the reference sends them. */
  readonly properties: TrackingEvent;
  readonly context: EventFields;
  /** Time when the event happened, not when it is sent. */
  readonly timestamp: Date;
  /** Id of the event. Segment uses it to recognize an event that is sent again. */
  readonly messageId: string;
}

/**
 * Methods that the backend uses of a client of `@segment/analytics-node`, or of a compatible one.
 */
export interface SegmentClient {
  /** Sends one event. Calls back once the event was delivered, or could not be delivered. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- each client has its own type
  track(params: any, callback: (error?: unknown) => void): void;
  /** Sends the events that the client holds, instead of waiting for more. */
  flush?(): unknown;
}
