import type { EventJson, Outcome } from './api';

/** What a filter looks at: one event of the list. */
export interface FilterSubject {
  readonly id: string;
  readonly name: string;
  readonly process: string;
  readonly actor: string | undefined;
  readonly bytes: number;
  readonly violations: number;
  readonly outcomes: readonly Outcome[];
  /** The redacted event. Read only by terms that need it. */
  readonly event: EventJson;
}

/** True for the events that a term of a filter accepts. */
export type FilterTest = (subject: FilterSubject) => boolean;
