import type { ConsumerCounts } from '../../../src/entries/types';
import { type BuiltTracking } from '../../support/start-tracking';

export const counts = ({ ledger }: BuiltTracking): ConsumerCounts => ledger.consumers()[0]!;
export const expectBalanced = (run: BuiltTracking): void => {
  const { received, settled, duplicates, deadLettered, returned, pending } = counts(run);
  expect(settled + duplicates + deadLettered + returned + pending).toBe(received);
};
