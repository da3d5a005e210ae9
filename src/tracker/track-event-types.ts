import type { Observable, Subject } from 'rxjs';
import type { EventData, EventDefinition } from '../catalog/define-event';
import type { DataOfName, IsDataOf, NamedData, RegisteredName } from '../catalog/registered-events';
import type { SyncValues } from '../event/tracking-event';

/* eslint-disable @typescript-eslint/no-explicit-any -- the decorated method is unknown here */
/** One call of a decorated method, after it has ended. */
export interface TrackOutcome<Args extends readonly unknown[], Result> {
  readonly args: Args;
  /**
   * Returned or resolved value; for an Observable or iterator, the last value, even before a
   * failure. Otherwise undefined.
   */
  readonly result: Result;
  /** Thrown error or rejection reason; undefined after a success. */
  readonly error: unknown;
  readonly durationMs: number;
  /**
   * Number of values from an Observable or iterator, including those before a failure; otherwise 1
   * for a success and 0 for a failure.
   */
  readonly count: number;
}

/** Functions that create the parts of an event, and the tracker that emits it. */
export interface TrackEventParts<Outcome> {
  /**
   * Creates the data of the event. Must be synchronous. If it fails, the event is emitted with {}.
   * @default () => ({})
   */
  readonly data?: ((outcome: Outcome) => SyncValues | undefined) | undefined;
  /**
   * Creates values that the context of this event also carries.
   * @default none
   */
  readonly context?: ((outcome: Outcome) => SyncValues | undefined) | undefined;
  /**
   * Name of the tracker.
   * @default 'default'
   */
  readonly tracker?: string | undefined;
}

/** Options for calls that succeeded. */
export interface TrackSuccessOptions<Args extends readonly unknown[], Result> extends TrackEventParts<
  TrackOutcome<Args, Result>
> {
  /**
   * Endings that are tracked. An Observable that is unsubscribed early, or an iterator that is left
   * early, counts as 'settled' only.
   * @default 'success'
   */
  readonly on?: 'success' | undefined;
}

/** Options for calls that may have failed, and then have no result. */
export interface TrackEndOptions<Args extends readonly unknown[], Result> extends TrackEventParts<
  TrackOutcome<Args, Result | undefined>
> {
  readonly on: 'error' | 'settled';
}

export type TrackEventOptions<Args extends readonly unknown[] = any[], Result = any> =
  TrackSuccessOptions<Args, Result> | TrackEndOptions<Args, Result>;

/**
 * Type of `result` for a method with this return type. A promise may resolve to a lazy value. A
 * Subject and a readable stream are results themselves, although they can be iterated.
 */
export type TrackedResult<Result> =
  Result extends PromiseLike<infer Value>
    ? TrackedResult<Value>
    : Result extends Subject<any> | { readonly readableEnded: boolean }
      ? Result
      : Result extends Observable<infer Value>
        ? Value
        : Result extends AsyncIterable<infer Value> | Iterator<infer Value>
          ? Value
          : Result;

/**
 * Parameters that create the data of a defined event. Optional if the data has no required fields.
 */
export type TrackEventData<Data extends object, Args extends readonly unknown[], Result> =
  Partial<Data> extends Data
    ? [
        data?:
          EventDataFunction<Data, Args, Result> | (TrackEventOptions<Args, Result> & Partial<EventDataOption<Data>>),
      ]
    : [data: EventDataFunction<Data, Args, Result> | (TrackEventOptions<Args, Result> & EventDataOption<Data>)];

/** Function that creates the data of a defined event from one call of the method. */
export type EventDataFunction<Data extends object, Args extends readonly unknown[], Result> = (
  outcome: TrackOutcome<Args, Result>,
) => Data & SyncValues;

/** Option `data` for a defined event. */
export interface EventDataOption<Data extends object> {
  readonly data: (outcome: any) => Data & SyncValues;
}

/** Data of a definition, or the data function for a registered name. */
export type TrackEventArguments<Event, Args extends readonly unknown[], Result> = Event extends EventDefinition
  ? TrackEventData<EventData<Event>, Args, Result>
  : Event extends RegisteredName
    ? undefined extends NamedData<Event>
      ? [data?: NamedDataFunction<Event, Args, Result>]
      : [data: NamedDataFunction<Event, Args, Result>]
    : never;

/**
 * Data function for a registered name. The compiler reads the literals in a function without
 * parameters by the first overload only, so this one names the option `data` too, in an object that
 * cannot exist: the next overload takes the options.
 */
export type NamedDataFunction<Name extends string, Args extends readonly unknown[], Result> =
  | ((outcome: TrackOutcome<Args, Result>) => NamedData<Name>)
  | { readonly data: (outcome: any) => NamedData<Name>; readonly '~literals': never };

/** Option `data` for a registered name. Optional if the data has no required fields. */
export type NamedDataOption<Name extends string> =
  undefined extends NamedData<Name>
    ? { readonly data?: ((outcome: any) => NamedData<Name>) | undefined }
    : { readonly data: (outcome: any) => NamedData<Name> };

/** The decorator, unless the data function is known to return other data than the event has. */
export type TrackEventOfData<Name extends string, Returned, Args extends readonly unknown[], Result> =
  IsDataOf<Name, Returned> extends true
    ? TrackEventDecorator<Args, Result>
    : { readonly 'the data of the event is': DataOfName<Name> };

/** Decorator for methods whose arguments and result match the parameters of the data function. */
export type CheckedMethodDecorator<Args extends readonly unknown[], Result> = <Method extends (...args: any[]) => any>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<Method> &
    (Parameters<Method> extends Args
      ? TrackedResult<ReturnType<Method>> extends Result
        ? unknown
        : { readonly 'the data function takes the result': Result }
      : { readonly 'the data function takes the arguments': Args }),
) => void;

/**
 * Type of the decorator. Without types for arguments and result there is nothing to check, and
 * `applyDecorators` accepts the decorator.
 */
export type TrackEventDecorator<Args extends readonly unknown[], Result> = 0 extends 1 & Args[number] // true for `any`
  ? 0 extends 1 & Result
    ? MethodDecorator
    : CheckedMethodDecorator<Args, Result>
  : CheckedMethodDecorator<Args, Result>;
/* eslint-enable @typescript-eslint/no-explicit-any */
