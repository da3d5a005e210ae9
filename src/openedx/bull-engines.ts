import type { ModuleMetadata } from '@nestjs/common';
import { asyncRouting } from './async-routing-engine';
import type { OpenEdxEngines } from './settings-engine';
import { bullQueue, type BullQueueOptions } from '../transports/bull/bull-queue';

/**
 * Creates engines that send each AsyncRoutingBackend in the reference's settings through one Bull
 * queue. Pass them as the second argument of `backendsFromSettings`. Without them, these backends
 * use a queue in the process.
 * @param imports must contain the `BullModule.registerQueue({ name })` of that queue
 */
export function bullEngines(
  name: string,
  imports: NonNullable<ModuleMetadata['imports']>,
  options: BullQueueOptions = {},
): OpenEdxEngines {
  return {
    'eventtracking.backends.async_routing.AsyncRoutingBackend': asyncRouting(bullQueue(name, options), imports),
  };
}
