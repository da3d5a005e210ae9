import { WorkLedger } from '../ledger/work-ledger';
import { EventWork } from '../queues/event-work';
import type { NodeWork } from '../routing/queued-backend';
import type { RouteNode } from '../routing/route-node';
import type { TrackerParts } from './tracker-parts';

/**
 * Returns the work that passes events to the root of the tree, and reports each as done when every
 * node below it is.
 */
export function rootWork(
  { scopes, normalizer, deliveries, counters }: Pick<TrackerParts, 'scopes' | 'normalizer' | 'deliveries' | 'counters'>,
  root: Pick<RouteNode, 'path' | 'receive' | 'childSinks'>,
): NodeWork {
  const work = new EventWork({
    ...{ steps: [], ledger: new WorkLedger(), scopes, normalizer },
    keepLetter: (event, reason, origin) => {
      deliveries.keepLetter(root.path, event, reason, origin);
    },
  });
  work.attach({
    handOn: (envelope, listener) => {
      counters.relay();
      root.receive(envelope, listener);
    },
    childSinks: () => root.childSinks(),
  });
  return work;
}
