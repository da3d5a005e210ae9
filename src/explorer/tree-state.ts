import type { DeliveryCounts, DestinationCounts, NodeCounts } from '../ledger/counts';
import { isLoss } from '../ledger/reasons';
import type { RouteNode } from '../routing/route-node';
import type { DeliveryState, TreeNode, TreeState } from './api';
import type { RateHistory } from './rate-history';

/** Describes the running tree: its nodes with their counters and rates. */
export function treeState(root: RouteNode, counts: readonly NodeCounts[], rates: RateHistory): TreeState {
  const nodes = new Map([...root.all()].map((node) => [node.path, node]));
  return {
    times: rates.points().map((time) => new Date(time).toISOString()),
    nodes: counts.map((each) => nodeState(each, nodes.get(each.path), rates)),
  };
}

function nodeState(counts: NodeCounts, node: RouteNode | undefined, rates: RateHistory): TreeNode {
  const { path, received, passed, dropped, failures, delivery } = counts;
  const at = path.lastIndexOf('/');
  return {
    ...{ path, received, passed, dropped, failures, rates: rates.of(path) },
    lost: lossesOf(dropped) + lossesOf(delivery?.dropped ?? {}),
    name: path.slice(at + 1),
    parent: path === '' ? undefined : path.slice(0, Math.max(at, 0)),
    kind: node?.backend.constructor.name ?? '',
    processors: node?.stepPlaces() ?? [],
    ...(delivery !== undefined && { delivery: deliveryState(delivery) }),
  };
}

function deliveryState(counts: DeliveryCounts | DestinationCounts): DeliveryState {
  const { accepted, delivered, dropped, pending } = counts;
  const none = { deadLetters: 0, attempts: 0, failedAttempts: 0, diskBytes: 0 };
  const base = { accepted, delivered, dropped, pending, ...none, breaker: 'closed' as const };
  if (!('breaker' in counts)) return { ...base, isOnDisk: false, isDiskFailing: false };
  const { deadLetters, attempts, failedAttempts, breaker, breakerReason, lastError } = counts;
  const { isOnDisk, diskBytes, isDiskFailing, latency } = counts;
  return {
    ...base,
    ...{ deadLetters, attempts, failedAttempts, breaker, isOnDisk, diskBytes, isDiskFailing },
    ...(latency.count > 0 && { latencyMs: { p50: latency.p50Ms, p99: latency.p99Ms } }),
    ...(breakerReason !== undefined && { breakerReason }),
    ...(lastError !== undefined && { lastError: { text: lastError.text, at: lastError.at.toISOString() } }),
  };
}

function lossesOf(dropped: Readonly<Record<string, number>>): number {
  return Object.entries(dropped).reduce((sum, [reason, count]) => (isLoss(reason) ? sum + count : sum), 0);
}
