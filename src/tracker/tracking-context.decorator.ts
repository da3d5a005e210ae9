import { DEFAULT_TRACKER } from '../routing/tokens';
import { isPromise } from '../routing/processor-step';
import { TrackerService } from './tracker.service';
import { addLayer, type Around, type MethodCall } from './wrapped-method';

/* eslint-disable @typescript-eslint/no-explicit-any -- inside a decorator's argument, TypeScript cannot know the method it stands on */
/** One call of a decorated method, before it runs. */
export interface TrackedCall<Args extends readonly unknown[] = any[], Self = any> {
  readonly args: Args;
  /** The instance whose method is called. */
  readonly self: Self;
}

export type ContextOf<Args extends readonly unknown[] = any[], Self = any> =
  object | ((call: TrackedCall<Args, Self>) => object | undefined);

export interface TrackingContextOptions {
  /** The name of the scope's entry.  @default the class and method, `NightlyJob.run` */
  readonly name?: string | undefined;
  /** The name of the tracker.  @default 'default' */
  readonly tracker?: string | undefined;
}

/**
 * Opens a scope around the method, or around every method of the class, whoever calls it: HTTP, GraphQL, microservice, gateway,
 * Bull, cron, event handler. What the method emits, and what it calls emits, carries the values.
 * @param values an object, or a synchronous function of the call; if it fails, the method runs without them
 */
export function TrackingContext<Args extends readonly any[] = any[], Self = any>(
  values: ContextOf<Args, Self>,
  options: TrackingContextOptions = {},
): ClassDecorator & MethodDecorator {
  const { tracker = DEFAULT_TRACKER } = options;
  const around: Around = (service, call, body) =>
    service.context(options.name ?? call.place, valuesFor(service, values, call), body);
  return (target: object, key?: string | symbol, descriptor?: PropertyDescriptor) => {
    if (key === undefined) decorateClass(target as { readonly prototype: object }, { tracker, around });
    else addLayer('TrackingContext', target, key, descriptor, 'scopes', { tracker, around });
  };
}
/* eslint-enable @typescript-eslint/no-explicit-any */

/** Called by Nest around start and stop, where a scope would outlive its purpose: in a timer begun there, forever. */
const LIFECYCLE: ReadonlySet<string | symbol> = new Set([
  'constructor',
  'onModuleInit',
  'onApplicationBootstrap',
  'onModuleDestroy',
  'beforeApplicationShutdown',
  'onApplicationShutdown',
]);

/** Inherited methods too: a handler of a base class is as much a handler of this one. */
function decorateClass(
  { prototype }: { readonly prototype: object },
  layer: { readonly tracker: string; readonly around: Around },
): void {
  const done = new Set<string | symbol>(LIFECYCLE);
  for (let at = prototype; at !== Object.prototype; at = Object.getPrototypeOf(at) as object) {
    for (const key of Reflect.ownKeys(at)) {
      const descriptor = Object.getOwnPropertyDescriptor(at, key);
      if (done.has(key) || typeof descriptor?.value !== 'function') continue;
      done.add(key);
      addLayer('TrackingContext', prototype, key, descriptor, 'scopes', layer);
      Object.defineProperty(prototype, key, descriptor);
    }
  }
}

function valuesFor(tracker: TrackerService, values: ContextOf, call: MethodCall): object {
  if (typeof values !== 'function') return values;
  try {
    const made: unknown = (values as (call: TrackedCall) => unknown)({ args: [...call.args], self: call.self });
    if (isPromise(made)) {
      made.then(undefined, () => undefined);
      throw new TypeError('it returned a promise, and a scope cannot wait for its values');
    }
    return made ?? {};
  } catch (error) {
    const place = `the function of @TrackingContext on ${call.place}`;
    TrackerService.runtimeOf(tracker).fail(place, error, 'The method runs without its values.');
    return {};
  }
}
