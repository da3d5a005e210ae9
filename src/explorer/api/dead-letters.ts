import type { EventJson } from './event-detail';

/** `GET api/dead-letters` */
export interface DeadLetterGroups {
  readonly groups: readonly DeadLetterGroup[];
  readonly total: number;
}

export interface DeadLetterGroup {
  readonly path: string;
  readonly reason: string;
  readonly count: number;
  /** Number of them that can be redriven: of unreadable events only the id and name are kept. */
  readonly redrivable: number;
  readonly oldestAt?: string;
  readonly newestAt?: string;
}

/** `GET api/dead-letters/list?path=&reason=&limit=&before=`, newest first; `before` is an id. */
export interface DeadLetterPage {
  readonly letters: readonly DeadLetterRow[];
  readonly total: number;
}

export interface DeadLetterRow {
  readonly id: string;
  readonly path: string;
  readonly reason: string;
  readonly at: string;
  readonly attempts: number;
  readonly canRedrive: boolean;
  readonly event: EventJson;
}

/** Body of `POST api/dead-letters/redrive` and `POST api/dead-letters/purge`. */
export interface DeadLetterAction {
  readonly path?: string;
  readonly reason?: string;
  readonly id?: string;
  /** True if all matching letters are meant although nothing narrows them. */
  readonly all?: boolean;
  /** True to learn what would happen. */
  readonly dryRun?: boolean;
}

/** Answer to a dry run. */
export interface DeadLetterPlan {
  readonly count: number;
  /** One line for each destination: state and what would happen. */
  readonly destinations: readonly { readonly path: string; readonly count: number; readonly note: string }[];
}

/**
 * Answer to an action: it goes on in the background. `GET api/jobs/:id` shows how far it is;
 * `GET api/jobs` returns an array of those that run or ended in the last minute, so that a page
 * that is loaded meanwhile shows them.
 */
export interface JobState {
  readonly id: string;
  readonly action: 'redrive' | 'purge';
  /** Path that was asked for; absent for all. */
  readonly path?: string;
  readonly done: number;
  readonly of: number;
  readonly state: 'running' | 'done' | 'failed';
  readonly error?: string;
}
