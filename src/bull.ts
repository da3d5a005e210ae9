export { bullEngines } from './consumers/bull/bull-engines';
export { bullQueue } from './consumers/bull/bull-queue';
export type { BullQueueOptions } from './consumers/bull/bull-queue';
