import type { EventEmitter } from 'node:events';
import type { Flow } from './flow';

type Listener = (this: unknown, ...args: unknown[]) => unknown;
type Adds = (this: unknown, event: string | symbol, listener: Listener) => unknown;
type Emitter = Record<(typeof ADDERS)[number] | (typeof ONCE_ADDERS)[number], Adds | undefined> &
  Pick<EventEmitter, 'removeListener'>;

const ADDERS = ['on', 'addListener', 'prependListener'] as const;
/**
 * Methods that add a listener for one event, each with the method that adds a permanent listener.
 */
const ONCE_ADDERS = ['once', 'prependOnceListener'] as const;
const STAYING = { once: 'on', prependOnceListener: 'prependListener' } as const;

const bound = new WeakSet<object>();

/**
 * Changes an emitter so that each listener added from now on runs in the flow in which it was
 * added. Listeners are still removed, listed and counted by the original function.
 * @param bindFlow returns the flow of the caller
 * @throws TypeError for a value that is neither an EventEmitter nor an EventTarget
 */
export function bindEmitter(emitter: object, bindFlow: () => Flow): void {
  const isObject = isReadable(emitter);
  if (isObject && bound.has(emitter)) return;
  if (isObject && isEmitter(emitter)) bindAdders(emitter, bindFlow);
  else if (isObject && isTarget(emitter)) bindTarget(emitter, bindFlow);
  else
    throw new TypeError(
      'tracker.bindEmitter was given neither an EventEmitter nor an EventTarget: it has no on() and no addEventListener(). ' +
        'Fix: pass the emitter itself, or wrap one listener by tracker.bind(listener).',
    );
  bound.add(emitter);
}

/** Returns a function that runs the given one in a flow. */
export function boundFunction<Fn extends (...args: never[]) => unknown>(fn: Fn, flow: Flow): Fn {
  const run = function (this: unknown, ...args: unknown[]): unknown {
    return flow.enter((): unknown => Reflect.apply(fn, this, args));
  };
  // Express recognizes error handlers by their number of parameters, and logs show names.
  try {
    for (const key of ['name', 'length'])
      Object.defineProperty(run, key, { value: Reflect.get(fn, key), configurable: true });
  } catch {
    // A proxy that cannot be inspected can still be called.
  }
  return run as unknown as Fn;
}

/**
 * False for null, and for values that cannot be inspected: a revoked proxy, a getter that throws.
 */
function isReadable(value: unknown): boolean {
  if (value === null || value === undefined) return false;
  try {
    const object = Object(value) as object;
    return isEmitter(object) || isTarget(object);
  } catch {
    return false;
  }
}

function isEmitter(value: object): value is Emitter {
  const { on, removeListener } = value as { on?: unknown; removeListener?: unknown };
  return typeof on === 'function' && typeof removeListener === 'function';
}

function bindAdders(emitter: Emitter, bindFlow: () => Flow): void {
  const original = Object.fromEntries([...ADDERS, ...ONCE_ADDERS].map((name) => [name, emitter[name]]));
  for (const name of ADDERS) {
    const add = original[name];
    if (add === undefined) continue;
    emitter[name] = function (event, listener) {
      return add.call(this, event, named(boundFunction(listener, bindFlow()), listener));
    };
  }
  for (const name of ONCE_ADDERS) {
    const add = original[STAYING[name]];
    if (original[name] === undefined || add === undefined) continue;
    emitter[name] = function (event, listener) {
      const run = boundFunction(listener, bindFlow());
      const once = (...args: unknown[]): unknown => {
        emitter.removeListener(event, once);
        return Reflect.apply(run, this, args);
      };
      return add.call(this, event, named(once, listener));
    };
  }
}

/** Marks a wrapped listener so that emitters find it: their own `once` uses this property. */
function named(run: Listener, listener: Listener): Listener {
  return Object.assign(run, { listener });
}

type Handler = Listener | { handleEvent(event: unknown): unknown } | null;

interface Target {
  addEventListener: (this: Target, type: string, handler: Handler, options?: unknown) => void;
  removeEventListener: (this: Target, type: string, handler: Handler, options?: unknown) => void;
}

function isTarget(value: object): value is Target {
  return typeof (value as Partial<Target>).addEventListener === 'function';
}

function bindTarget(target: Target, bindFlow: () => Flow): void {
  const { addEventListener, removeEventListener } = target;
  // One wrapper per listener and type, because a target adds the same listener only once per type,
  // and because removeEventListener needs the wrapper.
  const wrapped = new WeakMap<object, Map<string, Handler>>();
  target.addEventListener = function (type, handler, options) {
    if (handler === null) return;
    const byType = wrapped.get(handler) ?? new Map<string, Handler>();
    wrapped.set(handler, byType);
    const run = byType.get(type) ?? boundHandler(handler, bindFlow());
    byType.set(type, run);
    addEventListener.call(this, type, run, options);
  };
  target.removeEventListener = function (type, handler, options) {
    const run = handler === null ? null : (wrapped.get(handler)?.get(type) ?? handler);
    if (handler !== null) wrapped.get(handler)?.delete(type);
    removeEventListener.call(this, type, run, options);
  };
}

function boundHandler(handler: NonNullable<Handler>, flow: Flow): Handler {
  if (typeof handler === 'function') return boundFunction(handler, flow);
  return { handleEvent: (event) => flow.enter(() => handler.handleEvent(event)) };
}
