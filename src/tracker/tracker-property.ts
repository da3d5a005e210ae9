/**
 * Defines the property under which an instance holds its tracker.
 * Nest injects the tracker into the classes it constructs; instances from factories receive it at
 * start. The property is optional, so that a class with decorators can be constructed without
 * TrackingModule.
 */
import { Inject, Optional } from '@nestjs/common';
import { getTrackerToken } from './tokens';
import type { TrackerService } from './tracker.service';

/** Returns the key of the property: a registered symbol, since the package may be loaded twice. */
export function trackerProperty(tracker: string): symbol {
  return Symbol.for(`nestjs-event-tracking:tracker:${tracker}`);
}

const injected = new WeakMap<object, ReadonlySet<string>>();

/** Makes Nest inject the tracker into the instances of a class. */
export function injectTracker(prototype: object, tracker: string): void {
  if (typeof prototype === 'function') return; // a static method has no instance to inject into
  const property = trackerProperty(tracker);
  if (injected.get(prototype)?.has(tracker) === true) return;
  injected.set(prototype, new Set(injected.get(prototype)).add(tracker));
  holdOutOfSight(prototype, property);
  Inject(getTrackerToken(tracker))(prototype, property);
  Optional()(prototype, property);
}

/**
 * Gives an instance its tracker. An instance that outlives its application, as in tests, keeps the
 * latest tracker.
 */
export function giveTracker(instance: object, tracker: TrackerService): void {
  const property = trackerProperty(tracker.name);
  // Methods that were copied from another class do not bring the property with them.
  if (!(property in instance)) holdOutOfSight(Object.getPrototypeOf(instance) as object, property);
  if (Reflect.get(instance, property) !== tracker) Reflect.set(instance, property, tracker);
}

/**
 * Returns the tracker of an instance; undefined if it has none or cannot be inspected, as with a
 * proxy that throws.
 */
export function trackerIn(instance: unknown, property: symbol): TrackerService | undefined {
  try {
    return (instance as Record<symbol, TrackerService | undefined> | undefined | null)?.[property];
  } catch {
    return undefined;
  }
}

/**
 * Hides the property on instances. Nest assigns the property: it would be visible to code that
 * prints, compares or copies the instance, and the assignment would throw on a frozen instance. For
 * a frozen instance the value is kept in a WeakMap.
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
