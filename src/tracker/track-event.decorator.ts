import type { Observable, Subject } from 'rxjs';
import { DEFAULT_TRACKER } from '../routing/tokens';
import { isEventDefinition, type EventData, type EventDefinition } from '../catalog/define-event';
import type { EventName } from '../catalog/registered-events';
import { objectionsTo } from './decorator-objections';
import { emittingFrom } from './emit-place';
import { GivenFunction } from './given-function';
import { observe, type Ended } from './observe';
import type { TrackerService } from './tracker.service';
import { addLayer, runtimeOf, type AnyMethod, type GivenValues, type MethodCall } from './wrapped-method';
import { registerCopy } from './package-copies';

registerCopy();

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

/* eslint-disable @typescript-eslint/no-explicit-any -- the decorated method is unknown here */
interface MadeFrom<Outcome> {
  /**
   * Creates the data of the event. Must be synchronous. If it fails, the event is emitted with {}.
   * @default () => ({})
   */
  readonly data?: ((outcome: Outcome) => GivenValues | undefined) | undefined;
  /**
   * Creates values that the context of this event also carries.
   * @default none
   */
  readonly context?: ((outcome: Outcome) => GivenValues | undefined) | undefined;
  /**
   * Name of the tracker.
   * @default 'default'
   */
  readonly tracker?: string | undefined;
}

interface OfSuccess<Args extends readonly unknown[], Result> extends MadeFrom<TrackOutcome<Args, Result>> {
  /**
   * Endings that are tracked. An Observable that is unsubscribed early, or an iterator that is left
   * early, counts as 'settled' only.
   * @default 'success'
   */
  readonly on?: 'success' | undefined;
}

/** Options for calls that may have failed, and then have no result. */
interface OfAnyEnd<Args extends readonly unknown[], Result> extends MadeFrom<TrackOutcome<Args, Result | undefined>> {
  readonly on: 'error' | 'settled';
}

export type TrackEventOptions<Args extends readonly unknown[] = any[], Result = any> =
  OfSuccess<Args, Result> | OfAnyEnd<Args, Result>;

/** Type of `result` for a method with this return type. A promise may resolve to a lazy value. */
type Given<Result> = Result extends PromiseLike<infer Value> ? Given<Value> : Yielded<Result>;

/** A Subject and a readable stream are results themselves, although they can be iterated. */
type Yielded<Result> = Result extends Subject<any> | { readonly readableEnded: boolean }
  ? Result
  : Result extends Observable<infer Value>
    ? Value
    : Result extends AsyncIterable<infer Value> | Iterator<infer Value>
      ? Value
      : Result;

/**
 * Parameters that create the data of a defined event. Optional if the data has no required fields.
 */
type MakerOf<Data extends object, Args extends readonly unknown[], Result> =
  Partial<Data> extends Data
    ? [data?: DataMaker<Data, Args, Result> | (TrackEventOptions<Args, Result> & Partial<DataOption<Data>>)]
    : [data: DataMaker<Data, Args, Result> | (TrackEventOptions<Args, Result> & DataOption<Data>)];

type DataMaker<Data extends object, Args extends readonly unknown[], Result> = (
  outcome: TrackOutcome<Args, Result>,
) => Data & GivenValues;

interface DataOption<Data extends object> {
  readonly data: (outcome: any) => Data & GivenValues;
}

/** Decorator for methods whose arguments and result match the parameters of the data function. */
type CheckedDecorator<Args extends readonly unknown[], Result> = <Method extends AnyMethod>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<Method> &
    (Parameters<Method> extends Args
      ? Given<ReturnType<Method>> extends Result
        ? unknown
        : { readonly 'the data function takes the result': Result }
      : { readonly 'the data function takes the arguments': Args }),
) => void;

type IsAny<T> = 0 extends 1 & T ? true : false;

/**
 * Type of the decorator. Without types for arguments and result there is nothing to check, and
 * `applyDecorators` accepts the decorator.
 */
export type TrackEventDecorator<Args extends readonly unknown[], Result> =
  IsAny<Args[number]> extends true
    ? IsAny<Result> extends true
      ? MethodDecorator
      : CheckedDecorator<Args, Result>
    : CheckedDecorator<Args, Result>;

