/**
 * Wraps methods for @TrackEvent and @TrackingContext.
 * Each event keeps its place among other decorators: below a cache it is emitted when the value is
 * computed, above it on each call. The outermost wrapper opens the scopes, so that they enclose all
 * events of the method and the work of other decorators around it. A wrapper keeps the metadata,
 * name and length of the method: a guard, a pipe or a route must find the same values with and
 * without the wrapper, or it stops protecting.
 */
import { DEFAULT_TRACKER } from '../routing/tokens';
import { findTracker, trackerRequest, type TrackerRequest } from './find-tracker';
import { imitate } from './imitate';
import { injectTracker } from './tracker-property';
import type { TrackerService } from './tracker.service';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- `any` accepts any parameters
export type AnyMethod = (...args: any[]) => any;

/** One call of a wrapped method. */
export interface MethodCall {
  /** Instance of the call; undefined for a function called without one. */
  readonly self: unknown;
  readonly args: readonly unknown[];
  /** Class and method, for example `EnrolmentController.enrol`. */
  readonly place: string;
}

/**
 * Runs `body` with the additions of a decorator, and returns the result of `body`. Throws only the
 * errors of `body`.
 */
export type Around = (tracker: TrackerService, call: MethodCall, body: () => unknown) => unknown;

interface CheckedRequest extends TrackerRequest {
  readonly objections: readonly Objection[];
}

interface Layer extends TrackerRequest {
  readonly around: Around;
}

/** Requests of the decorators of one method of one class. */
interface MethodPlan {
  /** Scopes that the outermost wrapper opens, outermost first. */
  readonly scopes: Layer[];
  /** Requests of all decorators, including events. */
  readonly requests: CheckedRequest[];
  outermost: AnyMethod | undefined;
}

interface Wrapper {
  readonly plan: MethodPlan;
  /** Event layers at this place among the decorators, outermost first. */
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
  /**
   * Errors in the options.
   * @default none
   */
  readonly objections?: readonly Objection[];
}

/**
 * Adds a layer to a method.
 * @param kind scopes are opened around events, the last one added outermost
 */
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
      `@${decorator} was put on ${String(key)}, which is not a method. Fix: put it on a method; an arrow function in a field is created for each instance, so a decorator cannot wrap it.`,
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

/**
 * Returns the trackers that methods of a prototype or a class ask for, including methods that were
 * copied from another class.
 */
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

  /** Class and method. Computed on access, because most calls do not need it. */
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
  // its name is already the key, regardless of the name that another decorator gave it
  imitate(method, wrapped);
  wrappers.set(wrapped, { plan, events });
  return wrapped;
}

/** Runs the body inside the layers from index `at`. */
function enter(layers: readonly Layer[], call: MethodCall, body: () => unknown, at = 0): unknown {
  const layer = layers[at];
  if (layer === undefined) return body();
  const tracker = findTracker(call.self, layer, call);
  if (tracker === undefined) return enter(layers, call, body, at + 1);
  return layer.around(tracker, call, at + 1 === layers.length ? body : () => enter(layers, call, body, at + 1));
}

/**
 * Returns the class and method of a call. Returns the method alone if the instance is a proxy that
 * cannot be inspected.
 */
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
