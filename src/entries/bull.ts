export { bullEngines } from '../openedx/bull-engines';
export { bullQueue } from '../transports/bull/bull-queue';
export type { BullQueueOptions } from '../transports/bull/bull-queue';
