import type { NodeCounts, TrackerCounts } from './counts';
import { isLoss } from './reasons';

/** Events that were lost in one place for one reason. */
export interface Loss {
  /**
   * Path of the node, `the root`, `before the tree`, or a path of dead letters that is no node
   * (`catalog:rejected`).
   */
  readonly node: string;
  /** A drop reason, `queue emptied`, or `forgotten dead letters`. */
  readonly reason: string;
  readonly count: number;
}

const FORGOTTEN = 'forgotten dead letters';

/** The part of a TrackingLedger from which losses are calculated. */
export interface LossSource {
  tracker(): TrackerCounts;
  nodes(): readonly NodeCounts[];
}

/**
 * Lists all losses: drops before the tree, drops at each node, in its delivery and behind its
 * queue, queues that were emptied, and dead letters that were lost, at destinations and elsewhere.
 * Warnings, the log line at close, health, metrics and the test kit all use this one definition.
 */
export function lossesOf(ledger: LossSource): Loss[] {
  const { dropped, forgottenDeadLetters } = ledger.tracker();
  return [
    ...drops('before the tree', dropped),
    ...ledger.nodes().flatMap((node) => lossesAt(node.path === '' ? 'the root' : node.path, node)),
    ...Object.entries(forgottenDeadLetters).map(([node, count]) => ({ node, reason: FORGOTTEN, count })),
  ];
}

function lossesAt(node: string, { dropped, delivery, work, queue }: NodeCounts): Loss[] {
  const forgotten = delivery !== undefined && 'forgottenDeadLetters' in delivery ? delivery.forgottenDeadLetters : 0;
  return [
    ...drops(node, dropped, delivery?.dropped, work?.dropped),
    { node, reason: 'queue emptied', count: queue?.emptiedEvents ?? 0 },
    { node, reason: FORGOTTEN, count: forgotten },
  ].filter(({ count }) => count > 0);
}

/**
 * Adds up the losses of several counts of one place. No event is counted twice, because an event
 * that is dropped behind the queue is not dropped before it as well.
 */
function drops(node: string, ...all: (Readonly<Record<string, number>> | undefined)[]): Loss[] {
  const sums = new Map<string, number>();
  for (const [reason, count] of all.flatMap((counts) => Object.entries(counts ?? {}))) {
    if (isLoss(reason)) sums.set(reason, (sums.get(reason) ?? 0) + count);
  }
  return [...sums].map(([reason, count]) => ({ node, reason, count }));
}
