import type { JsonSchema } from './json-schema';
import type { StatementDocument } from './statement/statement-definition';

/** Emitter of an event: the server, or a web page or mobile app that reports to it. */
export type EventSource = 'server' | 'browser' | 'mobile';

/** Entry in the history of an event. */
export interface HistoryEntry {
  /** Version that the change created. Omitted for a change without a new version. */
  readonly version?: number | undefined;
  /** Date such as `2026-11-01`, or the name of a release. */
  readonly date: string;
  readonly change: string;
}

export interface Deprecation {
  readonly since: string;
  /** Name of the event to use instead. */
  readonly replacedBy?: string | undefined;
}

/** Documentation of an event as plain JSON. It is printed, compared, and sent with the events. */
export interface EventDocument {
  readonly name: string;
  readonly version: number;
  /** Hash of the other fields, 16 hexadecimal digits. Different documents have different hashes. */
  readonly hash: string;
  readonly title: string | null;
  readonly description: string | null;
  /** When it is emitted. */
  readonly when: string | null;
  readonly source: EventSource;
  /** Team or person responsible for the event. */
  readonly owner: string | null;
  readonly since: string | null;
  readonly history: readonly HistoryEntry[];
  readonly deprecated: Deprecation | null;
  /** The JSON Schema of the data; null if the definition has none. */
  readonly data: JsonSchema | null;
  /** JSON Schema of the required context; the context may contain other fields. */
  readonly context: JsonSchema | null;
  /** Paths from the event to personal data, for example `context.email`. */
  readonly pii: readonly string[];
  /** Examples of its data. */
  readonly examples: readonly unknown[];
  /** xAPI statement of the event; missing if the definition has none. */
  readonly xapi?: StatementDocument | undefined;
}

/** Documentation of a context: the fields that a scope adds to the events in it. */
export interface ContextDocument {
  /** Name of the context as passed to `tracker.context` and @TrackingContext. */
  readonly name: string;
  readonly hash: string;
  readonly title: string | null;
  readonly description: string | null;
  /** Where and when it is entered. */
  readonly when: string | null;
  readonly fields: JsonSchema | null;
  /** Paths from the event: `context.email`. */
  readonly pii: readonly string[];
}

/** Documentation of a catalog as plain JSON. */
export interface CatalogDocument {
  readonly events: readonly EventDocument[];
  readonly contexts: readonly ContextDocument[];
}
