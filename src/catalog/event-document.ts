import type { JsonSchema } from './json-schema';

/** Who emits an event: the service, or a page or app of which the service hears. */
export type EventSource = 'server' | 'browser' | 'mobile';

/** What changed in an event, and when. */
export interface HistoryEntry {
  /** The version that the change made; left out for a change that made none. */
  readonly version?: number | undefined;
  /** `2026-11-01`, or however releases are called. */
  readonly date: string;
  readonly change: string;
}

export interface Deprecation {
  readonly since: string;
  /** The name of the event to use in its place. */
  readonly replacedBy?: string | undefined;
}

/** All that is known of an event, as plain JSON: what is printed, compared, and sent along with the events. */
export interface EventDocument {
  readonly name: string;
  readonly version: number;
  /** 16 hexadecimal digits over all else that stands here: another document has another hash. */
  readonly hash: string;
  readonly title: string | null;
  readonly description: string | null;
  /** When it is emitted. */
  readonly when: string | null;
  readonly source: EventSource;
  /** The team, or person, to ask. */
  readonly owner: string | null;
  readonly since: string | null;
  readonly history: readonly HistoryEntry[];
  readonly deprecated: Deprecation | null;
  /** The JSON Schema of the data; null if the definition has none. */
  readonly data: JsonSchema | null;
  /** The JSON Schema of what the context must carry; it may carry more. */
  readonly context: JsonSchema | null;
  /** Paths from the event to what is personal: `context.email`. */
  readonly pii: readonly string[];
  /** Examples of its data. */
  readonly examples: readonly unknown[];
}

/** The same of a context: which scope adds which fields to the events in it. */
export interface ContextDocument {
  /** Of the scope's entry, as `tracker.context` and @TrackingContext name it. */
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

/** A whole catalog as plain JSON. */
export interface CatalogDocument {
  readonly events: readonly EventDocument[];
  readonly contexts: readonly ContextDocument[];
}
