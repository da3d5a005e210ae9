import type { EventFields, TrackingEvent } from '../../event/tracking-event';

/** A call of `track` as Segment's libraries take it. Either id is there, or both. */
export interface SegmentTrack {
  readonly userId?: string | undefined;
  readonly anonymousId?: string | undefined;
  readonly event: string;
  /** The whole event, as the reference sends it. */
  readonly properties: TrackingEvent;
  readonly context: EventFields;
  /** When the event happened, not when it is sent. */
  readonly timestamp: Date;
  /** Of the event: under it, what is sent again is known to be the same. */
  readonly messageId: string;
}

/** What is needed of a client of `@segment/analytics-node`, or of one that looks like it. */
export interface SegmentClient {
  /** Calls back once the event was delivered, or could not be. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- each client has types of its own for what it takes
  track(params: any, callback: (error?: unknown) => void): void;
  /** Sends what it holds, instead of waiting for more. */
  flush?(): unknown;
}
