import type { ConsumerCounts, DestinationCounts, NodeCounts, TrackerCounts } from './counts';
import type { DeliveryDuration, DeliveryNotice } from './delivery-notice';

/** Source from which a TrackingLedger reads the counts. */
export interface LedgerSource {
  counts(): TrackerCounts;
  nodes(): NodeCounts[];
  consumers(): ConsumerCounts[];
  watch(listener: (event: DeliveryNotice) => void): () => void;
  measure(listener: (duration: DeliveryDuration) => void): () => void;
}

/** Reads the counters of one tracker. Every event is counted, whatever its outcome. */
export class TrackingLedger {
  private readonly source: LedgerSource;

  /** Built by TrackingModule: inject it. */
  constructor(...parts: never[]);
  /** @internal */
  constructor(source: LedgerSource);
  constructor(source: LedgerSource) {
    this.source = source;
  }

  /**
   * Returns the counts of the tracker itself. At every moment: emitted + redriven + relayed =
   * received by the root + dropped + waiting + held + outbox.
   */
  tracker(): TrackerCounts {
    return this.source.counts();
  }

  /**
   * Returns the counts of every node: the root first, the others in the order in which they
   * receive, and replaced backends last, as `path (replaced)`.
   */
  nodes(): NodeCounts[] {
    return this.source.nodes();
  }

  /**
   * Returns the counts of one node by its path; '' is the root. Undefined if the node does not
   * exist or is switched off.
   */
  node(path: string): NodeCounts | undefined {
    return this.nodes().find((node) => node.path === path);
  }

  /** Returns the counts of each consumer. */
  consumers(): ConsumerCounts[] {
    return this.source.consumers();
  }

  /**
   * Returns the counts of one destination by its path; undefined if there is no destination with
   * this path.
   */
  destination(path: string): DestinationCounts | undefined {
    const delivery = this.node(path)?.delivery;
    return delivery !== undefined && 'breaker' in delivery ? delivery : undefined;
  }

  /**
   * Calls the listener for each change that an operator should know about: of a breaker, of the
   * disk, of a full queue.
   * @returns a function that removes the listener
   */
  onChange(listener: (event: DeliveryNotice) => void): () => void {
    return this.source.watch(listener);
  }

  /**
   * Calls the listener for each duration that is added to the histograms of `destination()`, so
   * that you can keep your own histograms. The listener runs for each delivered event: it must be
   * fast and must not emit.
   * @returns a function that removes the listener
   */
  onDuration(listener: (duration: DeliveryDuration) => void): () => void {
    return this.source.measure(listener);
  }
}
