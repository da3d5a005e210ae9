/**
 * @TrackEvent and @TrackingContext share one wrapper per method: whatever their order, and whatever other decorators stand
 * between them, the scope is outermost and the event is emitted inside it. The wrapper keeps the method's metadata, name and
 * length: a guard, a pipe or a route that looks at them must find what it would find without us, or it stops protecting.
 */
import { Inject, Optional } from '@nestjs/common';
import { DEFAULT_TRACKER } from '../routing/tokens';
import { getTrackerToken } from './tokens';
import { currentTracker, type TrackerService } from './tracker.service';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a decorator takes any method: only `any` says that of parameters
export type AnyMethod = (...args: any[]) => any;

/** One call of a wrapped method. */
export interface MethodCall {
  /** The instance; undefined for a function called without one. */
  readonly self: unknown;
  readonly args: readonly unknown[];
  /** `EnrolmentController.enrol`. */
  readonly place: string;
}

/** What a decorator does around a call: runs `body` and gives back what it gives back. Never throws on its own account. */
export type Around = (tracker: TrackerService, call: MethodCall, body: () => unknown) => unknown;

interface Layer {
  readonly tracker: string;
  readonly around: Around;
}

/** What the decorators of one method of one class have asked for. */
interface MethodPlan {
  /** Outermost first. */
  readonly scopes: Layer[];
  readonly events: Layer[];
  /** The one that acts; those inside it only pass the call on. */
  outermost: AnyMethod | undefined;
}

const plans = new WeakMap<object, Map<string | symbol, MethodPlan>>();

/** Whether decorators of ours stand in a class, so that instances made by factories are given their tracker. */
export function trackersNeededBy(prototype: object): ReadonlySet<string> {
  const names = new Set<string>();
  for (let at: object | null = prototype; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    for (const plan of plans.get(at)?.values() ?? []) {
      for (const { tracker } of [...plan.scopes, ...plan.events]) names.add(tracker);
    }
  }
  return names;
}

/** The property under which an instance holds its tracker: a registered symbol, since the package may be loaded twice. */
export function trackerProperty(tracker: string): symbol {
  return Symbol.for(`nestjs-event-tracking:tracker:${tracker}`);
}

/** @param kind scopes are opened around events, the last one added outermost */
export function addLayer(
  decorator: string,
  prototype: object,
  key: string | symbol,
  descriptor: PropertyDescriptor | undefined,
  kind: 'scopes' | 'events',
  { tracker = DEFAULT_TRACKER, around }: { readonly tracker?: string | undefined; readonly around: Around },
): void {
  const method: unknown = descriptor?.value;
  if (descriptor === undefined || typeof method !== 'function') {
    throw new TypeError(
      `@${decorator} stands on ${String(key)}, which is not a method. Mend: put it on a method; an arrow function in a field is made anew for each instance, where no decorator sees it.`,
    );
  }
  injectTracker(prototype, tracker);
  const plan = planOf(prototype, key);
  plan[kind].unshift({ tracker, around });
  if (plan.outermost === method) return;
  descriptor.value = wrap(method as AnyMethod, key, plan);
}

function planOf(prototype: object, key: string | symbol): MethodPlan {
  const ofClass = plans.get(prototype) ?? new Map<string | symbol, MethodPlan>();
  plans.set(prototype, ofClass);
  const plan = ofClass.get(key) ?? { scopes: [], events: [], outermost: undefined };
  ofClass.set(key, plan);
  return plan;
}

function wrap(method: AnyMethod, key: string | symbol, plan: MethodPlan): AnyMethod {
  const holder: Record<string | symbol, AnyMethod> = {
    [key](this: unknown, ...args: unknown[]): unknown {
      const body = (): unknown => method.apply(this, args);
      return plan.outermost === wrapped ? run(plan, { self: this, args, place: placeOf(this, key) }, body) : body();
    },
  };
  const wrapped = holder[key] as AnyMethod;
  Object.defineProperty(wrapped, 'length', { value: method.length, configurable: true });
  for (const metadataKey of Reflect.getOwnMetadataKeys(method) as unknown[]) {
    Reflect.defineMetadata(metadataKey, Reflect.getOwnMetadata(metadataKey, method), wrapped);
  }
  plan.outermost = wrapped;
  return wrapped;
}

function run(plan: MethodPlan, call: MethodCall, body: () => unknown): unknown {
  let inner = body;
  for (const layers of [plan.events, plan.scopes]) {
    for (let at = layers.length - 1; at >= 0; at--) {
      const layer = layers[at] as Layer;
      const tracker = trackerOf(call.self, layer.tracker);
      if (tracker === undefined) continue; // a unit test without TrackingModule: the method is just called
      const next = inner;
      inner = () => layer.around(tracker, call, next);
    }
  }
  return inner();
}

/** The injected one; for a static method or an instance of `new`, the tracker of the flow it is called in. */
function trackerOf(self: unknown, name: string): TrackerService | undefined {
  const injected = (self as Record<symbol, unknown> | undefined | null)?.[trackerProperty(name)];
  if (injected !== undefined) return injected as TrackerService;
  const current = currentTracker();
  return current?.name === name ? current : undefined;
}

/** As an optional property, so that a class with decorators can still be built where TrackingModule is not. */
function injectTracker(prototype: object, tracker: string): void {
  if (typeof prototype === 'function') return; // a static method has no instance to inject into
  const property = trackerProperty(tracker);
  if (injected.get(prototype)?.has(tracker) === true) return;
  injected.set(prototype, new Set(injected.get(prototype)).add(tracker));
  Inject(getTrackerToken(tracker))(prototype, property);
  Optional()(prototype, property);
}

const injected = new WeakMap<object, ReadonlySet<string>>();

function placeOf(self: unknown, key: string | symbol): string {
  const owner =
    typeof self === 'function'
      ? self.name
      : ((self as { constructor?: { name?: string } } | undefined | null)?.constructor?.name ?? '');
  return owner === '' ? String(key) : `${owner}.${String(key)}`;
}
