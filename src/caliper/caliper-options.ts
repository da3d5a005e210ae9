import type { LearningEvent } from '../xapi/learning-event';
import type { CaliperDrafting, CaliperRow } from './caliper-row';
import type { CaliperEvent } from './caliper-event';

/**
 * Returns who did it: an id, which becomes `<rootUrl>/user/<id>`, or an IRI. `user` is the id or
 * the name of the user, as the event has it.
 */
export type CaliperActorResolver = (event: LearningEvent, user: string) => string | undefined;

/** Options for the mapping of events, without those about users and courses. */
export interface CaliperMapping {
  /** URL of the system that the events come from; the beginning of ids. */
  readonly rootUrl: string | URL;
  /**
   * Rows for events of your own, by name. A row for a name of Open edX replaces its row.
   * @default {}
   */
  readonly rows?: Readonly<Record<string, CaliperRow | CaliperDrafting>> | undefined;
  /** False to leave out the 35 rows for Open edX.  @default true */
  readonly openEdx?: boolean | undefined;
  /**
   * Functions that change finished Caliper events, by name; `'*'` is for all names.
   * @default {}
   */
  readonly override?: Readonly<Record<string, (made: CaliperEvent, event: LearningEvent) => CaliperEvent>> | undefined;
  /** Name and version of the converter in events.  @default 'nestjs-event-tracking' */
  readonly transformer?: string | undefined;
}

/** Options of `toCaliper`. */
export interface CaliperOptions extends CaliperMapping {
  /** Returns who did it.  @default the user_id or username of the event */
  readonly actor?: CaliperActorResolver | undefined;
  /** Returns the name of a course; entities have none for undefined.  @default no names */
  readonly courseName?: ((courseId: string) => string | undefined) | undefined;
}
