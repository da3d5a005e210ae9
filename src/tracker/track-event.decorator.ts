import type { Observable } from 'rxjs';
import { DEFAULT_TRACKER } from '../routing/tokens';
import { isPromise } from '../routing/processor-step';
import { observe, type Ended } from './observe';
import { TrackerService } from './tracker.service';
import { addLayer, type AnyMethod, type MethodCall } from './wrapped-method';

/** One call of a decorated method, after it has ended. */
export interface TrackOutcome<Args extends readonly unknown[], Result> {
  readonly args: Args;
  /** What it returned or resolved; of an Observable or async iterator, the last value. Undefined after a failure. */
  readonly result: Result;
  /** What it threw or rejected with; undefined after a success. */
  readonly error: unknown;
  readonly durationMs: number;
  /** Values given by an Observable or async iterator; 1 for anything else that succeeded, 0 for what failed. */
  readonly count: number;
}

/* eslint-disable @typescript-eslint/no-explicit-any -- inside a decorator's argument, TypeScript cannot know the method it stands on */
export interface TrackEventOptions<Args extends readonly unknown[] = any[], Result = any> {
  /** Which ends are tracked. An Observable unsubscribed, or an iterator left, before its end is 'settled' only.  @default 'success' */
  readonly on?: 'success' | 'error' | 'settled' | undefined;
  /** Makes the event's data. Synchronous. If it fails, the event goes out with {}.  @default () => ({}) */
  readonly data?: ((outcome: TrackOutcome<Args, Result>) => object | undefined) | undefined;
  /** Makes values that this event's context carries too.  @default none */
  readonly context?: ((outcome: TrackOutcome<Args, Result>) => object | undefined) | undefined;
  /** The name of the tracker.  @default 'default' */
  readonly tracker?: string | undefined;
}

type Given<Result> =
  Result extends PromiseLike<infer Value>
    ? Value
    : Result extends Observable<infer Value>
      ? Value
      : Result extends AsyncIterable<infer Value>
        ? Value
        : Result;

/** Fits a method whose arguments and result are what the data function says it takes. */
export type TrackEventDecorator<Args extends readonly unknown[], Result> = <Method extends AnyMethod>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<Method> &
    (Parameters<Method> extends Args
      ? Given<ReturnType<Method>> extends Result
        ? unknown
        : { readonly 'the data function takes the result': Result }
      : { readonly 'the data function takes the arguments': Args }),
) => void;

/**
 * Emits an event when the method has ended: a handler of a controller, resolver, gateway, processor, cron job, or a method of
 * any provider. The caller gets what the method gave, and never notices a failure of the tracking.
 * @param data makes the event's data from the call's outcome, or options
 */
export function TrackEvent<Args extends readonly any[] = any[], Result = any>(
  name: string,
  data?: ((outcome: TrackOutcome<Args, Result>) => object | undefined) | TrackEventOptions<Args, Result>,
): TrackEventDecorator<Args, Result> {
  const options: TrackEventOptions<Args, Result> = typeof data === 'function' ? { data } : (data ?? {});
  const { tracker = DEFAULT_TRACKER } = options;
  return (target, key, descriptor) => {
    addLayer('TrackEvent', target, key, descriptor, 'events', {
      tracker,
      around: (service, call, body) =>
        observe(body, (ended) => {
          emitOutcome(service, name, options as unknown as TrackEventOptions, call, ended);
        }),
    });
  };
}
/* eslint-enable @typescript-eslint/no-explicit-any */

function emitOutcome(
  tracker: TrackerService,
  name: string,
  options: TrackEventOptions,
  call: MethodCall,
  ended: Ended,
): void {
  const { on = 'success' } = options;
  if (on !== 'settled' && on !== ended.ending) return;
  const { result, error, durationMs, count } = ended;
  const outcome = { args: [...call.args], result, error, durationMs, count };
  const make = (part: 'data' | 'context'): object | undefined => {
    try {
      const made: unknown = options[part]?.(outcome);
      if (isPromise(made)) {
        made.then(undefined, () => undefined);
        throw new TypeError('it returned a promise, and emit waits for nothing');
      }
      return made as object | undefined;
    } catch (failure) {
      const place = `the ${part} function of @TrackEvent(${JSON.stringify(name)}) on ${call.place}`;
      TrackerService.runtimeOf(tracker).fail(place, failure, 'The event went out without it.');
      return undefined;
    }
  };
  const data = make('data');
  const context = make('context');
  if (context === undefined) tracker.emit(name, data);
  else
    tracker.context(name, context, () => {
      tracker.emit(name, data);
    });
}
