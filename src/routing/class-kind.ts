/** Tells kinds of classes and functions apart, before any instance exists. */
import { QueuedBackend } from './queued-backend';
import { RoutingBackend } from './routing.backend';

/** True if the delivery engine sends batches to the instances of this class. */
export function isDestinationClass(type: unknown): boolean {
  return (
    typeof (type as { prototype?: { sendBatch?: unknown } }).prototype?.sendBatch === 'function' || isQueuedClass(type)
  );
}

/** True if the nodes of this class have a queue before their children. */
export function isQueuedClass(type: unknown): boolean {
  return typeof type === 'function' && type.prototype instanceof QueuedBackend;
}

/** True if the nodes of this class pass their events to children. */
export function isRoutingClass(type: unknown): boolean {
  return type === RoutingBackend || (typeof type === 'function' && type.prototype instanceof RoutingBackend);
}

/** Returns the name of a class for messages; a short description if it has no plain name. */
export function classNameOf(type: unknown): string {
  if (typeof type !== 'function') return 'no class';
  // A function in an object literal is named after its key, which can be any string.
  return /^[A-Za-z_$][\w$]{0,79}$/.test(type.name) ? type.name : 'a function';
}

/**
 * True for a class. `class X {}` is a function too; only its source text shows that it is a class.
 */
export function isClass(value: unknown): boolean {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}

export function isAsyncFunction(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object AsyncFunction]';
}
