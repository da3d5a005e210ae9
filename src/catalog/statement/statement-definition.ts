/** The option `xapi` of an event definition: how to make the xAPI statement of its events. */

/** A placeholder for one value of the event: `{data.amount}`. */
export type StatementPlaceholder = `{data.${string}}` | `{context.${string}}` | '{rootUrl}';

/** Event as the functions of its definition get it. */
export interface DefinedEvent<Data extends object = object, Context extends object = object> {
  readonly data: Data;
  /** Its declared fields are those of the definition; others may be there too. */
  readonly context: Context;
}

export interface StatementVerb {
  /** Absolute IRI. */
  readonly id: string;
  /** Text by language, or English as a string. */
  readonly display?: string | Readonly<Record<string, string>> | undefined;
}

export interface StatementObject {
  /** Absolute IRI of the activity. */
  readonly id: string;
  /** Absolute IRI of the type of the activity. */
  readonly type?: string | undefined;
  readonly name?: string | Readonly<Record<string, string>> | undefined;
  readonly description?: string | Readonly<Record<string, string>> | undefined;
  /** JSON values by absolute IRI. */
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

export interface StatementResult {
  readonly success?: boolean | undefined;
  readonly completion?: boolean | undefined;
  /** ISO 8601 duration: `PT3M15S`. */
  readonly duration?: string | undefined;
  readonly response?: string | undefined;
  readonly score?: StatementScore | undefined;
  /** JSON values by absolute IRI. */
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

export interface StatementScore {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly raw?: number | undefined;
  /** From -1 to 1. */
  readonly scaled?: number | undefined;
}

export interface StatementContext {
  /** JSON values by absolute IRI. */
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
  /** Activity that the object belongs to. It is left out without an id. */
  readonly grouping?: StatementObject | undefined;
  /** True to have the course in `context.course_id` as the parent.  @default true */
  readonly course?: boolean | undefined;
}

/**
 * A part of a statement: a constant, or a function of the event. A constant may have parts in turn,
 * and a string may have placeholders. Undefined and null from a function leave the part out.
 */
export type StatementPart<Value, Event> =
  | ((event: Event) => Value | null | undefined)
  | (Value extends string | number | boolean
      ? Value | StatementPlaceholder
      : unknown extends Value
        ? string | number | boolean | null | readonly unknown[] | Readonly<Record<string, unknown>>
        : { readonly [Key in keyof Value]: StatementPart<Value[Key], Event> });

/** How to make the xAPI statement of an event. */
export interface StatementDefinition<Data extends object = object, Context extends object = object> {
  readonly verb: StatementPart<StatementVerb, DefinedEvent<Data, Context>>;
  /** The activity that the statement is about. */
  readonly object: StatementPart<StatementObject, DefinedEvent<Data, Context>>;
  /** @default none */
  readonly result?: StatementPart<StatementResult, DefinedEvent<Data, Context>> | undefined;
  /** @default the session and the course of the event */
  readonly context?: StatementPart<StatementContext, DefinedEvent<Data, Context>> | undefined;
}

/** Statement of an event as plain JSON, for readers. Functions are the string `(computed)`. */
export interface StatementDocument {
  readonly verb: unknown;
  readonly object: unknown;
  readonly result?: unknown;
  readonly context?: unknown;
}
