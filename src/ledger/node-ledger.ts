import type { DeliveryCounts, DestinationCounts, NodeCounts } from './counts';
import { Tally, withOverflowed } from './tally';

/**
 * Keeps the counters of one node.
 *
 * Fields are public where they are changed by plain assignment: at the end of the stack no method can be called, and what is
 * lost there has to be counted all the same.
 */
export class NodeLedger {
  received = 0;
  /** Handed to the children, or taken by the backend. */
  passed = 0;
  /** Dropped as 'emit-failed'. */
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
