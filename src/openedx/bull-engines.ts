import type { ModuleMetadata } from '@nestjs/common';
import { asyncRouting } from './async-routing-engine';
import type { SettingsEngines } from './settings-engine';
import { bullQueue, type BullQueueOptions } from '../transports/bull/bull-queue';

/**
 * Has each AsyncRoutingBackend of the reference's settings go through one queue of Bull, for the second argument of
 * `backendsFromSettings`. Without it they have a queue in the process.
 * @param imports with the `BullModule.registerQueue({ name })` of that queue
 */
export function bullEngines(
  name: string,
  imports: NonNullable<ModuleMetadata['imports']>,
  options: BullQueueOptions = {},
): SettingsEngines {
  return {
    'eventtracking.backends.async_routing.AsyncRoutingBackend': asyncRouting(bullQueue(name, options), imports),
  };
}
