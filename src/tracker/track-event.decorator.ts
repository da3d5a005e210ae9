import { DEFAULT_TRACKER } from '../routing/tokens';
import { isEventDefinition, type EventDefinition } from '../catalog/define-event';
import type { EventName, RegisteredName, SingleName } from '../catalog/registered-events';
import { objectionsTo } from './decorator-objections';
import { emittingFrom } from './emit-place';
import { GivenFunction } from './given-function';
import { observe, type Ended, type Observer } from './observe';
import type { TrackerService } from './tracker.service';
import { findRuntime } from './runtime-of';
import { addLayer, type MethodCall } from './wrapped-method';
import { registerCopy } from './package-copies';
import type { SyncValues } from '../event/tracking-event';
import type {
  NamedDataOption,
  TrackEventArguments,
  TrackEventDecorator,
  TrackEventOfData,
  TrackEventOptions,
  TrackOutcome,
} from './track-event-types';

registerCopy();

/* eslint-disable @typescript-eslint/no-explicit-any -- the decorated method is unknown here */

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
export function TrackEvent<
  // eslint-disable-next-line @typescript-eslint/no-redundant-type-constituents -- never without a catalog
  Event extends EventDefinition | RegisteredName,
  Args extends readonly any[] = any[],
  Result = any,
>(event: Event, ...data: TrackEventArguments<Event, Args, Result>): TrackEventDecorator<Args, Result>;
export function TrackEvent<Name extends RegisteredName, Args extends readonly any[] = any[], Result = any>(
  name: SingleName<Name>,
  options: TrackEventOptions<Args, Result> & NamedDataOption<Name>,
): TrackEventDecorator<Args, Result>;
// Data of a registered name that the overloads above refuse: it is wrong, or its type says nothing.
export function TrackEvent<
  Name extends EventName,
  Args extends readonly any[] = any[],
  Result = any,
  Returned extends SyncValues | undefined = undefined,
>(
  name: SingleName<Name>,
  data?: (outcome: TrackOutcome<Args, Result>) => Returned,
): TrackEventOfData<Name, Returned, Args, Result>;
export function TrackEvent<
  Name extends EventName,
  Args extends readonly any[] = any[],
  Result = any,
  Returned extends SyncValues | undefined = undefined,
>(
  name: SingleName<Name>,
  options: TrackEventOptions<Args, Result> & { readonly data?: ((outcome: any) => Returned) | undefined },
): TrackEventOfData<Name, Returned, Args, Result>;
// Names of which the compiler does not know the data.
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
