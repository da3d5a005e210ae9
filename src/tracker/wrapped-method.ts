/**
 * @TrackEvent and @TrackingContext share one wrapper per method: whatever their order, and whatever other decorators stand
 * between them, the scope is outermost and the event is emitted inside it. The wrapper keeps the method's metadata, name and
 * length: a guard, a pipe or a route that looks at them must find what it would find without us, or it stops protecting.
 */
import { Inject, Optional } from '@nestjs/common';
import { DEFAULT_TRACKER } from '../routing/tokens';
import { getTrackerToken } from './tokens';
import type { TrackerRuntime } from './tracker-runtime';
import { currentTracker, TrackerService } from './tracker.service';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a decorator takes any method: only `any` says that of parameters
export type AnyMethod = (...args: any[]) => any;

/** What a data or context function gives. Without `then`: an async function does not fit, since nobody waits for it. */
export type GivenValues = object & { readonly then?: never };

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
  /** Under which the instance has it. Made once: `Symbol.for` looks a text up at each call. */
  readonly property: symbol;
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
  plan[kind].unshift({ tracker, property: trackerProperty(tracker), around });
  if (plan.outermost === method) return;
  descriptor.value = wrap(method as AnyMethod, key, plan);
}

class WrappedCall implements MethodCall {
  constructor(
    readonly self: unknown,
    readonly args: readonly unknown[],
    private readonly key: string | symbol,
  ) {}

  /** When it is asked for: most calls need no name. */
  get place(): string {
    return placeOf(this.self, this.key);
  }
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
      if (plan.outermost !== wrapped) return method.apply(this, args);
      return run(plan, new WrappedCall(this, args, key), () => method.apply(this, args));
    },
  };
  const wrapped = holder[key] as AnyMethod;
  for (const property of Reflect.ownKeys(method)) {
    if (!OWN_OF_A_FUNCTION.has(property)) copyProperty(method, wrapped, property);
  }
  copyProperty(method, wrapped, 'length');
  for (const metadataKey of Reflect.getOwnMetadataKeys(method) as unknown[]) {
    Reflect.defineMetadata(metadataKey, Reflect.getOwnMetadata(metadataKey, method), wrapped);
  }
  plan.outermost = wrapped;
  return wrapped;
}

/** What every function has; `name` is the key already. Anything else was put there by another decorator. */
const OWN_OF_A_FUNCTION: ReadonlySet<string | symbol> = new Set(['name', 'length', 'prototype', 'arguments', 'caller']);

function copyProperty(from: object, to: object, key: string | symbol): void {
  const descriptor = Object.getOwnPropertyDescriptor(from, key);
  if (descriptor !== undefined) Object.defineProperty(to, key, descriptor);
}

function run(plan: MethodPlan, call: MethodCall, body: () => unknown): unknown {
  let inner = body;
  for (const layers of [plan.events, plan.scopes]) {
    for (let at = layers.length - 1; at >= 0; at--) {
      const layer = layers[at] as Layer;
      const tracker = trackerOf(call.self, layer);
      if (tracker === undefined) continue; // a unit test without TrackingModule: the method is just called
      const next = inner;
      inner = () => layer.around(tracker, call, next);
    }
  }
  return inner();
}

/** A unit test may inject a stub in the tracker's place, which has no runtime. */
export function runtimeOf(tracker: TrackerService): TrackerRuntime | undefined {
  return TrackerService.runtimeOf(tracker);
}

/** The injected one; for a static method or an instance of `new`, the tracker of the flow it is called in. */
function trackerOf(self: unknown, { tracker, property }: Layer): TrackerService | undefined {
  const injected = look(() => (self as Record<symbol, unknown> | undefined | null)?.[property]);
  if (injected !== undefined) return injected as TrackerService;
  const current = currentTracker();
  return current?.name === tracker ? current : undefined;
}

/** As an optional property, so that a class with decorators can still be built where TrackingModule is not. */
function injectTracker(prototype: object, tracker: string): void {
  if (typeof prototype === 'function') return; // a static method has no instance to inject into
  const property = trackerProperty(tracker);
  if (injected.get(prototype)?.has(tracker) === true) return;
  injected.set(prototype, new Set(injected.get(prototype)).add(tracker));
  holdOutOfSight(prototype, property);
  Inject(getTrackerToken(tracker))(prototype, property);
  Optional()(prototype, property);
}

const injected = new WeakMap<object, ReadonlySet<string>>();

/**
 * Nest assigns the property: in full sight of whoever prints, compares or copies the instance, and with an error for one that
 * has frozen itself. So it is hidden, and for a frozen one kept beside it.
 */
function holdOutOfSight(prototype: object, property: symbol): void {
  const ofFrozen = new WeakMap<object, unknown>();
  Object.defineProperty(prototype, property, {
    configurable: true,
    get(this: object): unknown {
      return ofFrozen.get(this);
    },
    set(this: object, value: unknown) {
      if (Object.isExtensible(this))
        Object.defineProperty(this, property, { value, configurable: true, writable: true });
      else ofFrozen.set(this, value);
    },
  });
}

function placeOf(self: unknown, key: string | symbol): string {
  const owner = look(() =>
    typeof self === 'function'
      ? self.name
      : (self as { constructor?: { name?: unknown } } | undefined)?.constructor?.name,
  );
  return typeof owner === 'string' && owner !== '' ? `${owner}.${String(key)}` : String(key);
}

/** An instance may be a proxy that refuses to be asked: then nothing is known of it, and its method runs all the same. */
function look<Seen>(at: () => Seen): Seen | undefined {
  try {
    return at();
  } catch {
    return undefined;
  }
}
