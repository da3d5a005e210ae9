import type { ModulesContainer } from '@nestjs/core';
import { giveTracker } from '../tracker/tracker-property';
import type { TrackerService } from '../tracker/tracker.service';
import { trackerRequestsOf } from '../tracker/wrapped-method';

/**
 * Gives the tracker to instances into which Nest injects no properties: results of factories, and
 * instances whose decorated methods come from another class. Other instances without injection find
 * their tracker on each call (`findTracker`).
 */
export function giveTrackers(container: ModulesContainer, tracker: TrackerService): void {
  for (const { providers, controllers, injectables } of container.values()) {
    for (const wrapper of [...providers.values(), ...controllers.values(), ...injectables.values()]) {
      const instance: unknown = wrapper.isDependencyTreeStatic() ? wrapper.instance : undefined;
      if (typeof instance !== 'object' || instance === null) continue;
      try {
        if (isRequestedBy(instance, tracker.name)) giveTracker(instance, tracker);
      } catch {
        // A provider may be any value, including a proxy that throws.
      }
    }
  }
}

function isRequestedBy(instance: object, tracker: string): boolean {
  for (let at = parentOf(instance); at !== null; at = parentOf(at)) {
    if (trackerRequestsOf(at).some((request) => request.tracker === tracker)) return true;
  }
  return false;
}

function parentOf(object: object): object | null {
  return Object.getPrototypeOf(object) as object | null;
}
