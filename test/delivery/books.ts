import type { DestinationCounts } from '../../src/entries';

/** The left side of the books less the right one: 0, at every moment. */
export function imbalance(counts: DestinationCounts): number {
  const { accepted, recovered, redriven, delivered, deadLettered, dropped, pending, handedOver } = counts;
  const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  return accepted + recovered + redriven - delivered - deadLettered - lost - pending - handedOver;
}
