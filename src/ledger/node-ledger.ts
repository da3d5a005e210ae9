import type { DeliveryCounts, DestinationCounts, NodeCounts } from './counts';
import { Tally, withOverflowed } from './tally';

/**
 * Keeps the counters of one node.
 *
 * Fields that are changed by plain assignment are public: when the call stack is exhausted, no
 * method can be called, and events lost there must still be counted.
 */
export class NodeLedger {
  received = 0;
  /** Events passed to the children, or accepted by the backend. */
  passed = 0;
  /** Events dropped as 'emit-failed'. */
  overflowed = 0;
  private readonly dropped = new Tally();
  private readonly failures = new Tally();

  constructor(readonly path: string) {}

  drop(reason: string): void {
    this.dropped.add(reason);
  }

  fail(place: string): void {
    this.failures.add(place);
  }

  counts(delivery?: DeliveryCounts | DestinationCounts): NodeCounts {
    const { path, received, passed, overflowed } = this;
    const dropped = withOverflowed(this.dropped.counts(), overflowed);
    const counts = { path, received, passed, dropped, failures: this.failures.counts() };
    return delivery === undefined ? counts : { ...counts, delivery };
  }
}
