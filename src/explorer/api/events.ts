import type { SharedState } from './info';

/**
 * State of an event at one end of the tree. `queued` waits, `retrying` failed at least once and
 * waits, `dropped` has a reason, `dead` is a dead letter.
 */
export type OutcomeState = 'queued' | 'retrying' | 'delivered' | 'stored' | 'filtered' | 'dropped' | 'dead';

export interface Outcome {
  /** Path of the backend, for example `caliper/mongo`. */
  readonly path: string;
  readonly state: OutcomeState;
  /** Why it was dropped, filtered or became a dead letter. */
  readonly reason?: string;
}

/** One row of the list. `GET api/events`, and the stream. */
export interface EventRow {
  /** Number that grows with each event of the process. */
  readonly seq: number;
  readonly id: string;
  readonly process: string;
  readonly tracker: string;
  readonly name: string;
  readonly time: string;
  /** User of the event: `user_id` or `username` of the context, as text; absent without one. */
  readonly actor?: string;
  /** Size of the event's JSON in bytes. */
  readonly bytes: number;
  readonly outcomes: readonly Outcome[];
  /** Number of violations of the catalog. */
  readonly violations: number;
}

/**
 * `GET api/events?filter=&limit=&before=`, where `before` is the id of the last row of the page
 * before; an id that is not kept any more gives no rows. The default limit is 100, the maximum 500.
 *
 * A filter is a list of terms joined by spaces; an event has to match all of them. A `-` in front
 * of a term excludes. In values, `*` stands for any characters, `"` encloses spaces, and a
 * backslash takes the character after it literally. Case does not matter. Between a field and its
 * value, `:` and `=` mean the same and `!=` the opposite; `>`, `<`, `>=` and `<=` compare numbers.
 *
 * - `word`: the name contains it, or one of the values in the event does
 * - `name:`, `user:`, `id:`, `process:`: the field equals the value
 * - `size>`: bytes of the event
 * - `data.a.b=value`, `context.key=value`: the JSON of the value, or the string itself. A path
 *   through a list matches if one of its items does
 * - `has:` with `violation`, `drop`, `dead`, `retry`, `error` (drop or dead) or `user`
 * - `destination:path` or `destination:path=state`: an outcome at the path, or anywhere below it
 * - `state:` with a state: an outcome anywhere
 */
export interface EventPage {
  /** Newest first. */
  readonly rows: readonly EventRow[];
  /** True if older events match, too. */
  readonly hasOlder: boolean;
  /** Number of events kept at all, of which `rows` are those that match. */
  readonly kept: number;
  /** Number of events that left the list because it was full. */
  readonly evicted: number;
  /** Number of events that were counted but not kept, because there were too many at once. */
  readonly skipped: number;
  /** Error in the filter, with a fix; the rows are then unfiltered. */
  readonly filterError?: FilterError;
}

/** Error in a filter. `start` and `length` are the characters of the filter that are wrong. */
export interface FilterError {
  readonly message: string;
  readonly fix: string;
  readonly start: number;
  readonly length: number;
}

/**
 * Messages of `GET api/stream?filter=&tracker=`, a text/event-stream. Each has the name of its
 * `type`.
 * Outcomes arrive later than their rows. `hello` and a `rate` are sent at once.
 */
export type StreamMessage =
  | { readonly type: 'hello'; readonly process: string; readonly filterError?: FilterError }
  /**
   * New events, oldest first, and events that match the filter only since their last outcome. At
   * most 100 rows. `of` is the number that matched; more than the rows if sampled.
   */
  | { readonly type: 'rows'; readonly rows: readonly EventRow[]; readonly of: number }
  | {
      readonly type: 'outcomes';
      readonly outcomes: readonly { readonly id: string; readonly outcomes: readonly Outcome[] }[];
    }
  /** Sent every second: the page takes a longer silence for a broken connection. */
  | {
      readonly type: 'rate';
      readonly perSecond: number;
      readonly watchers: number;
      readonly kept: number;
      /** Number of dead letters, and of entries in the list of violations. */
      readonly deadLetters: number;
      readonly violations: number;
    }
  /** With a shared channel: sent at once, and when processes come or go or the channel fails. */
  | ({ readonly type: 'shared' } & SharedState);

/** `GET api/wait?name=&timeoutMs=`: the first matching event from now on, or one already seen. */
export interface WaitAnswer {
  readonly event: EventRow | undefined;
  readonly timedOut: boolean;
}
