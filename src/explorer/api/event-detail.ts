import type { EventDocumentation } from './catalog';
import type { EventRow } from './events';
import type { ViolationRow } from './violations';

/** `GET api/events/:id` */
export interface EventDetail extends EventRow {
  /** The event as it was emitted, redacted. */
  readonly event: EventJson;
  /** The event that each end of the tree received; only where it differs from `event`. */
  readonly received: readonly { readonly path: string; readonly event: EventJson }[];
  readonly steps: readonly StepTrace[];
  readonly context: readonly ContextSource[];
  readonly attempts: readonly AttemptTrace[];
  /** Line of code that emitted the event; in development only. */
  readonly location?: string;
  readonly documentation?: EventDocumentation;
  readonly violationList: readonly ViolationRow[];
  readonly parent?: EventLink;
  readonly children: readonly EventLink[];
  /** True if values were too large to be kept in full. */
  readonly isCut: boolean;
}

export interface EventLink {
  readonly id: string;
  /** Name of the event; its id if it is not kept any more. */
  readonly name: string;
}

export interface EventJson {
  readonly id: string;
  readonly name: string;
  readonly timestamp: string;
  readonly context: Readonly<Record<string, unknown>>;
  readonly data: Readonly<Record<string, unknown>>;
}

/** One step between `emit` and the ends of the tree. */
export interface StepTrace {
  /** Path of the node; '' is the root. */
  readonly path: string;
  /** Name of the processor, for example `processors[0] (Redact)`; absent for the node itself. */
  readonly processor?: string;
  /** `filtered`: dropped because the configuration asks for it. */
  readonly result: 'unchanged' | 'changed' | 'filtered' | 'dropped' | 'failed';
  /** Why it was dropped, or the error. */
  readonly reason?: string;
  /** Duration in microseconds. */
  readonly tookUs: number;
  /** Changes by path, for `changed`. */
  readonly changes?: readonly ValueChange[];
}

export interface ValueChange {
  /** `data.answers[0].text` */
  readonly path: string;
  readonly kind: 'added' | 'removed' | 'changed';
  readonly before?: unknown;
  readonly after?: unknown;
}

export interface ContextSource {
  readonly key: string;
  /** `request`, `scope`, `process`, `processor`. */
  readonly from: 'request' | 'scope' | 'process' | 'processor';
  /** Name of the scope or of the processor, or the number of scopes outside this one. */
  readonly detail: string;
}

export interface AttemptTrace {
  readonly path: string;
  readonly at: string;
  readonly tookMs: number;
  /** `rejected`: the destination refused the event; `failed`: it may or may not have it. */
  readonly result: 'delivered' | 'rejected' | 'failed' | 'timeout';
  /** Number of events in the batch. */
  readonly batch: number;
  /** HTTP status of the answer; absent without an answer, and for other protocols. */
  readonly status?: number;
  readonly error?: string;
}
