/**
 * Rows of the table: each says how to make the Caliper event of one event name.
 */
import type { LearningEvent } from '../xapi/learning-event';
import type { XapiExpression } from '../xapi/row';
import type { CaliperEntity, CaliperEvent } from './caliper-event';

/** Where a value comes from, as in a row for xAPI; or seconds that become `PT3M15S`. */
export type CaliperExpression = XapiExpression | { readonly seconds: XapiExpression; readonly isZeroMissing?: boolean };

export interface CaliperEntityRow {
  /** IRI of the entity. An event without one is an error. */
  readonly id: XapiExpression;
  readonly type: string;
  /** Further fields, such as `name` and `duration`. Missing values are left out. */
  readonly fields?: Readonly<Record<string, CaliperExpression>> | undefined;
  readonly extensions?: Readonly<Record<string, CaliperExpression>> | undefined;
}

/** How to make the Caliper event of one event name. */
export interface CaliperRow {
  /** Type of the event: `MediaEvent`. */
  readonly type: string;
  readonly action: string;
  readonly object: CaliperEntityRow;
  readonly target?: CaliperEntityRow | undefined;
  readonly extensions?: Readonly<Record<string, CaliperExpression>> | undefined;
  /**
   * True to have the course in `context.course_id` in `object.extensions.isPartOf`.
   * @default true
   */
  readonly isPartOfCourse?: boolean | undefined;
}

/** Parts of a Caliper event that a function makes; the converter adds the others. */
export type CaliperDraft = Pick<CaliperEvent, 'type' | 'action' | 'object' | 'target' | 'generated' | 'extensions'>;

/** What a function for Caliper events gets in addition to the event. */
export interface CaliperTools {
  readonly actor: CaliperEntity;
  /** Extensions of the object: the course that it is part of; none without a course. */
  readonly partOf: Readonly<Record<string, unknown>>;
  readonly rootUrl: string;
}

export type CaliperDrafting = (event: LearningEvent, tools: CaliperTools) => CaliperDraft;
