/**
 * What the comparison reports: one entry for each event, value, step or count that is not as
 * expected.
 */

/** Where in what a case observed a difference was found. */
export type Part =
  | 'start'
  | 'received'
  | 'lines'
  | 'documents'
  | 'segment_calls'
  | 'queued'
  | 'bus_messages'
  | 'delivery_order'
  | 'step_errors'
  | 'swallowed'
  | 'other';

export type DifferenceKind =
  /** A value within an event; `path` leads to it from the event. */
  | 'value'
  /** The same keys in another order; `path` leads to their mapping. */
  | 'key-order'
  /** The reference delivered an event that was not delivered here. */
  | 'missing'
  /** An event was delivered here that the reference did not deliver. */
  | 'extra'
  /** The name under which an event was queued. */
  | 'address'
  /** The level of a line. */
  | 'level'
  /** The order of the deliveries of events that both delivered. */
  | 'order'
  /** A step that failed on one side only; `step` is its index. */
  | 'error'
  /** The number of failures of one stage; `stage` names it. */
  | 'failures'
  /** The start failed on one side only. */
  | 'start'
  /** A part of the expectation that no case can produce here. */
  | 'unproducible';

export type Path = readonly (string | number)[];

export interface Difference {
  readonly part: Part;
  readonly kind: DifferenceKind;
  /** For the report. */
  readonly place: string;
  readonly expected: unknown;
  readonly got: unknown;
  /** Path of the backend that was concerned, if the vectors tell it. */
  readonly node?: string;
  /** Leads from the event to the value. */
  readonly path?: Path;
  /** The event as the reference delivered it, for what differs within an event. */
  readonly event?: unknown;
  readonly step?: string;
  readonly stage?: string;
}

export interface ValueDifference {
  readonly kind: 'value' | 'key-order';
  readonly path: Path;
  /** undefined if the reference has no value there. */
  readonly expected: unknown;
  /** undefined if there is no value here. */
  readonly got: unknown;
}

export function placeOf(base: string, path: Path): string {
  return path.reduce<string>((text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}.${key}`), base);
}
