/**
 * What @TrackEvent and @TrackingContext make of a method. Each event keeps its place among other decorators: below a cache it
 * is emitted for what was computed, above it for what was asked for. Scopes are opened in the outermost wrapper, so that all
 * events of the method, and what other decorators do around it, stand inside them. A wrapper keeps the method's metadata, name and
 * length: a guard, a pipe or a route that looks at them must find what it would find without us, or it stops protecting.
 */
import { DEFAULT_TRACKER } from '../routing/tokens';
import { findTracker, trackerRequest, type TrackerRequest } from './find-tracker';
import { imitate } from './imitate';
import { injectTracker } from './tracker-property';
import type { TrackerRuntime } from './tracker-runtime';
import { TrackerService } from './tracker.service';

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

interface CheckedRequest extends TrackerRequest {
  readonly objections: readonly Objection[];
}

interface Layer extends TrackerRequest {
  readonly around: Around;
}

/** What the decorators of one method of one class have asked for. */
interface MethodPlan {
  /** Opened by the outermost wrapper; outermost first. */
  readonly scopes: Layer[];
  /** All of them, events too. */
  readonly requests: CheckedRequest[];
  outermost: AnyMethod | undefined;
}

interface Wrapper {
  readonly plan: MethodPlan;
  /** Those that stand at this place; outermost first. */
  readonly events: Layer[];
}

const plans = new WeakMap<object, Map<string | symbol, MethodPlan>>();
const wrappers = new WeakMap<AnyMethod, Wrapper>();
const NO_LAYERS: readonly Layer[] = [];

/** An error in the options of a decorator. It is reported when the application starts. */
export interface Objection {
  readonly what: string;
  readonly fix: string;
}

interface LayerOptions {
  readonly tracker?: string | undefined;
  readonly around: Around;
  /** @default none */
  readonly objections?: readonly Objection[];
}

/** @param kind scopes are opened around events, the last one added outermost */
export function addLayer(
  decorator: string,
  prototype: object,
  key: string | symbol,
  descriptor: PropertyDescriptor | undefined,
  kind: 'scopes' | 'events',
  { tracker = DEFAULT_TRACKER, around, objections = [] }: LayerOptions,
): void {
  const method: unknown = descriptor?.value;
  if (descriptor === undefined || typeof method !== 'function') {
    throw new TypeError(
      `@${decorator} stands on ${String(key)}, which is not a method. Fix: put it on a method; an arrow function in a field is made anew for each instance, where no decorator sees it.`,
    );
  }
  injectTracker(prototype, tracker);
  const plan = planOf(prototype, key);
  const request = trackerRequest(`@${decorator}`, tracker);
  plan.requests.push({ ...request, objections });
  const layer: Layer = { ...request, around };
  const outermost = plan.outermost === method ? (method as AnyMethod) : wrap(method as AnyMethod, key, plan);
  if (kind === 'scopes') plan.scopes.unshift(layer);
  else wrappers.get(outermost)?.events.unshift(layer);
  plan.outermost = outermost;
  descriptor.value = outermost;
}

export interface MethodRequest extends CheckedRequest {
  readonly key: string | symbol;
}

/** The trackers that methods of one object ask for, a prototype or a class: also methods that were copied from another one. */
export function trackerRequestsOf(holder: object): MethodRequest[] {
  const found = new Map<MethodPlan, string | symbol>();
  for (const [key, plan] of plans.get(holder) ?? []) found.set(plan, key);
  for (const key of Reflect.ownKeys(holder)) {
    const value: unknown = Object.getOwnPropertyDescriptor(holder, key)?.value;
    const plan = typeof value === 'function' ? wrappers.get(value as AnyMethod)?.plan : undefined;
    if (plan !== undefined) found.set(plan, key);
  }
  return [...found].flatMap(([plan, key]) => plan.requests.map((request) => ({ ...request, key })));
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
  const plan = ofClass.get(key) ?? { scopes: [], requests: [], outermost: undefined };
  ofClass.set(key, plan);
  return plan;
}

function wrap(method: AnyMethod, key: string | symbol, plan: MethodPlan): AnyMethod {
  const events: Layer[] = [];
  const holder: Record<string | symbol, AnyMethod> = {
    [key](this: unknown, ...args: unknown[]): unknown {
      const call = new WrappedCall(this, args, key);
      const body = (): unknown => method.apply(this, args);
      const scopes = plan.outermost === wrapped ? plan.scopes : NO_LAYERS;
      if (scopes.length === 0) return enter(events, call, body);
      return enter(scopes, call, () => enter(events, call, body));
    },
  };
  const wrapped = holder[key] as AnyMethod;
  imitate(method, wrapped); // its name is the key already, whatever another decorator has called it
  wrappers.set(wrapped, { plan, events });
  return wrapped;
}

/** Runs the body inside of the layers from `at` on. */
function enter(layers: readonly Layer[], call: MethodCall, body: () => unknown, at = 0): unknown {
  const layer = layers[at];
  if (layer === undefined) return body();
  const tracker = findTracker(call.self, layer, call);
  if (tracker === undefined) return enter(layers, call, body, at + 1);
  return layer.around(tracker, call, at + 1 === layers.length ? body : () => enter(layers, call, body, at + 1));
}

/** A unit test may inject a stub in the tracker's place, which has no runtime. */
export function runtimeOf(tracker: TrackerService): TrackerRuntime | undefined {
  return TrackerService.runtimeOf(tracker);
}

/** An instance may be a proxy that refuses to be inspected: then its method is named alone. */
function placeOf(self: unknown, key: string | symbol): string {
  try {
    const owner =
      typeof self === 'function'
        ? self.name
        : (self as { constructor?: { name?: unknown } } | undefined)?.constructor?.name;
    return typeof owner === 'string' && owner !== '' ? `${owner}.${String(key)}` : String(key);
  } catch {
    return String(key);
  }
}
