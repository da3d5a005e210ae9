import { DEFAULT_TRACKER } from '../routing/tokens';
import { GivenFunction } from './given-function';
import type { TrackerService } from './tracker.service';
import { objectionsTo } from './decorator-objections';
import { findRuntime } from './runtime-of';
import { addLayer, type Around, type MethodCall } from './wrapped-method';
import { registerCopy } from './package-copies';
import type { SyncValues } from '../event/tracking-event';

registerCopy();

/* eslint-disable @typescript-eslint/no-explicit-any -- the decorated method is unknown here */
/** One call of a decorated method, before it runs. */
export interface TrackedCall<Args extends readonly unknown[] = any[], Self = any> {
  readonly args: Args;
  /** Instance whose method is called. */
  readonly self: Self;
}

export type ContextOf<Args extends readonly unknown[] = any[], Self = any> =
  object | ((call: TrackedCall<Args, Self>) => SyncValues | undefined);

export interface TrackingContextOptions {
  /**
   * Name of the scope's entry.
   * @default the class and method, `NightlyJob.run`
   */
  readonly name?: string | undefined;
  /**
   * Name of the tracker.
   * @default 'default'
   */
  readonly tracker?: string | undefined;
}

/**
 * Opens a scope around the method, or around every method of the class.
 * It applies to every caller: HTTP, GraphQL, microservice, gateway, Bull, cron, event handler.
 * Events that the method emits, directly or through calls, carry the values.
 * @param values an object, or a synchronous function of the call; if it fails, the method runs
 * without them
 */
export function TrackingContext<Args extends readonly any[] = any[], Self = any>(
  values: (call: TrackedCall<Args, Self>) => SyncValues | undefined,
  options?: TrackingContextOptions,
): ClassDecorator & MethodDecorator;
// A separate overload, since a function that returns no values is also an object.
export function TrackingContext<Values extends object>(
  values: Values & (Values extends (...args: any[]) => any ? never : unknown),
  options?: TrackingContextOptions,
): ClassDecorator & MethodDecorator;
export function TrackingContext(
  values: ContextOf,
  options: TrackingContextOptions = {},
): ClassDecorator & MethodDecorator {
  const { tracker = DEFAULT_TRACKER } = options;
  return (target: object, key?: string | symbol, descriptor?: PropertyDescriptor) => {
    const objections = objectionsTo('@TrackingContext', options, ['name', 'tracker']);
    const layer = { tracker, objections, around: scopeOf(values, options.name) };
    if (key === undefined) decorateClass(target as { readonly prototype: object }, layer);
    else addLayer('TrackingContext', target, key, descriptor, 'scopes', layer);
  };
}
/* eslint-enable @typescript-eslint/no-explicit-any */

/**
 * Methods that Nest calls around start and stop. A scope there would be kept too long: forever in a
 * timer that starts in it.
 */
const LIFECYCLE: ReadonlySet<string | symbol> = new Set([
  'constructor',
  'onModuleInit',
  'onApplicationBootstrap',
  'onModuleDestroy',
  'beforeApplicationShutdown',
  'onApplicationShutdown',
]);

/**
 * Decorates every method of a class, including inherited ones: a handler of a base class is also a
 * handler of this class.
 */
function decorateClass({ prototype }: { readonly prototype: object }, layer: Parameters<typeof addLayer>[5]): void {
  const done = new Set<string | symbol>(LIFECYCLE);
  for (
    let at: object | null = prototype;
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at) as object | null
  ) {
    for (const key of Reflect.ownKeys(at)) {
      const descriptor = Object.getOwnPropertyDescriptor(at, key);
      if (done.has(key) || typeof descriptor?.value !== 'function') continue;
      done.add(key);
      addLayer('TrackingContext', prototype, key, descriptor, 'scopes', layer);
      Object.defineProperty(prototype, key, descriptor);
    }
  }
}

function scopeOf(values: ContextOf, name: string | undefined): Around {
  const given = typeof values === 'function' ? new GivenFunction(values as (call: TrackedCall) => unknown) : values;
  return (service, call, body) => {
    // A function that calls methods of `self` would otherwise be called for each of them,
    // recursively.
    if (findRuntime(service) === undefined || (given instanceof GivenFunction && given.isRunning)) return body();
    return service.context(name ?? call.place, valuesFor(service, given, call), body);
  };
}

function valuesFor(tracker: TrackerService, values: object, call: MethodCall): object {
  if (!(values instanceof GivenFunction)) return values;
  try {
    return (values as GivenFunction<TrackedCall>).call({ args: [...call.args], self: call.self }) ?? {};
  } catch (error) {
    const place = `the function of @TrackingContext on ${call.place}`;
    findRuntime(tracker)?.parts.failures.report(place, error, 'The method runs without its values.');
    return {};
  }
}
