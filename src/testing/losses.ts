import { isWished } from '../delivery/node-ledger';
import type { TrackingLedger } from '../delivery/tracking-ledger';

/** Events that got lost in one place for one reason. */
export interface Loss {
  /** The node's path; `the root`, or `before the tree`. */
  readonly node: string;
  readonly reason: string;
  readonly count: number;
}

/** Everything that the books of a tracker count as dropped, without what somebody configured to be dropped. */
export function lossesOf(ledger: TrackingLedger): Loss[] {
  const { dropped } = ledger.tracker();
  const places = [
    { node: 'before the tree', dropped },
    ...ledger.nodes().flatMap(({ path, dropped: refused, delivery }) => {
      const node = path === '' ? 'the root' : path;
      return [
        { node, dropped: refused },
        { node, dropped: delivery?.dropped ?? {} },
      ];
    }),
  ];
  return places.flatMap(({ node, dropped: counts }) =>
    Object.entries(counts).flatMap(([reason, count]) => (isWished(reason) ? [] : [{ node, reason, count }])),
  );
}
