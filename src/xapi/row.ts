/**
 * Rows of the table: each says how to make the statement of one event name.
 */
import type { LearningEvent } from './learning-event';
import type { LanguageMap, Statement, XapiActor, XapiContext } from './statement';

/** Names of the functions that an expression can call; `docs/open-edx/xapi-rows.md` lists them. */
export type XapiFunctionName =
  | 'courseName'
  | 'default'
  | 'eq'
  | 'forumIri'
  | 'gte'
  | 'isoDuration'
  | 'or0'
  | 'problemId'
  | 'ratio'
  | 'sec3'
  | 'times'
  | 'videoIri';

/**
 * How to get a value from an event:
 * - a string is a path (`data.mode`), a key without a dot is searched at every depth, and `!` in
 *   front makes the value required;
 * - `const` is a value, `first` the first value that is not missing, `join` concatenates;
 * - `iri` is `<rootUrl>/<kind>/<value>`;
 * - `fn` calls a named function;
 * - a function of your own gets the event.
 */
export type XapiExpression =
  | string
  | { readonly const: unknown }
  | { readonly first: readonly XapiExpression[] }
  | { readonly iri: readonly [kind: string, value: XapiExpression] }
  | { readonly join: readonly XapiExpression[] }
  | { readonly fn: XapiFunctionName; readonly args?: readonly XapiExpression[] }
  | ((event: LearningEvent) => unknown);

/** Text in one language, `['en', 'data.title']`. */
export type XapiText = readonly [language: string, text: XapiExpression];

export interface XapiActivityRow {
  /** IRI of the activity. An event without one gets no statement. */
  readonly id: XapiExpression;
  /** IRI of the type of the activity. */
  readonly type?: string | undefined;
  readonly name?: XapiText | undefined;
  readonly description?: XapiText | undefined;
  /** Values by IRI. Missing ones are left out. */
  readonly extensions?: Readonly<Record<string, XapiExpression>> | undefined;
}

export interface XapiResultRow {
  readonly success?: XapiExpression | undefined;
  readonly completion?: XapiExpression | undefined;
  readonly duration?: XapiExpression | undefined;
  readonly response?: XapiExpression | undefined;
  readonly score?:
    | {
        readonly min?: XapiExpression | undefined;
        readonly max?: XapiExpression | undefined;
        readonly raw?: XapiExpression | undefined;
        readonly scaled?: XapiExpression | undefined;
      }
    | undefined;
  readonly extensions?: Readonly<Record<string, XapiExpression>> | undefined;
}

export interface XapiContextRow {
  readonly extensions?: Readonly<Record<string, XapiExpression>> | undefined;
  /** Activity that the object belongs to. It is left out if `when` is missing. */
  readonly grouping?: (XapiActivityRow & { readonly when?: XapiExpression | undefined }) | undefined;
  /** True to have the course in `context.course_id` as the parent.  @default true */
  readonly course?: boolean | undefined;
}

/** Verb with its display, in English if it is a string. */
export interface XapiVerbRow {
  readonly id: string;
  readonly display?: string | LanguageMap | undefined;
}

/** How to make the statement of one event name. */
export interface XapiRow {
  readonly verb: XapiVerbRow;
  readonly object: XapiActivityRow;
  readonly result?: XapiResultRow | undefined;
  readonly context?: XapiContextRow | undefined;
}

/** Parts of a statement that a function makes; the converter adds the others. */
export type StatementDraft = Pick<Statement, 'verb' | 'object' | 'result' | 'context'> & {
  /**
   * Distinguishes this statement from others of the same event.
   * @default none, for the first one
   */
  readonly key?: string | undefined;
};

/** What a function for statements gets in addition to the event. */
export interface StatementTools {
  readonly actor: XapiActor;
  /** Context with the transformer's version, the session and the course as the parent. */
  readonly context: XapiContext;
  readonly rootUrl: string;
  /** Id that the statement of a draft will have. */
  readonly statementId: (verb: Statement['verb'], key?: string) => string;
}

/** Function that makes any number of statements of one event. */
export type XapiStatements = (event: LearningEvent, tools: StatementTools) => readonly StatementDraft[];

/** Changes parts of finished statements, before their ids are made. */
export interface XapiOverride {
  readonly actor?: ((actor: XapiActor, event: LearningEvent) => XapiActor) | undefined;
  readonly verb?: ((verb: Statement['verb'], event: LearningEvent) => Statement['verb']) | undefined;
  readonly object?: ((object: Statement['object'], event: LearningEvent) => Statement['object']) | undefined;
  readonly result?: ((result: Statement['result'], event: LearningEvent) => Statement['result']) | undefined;
  readonly context?: ((context: XapiContext, event: LearningEvent) => XapiContext) | undefined;
}
