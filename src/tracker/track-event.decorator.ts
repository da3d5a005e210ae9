import type { Observable, Subject } from 'rxjs';
import { DEFAULT_TRACKER } from '../routing/tokens';
import { isEventDefinition, type EventData, type EventDefinition } from '../catalog/define-event';
import type { EventName } from '../catalog/registered-events';
import { objectionsTo } from './decorator-objections';
import { emittingFrom } from './emit-place';
import { GivenFunction } from './given-function';
import { observe, type Ended, type Observer } from './observe';
import type { TrackerService } from './tracker.service';
import { findRuntime } from './runtime-of';
import { addLayer, type MethodCall } from './wrapped-method';
import { registerCopy } from './package-copies';
import type { SyncValues } from '../event/tracking-event';

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
  ...data: TrackEventData<EventData<Definition>, Args, Result>
): TrackEventDecorator<Args, Result>;
export function TrackEvent<Args extends readonly any[] = any[], Result = any>(
  name: EventName,
  data?: (outcome: TrackOutcome<Args, Result>) => SyncValues | undefined,
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
    const planned: CallEvent = { name, on, data: makerOf(options, 'data'), context: makerOf(options, 'context') };
    addLayer('TrackEvent', target, key, descriptor, 'events', {
      tracker,
      objections,
      around: (service, call, body) =>
        findRuntime(service)?.isOff === true ? body() : observe(body, new EventOfCall(planned, service, call)),
    });
  };
}
/* eslint-enable @typescript-eslint/no-explicit-any */

const ENDINGS = { on: ['success', 'error', 'settled'] };

type Part = 'data' | 'context';
type Outcome = TrackOutcome<unknown[], unknown>;

/** What the decorator says about the event of each call. */
interface CallEvent extends Readonly<Record<Part, GivenFunction<Outcome> | undefined>> {
  readonly name: string;
  readonly on: NonNullable<TrackEventOptions['on']>;
}

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

/** Emits the event of one call when the call has ended. */
class EventOfCall implements Observer {
  constructor(
    private readonly event: CallEvent,
    private readonly tracker: TrackerService,
    private readonly call: MethodCall,
  ) {}

  /**
   * Emits the event. Only a stub in place of the tracker can throw; the caller must not notice that
   * either.
   */
  ended(ended: Ended): void {
    const { name, on } = this.event;
    if (on !== 'settled' && on !== ended.ending) return;
    try {
      // An event about a failure is true whatever is rolled back, and the same for either order of
      // this decorator and one that opens a transaction.
      const runtime = ended.ending === 'error' ? findRuntime(this.tracker) : undefined;
      if (runtime === undefined) this.emit(ended);
      else {
        runtime.outsideTransaction(() => {
          this.emit(ended);
        });
      }
    } catch (error) {
      this.report(`@TrackEvent(${JSON.stringify(name)})`, error, 'The event is lost.');
    }
  }

  private emit({ result, error, durationMs, count }: Ended): void {
    const { tracker, call } = this;
    const { name } = this.event;
    const outcome = { args: [...call.args], result, error, durationMs, count };
    const data = this.make('data', outcome);
    const context = this.make('context', outcome);
    const emit = (): void => {
      (tracker as Emitter).emit(name, data);
    };
    emittingFrom(call, () => {
      if (context === undefined) emit();
      else tracker.context(name, context, emit);
    });
  }

  private make(part: Part, outcome: Outcome): object | undefined {
    const { name } = this.event;
    try {
      return this.event[part]?.call(outcome);
    } catch (error) {
      const place = `the ${part} function of @TrackEvent(${JSON.stringify(name)}) on ${this.call.place}`;
      this.report(place, error, 'The event went out without it.');
      return undefined;
    }
  }

  private report(place: string, error: unknown, consequence: string): void {
    findRuntime(this.tracker)?.parts.failures.report(place, error, consequence);
  }
}