/**
 * Emits an event when the method has ended.
 * The method may be a handler of a controller, resolver, gateway or processor, a cron job, or a
 * method of any provider. A promise ends when it settles, an iterator when it is exhausted, an
 * Observable with each subscription. A thenable that is not a promise (a query builder) ends when
 * it is awaited, a readable stream when it has been read. A promise that resolves to one of these
 * ends with it.
 * The caller gets the result of the method or an equivalent of it, and never notices a failure of
 * the tracking. The event keeps its place among other decorators: below a cache it is emitted when
 * the value is computed, above it on each call.
 * @param data creates the event's data from the outcome of the call; or options
 */
export function TrackEvent<Definition extends EventDefinition, Args extends readonly any[] = any[], Result = any>(
  event: Definition,
  ...data: MakerOf<EventData<Definition>, Args, Result>
): TrackEventDecorator<Args, Result>;
export function TrackEvent<Args extends readonly any[] = any[], Result = any>(
  name: EventName,
  data?: (outcome: TrackOutcome<Args, Result>) => GivenValues | undefined,
): TrackEventDecorator<Args, Result>;
// A separate overload: in one union, the compiler could not infer the outcome if `on` is omitted.
export function TrackEvent<Args extends readonly any[] = any[], Result = any>(
  name: EventName,
  options: TrackEventOptions<Args, Result>,
): TrackEventDecorator<Args, Result>;
export function TrackEvent(
  event: string | EventDefinition,
  data?: TrackEventOptions['data'] | TrackEventOptions,
): MethodDecorator {
  const name = isEventDefinition(event) ? event.name : event;
  const options: TrackEventOptions = typeof data === 'function' ? { data } : (data ?? {});
  const { tracker = DEFAULT_TRACKER, on = 'success' } = options;
  const objections = objectionsTo('@TrackEvent', options, ['data', 'context', 'tracker', 'on'], ENDINGS);
  return (target: object, key: string | symbol, descriptor: PropertyDescriptor) => {
    const makers: Makers = { data: makerOf(options, 'data'), context: makerOf(options, 'context') };
    addLayer('TrackEvent', target, key, descriptor, 'events', {
      tracker,
      objections,
      around: (service, call, body) =>
        runtimeOf(service)?.isOff === true
          ? body()
          : observe(body, (ended) => {
              if (on === 'settled' || on === ended.ending) report(service, name, makers, call, ended);
            }),
    });
  };
}
/* eslint-enable @typescript-eslint/no-explicit-any */

const ENDINGS = { on: ['success', 'error', 'settled'] };

type Part = 'data' | 'context';
type Outcome = TrackOutcome<unknown[], unknown>;
type Makers = Readonly<Record<Part, GivenFunction<Outcome> | undefined>>;

function makerOf(options: TrackEventOptions, part: Part): GivenFunction<Outcome> | undefined {
  return options[part] && new GivenFunction((outcome: Outcome) => options[part]?.(outcome));
}

/**
 * Accepts any event name: with a registered catalog, the types of the application restrict the
 * names.
 */
interface Emitter {
  emit(name: string, data: object | undefined): void;
}

/**
 * Emits the event. Only a stub in place of the tracker can throw; the caller must not notice that
 * either.
 */
function report(...[tracker, name, ...outcome]: Parameters<typeof emitOutcome>): void {
  try {
    emitOutcome(tracker, name, ...outcome);
  } catch (error) {
    runtimeOf(tracker)?.fail(`@TrackEvent(${JSON.stringify(name)})`, error, 'The event is lost.');
  }
}

function emitOutcome(tracker: TrackerService, name: string, makers: Makers, call: MethodCall, ended: Ended): void {
  const { result, error, durationMs, count } = ended;
  const outcome = { args: [...call.args], result, error, durationMs, count };
  const make = (part: Part): object | undefined => {
    try {
      return makers[part]?.call(outcome);
    } catch (failure) {
      const place = `the ${part} function of @TrackEvent(${JSON.stringify(name)}) on ${call.place}`;
      runtimeOf(tracker)?.fail(place, failure, 'The event went out without it.');
      return undefined;
    }
  };
  const data = make('data');
  const context = make('context');
  const emit = (): void => {
    (tracker as Emitter).emit(name, data);
  };
  emittingFrom(call.place, () => {
    if (context === undefined) emit();
    else tracker.context(name, context, emit);
  });
}
