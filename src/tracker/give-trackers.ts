import type { ModulesContainer } from '@nestjs/core';
import type { TrackerService } from './tracker.service';
import { trackerProperty, trackersNeededBy } from './wrapped-method';

/** Nest injects no properties into what a factory returns: such instances are given their tracker here, at start. */
export function giveTrackers(container: ModulesContainer, tracker: TrackerService): void {
  for (const { providers, controllers, injectables } of container.values()) {
    for (const wrapper of [...providers.values(), ...controllers.values(), ...injectables.values()]) {
      if (wrapper.isDependencyTreeStatic()) giveTracker(wrapper.instance, tracker);
    }
  }
}

function giveTracker(instance: unknown, tracker: TrackerService): void {
  if (typeof instance !== 'object' || instance === null) return;
  const property = trackerProperty(tracker.name);
  try {
    if (!trackersNeededBy(Object.getPrototypeOf(instance) as object).has(tracker.name)) return;
    // A value that outlives its application, as those of tests do, still has the tracker of the last one.
    if (Reflect.get(instance, property) !== tracker) Reflect.set(instance, property, tracker);
  } catch {
    // A provider may be anything, a proxy that throws too.
  }
}
