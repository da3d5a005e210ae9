/**
 * The property under which an instance holds its tracker. Nest injects it into what it constructs; what factories return is given
 * it at start. Optional, so that a class with decorators can still be built where TrackingModule is not.
 */
import { Inject, Optional } from '@nestjs/common';
import { getTrackerToken } from './tokens';
import type { TrackerService } from './tracker.service';

/** A registered symbol, since the package may be loaded twice. */
export function trackerProperty(tracker: string): symbol {
  return Symbol.for(`nestjs-event-tracking:tracker:${tracker}`);
}

const injected = new WeakMap<object, ReadonlySet<string>>();

/** Has Nest inject the tracker into the instances of a class. */
export function injectTracker(prototype: object, tracker: string): void {
  if (typeof prototype === 'function') return; // a static method has no instance to inject into
  const property = trackerProperty(tracker);
  if (injected.get(prototype)?.has(tracker) === true) return;
  injected.set(prototype, new Set(injected.get(prototype)).add(tracker));
  holdOutOfSight(prototype, property);
  Inject(getTrackerToken(tracker))(prototype, property);
  Optional()(prototype, property);
}

/** Gives an instance its tracker. A value that outlives its application, as those of tests do, still has the last one's. */
export function giveTracker(instance: object, tracker: TrackerService): void {
  const property = trackerProperty(tracker.name);
  // Methods that were copied from another class bring no property with them.
  if (!(property in instance)) holdOutOfSight(Object.getPrototypeOf(instance) as object, property);
  if (Reflect.get(instance, property) !== tracker) Reflect.set(instance, property, tracker);
}

/** Undefined also for an instance that refuses to be inspected, as a proxy may. */
export function trackerIn(instance: unknown, property: symbol): TrackerService | undefined {
  try {
    return (instance as Record<symbol, TrackerService | undefined> | undefined | null)?.[property];
  } catch {
    return undefined;
  }
}

/**
 * Nest assigns the property: visible to code that prints, compares or copies the instance, and with an error for one that has
 * frozen itself. So it is hidden, and for a frozen one kept elsewhere.
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
