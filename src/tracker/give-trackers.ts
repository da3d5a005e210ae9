import type { ModulesContainer } from '@nestjs/core';
import type { TrackerService } from './tracker.service';
import { trackerProperty, trackersNeededBy } from './wrapped-method';

/** Nest injects no properties into what a factory returns: such instances are given their tracker here, at start. */
export function giveTrackers(container: ModulesContainer, tracker: TrackerService): void {
  const property = trackerProperty(tracker.name);
  for (const { providers, controllers, injectables } of container.values()) {
    for (const wrapper of [...providers.values(), ...controllers.values(), ...injectables.values()]) {
      const instance = wrapper.isDependencyTreeStatic() ? wrapper.instance : undefined;
      if (needsTracker(instance, property, tracker.name)) {
        Object.defineProperty(instance, property, { value: tracker, configurable: true });
      }
    }
  }
}

function needsTracker(instance: unknown, property: symbol, name: string): instance is object {
  if (typeof instance !== 'object' || instance === null || !Object.isExtensible(instance)) return false;
  try {
    return (
      trackersNeededBy(Object.getPrototypeOf(instance) as object).has(name) &&
      (instance as Record<symbol, unknown>)[property] === undefined
    );
  } catch {
    return false; // a provider may be anything, a proxy that throws too
  }
}
