import type { ConsumerCounts, DestinationCounts, NodeCounts, TrackerCounts } from './counts';
import type { DeliveryDuration, DeliveryNotice } from './delivery-notice';

/** Where a TrackingLedger reads the counts. */
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

  /** Counts of the tracker itself: emitted + redriven = received by the root + dropped + waiting. */
  tracker(): TrackerCounts {
    return this.source.counts();
  }

  /** Counts of every node, the root first, then in the order in which they receive; last, as `path (replaced)`, replaced backends. */
  nodes(): NodeCounts[] {
    return this.source.nodes();
  }

  /** Counts of one node by its path; '' is the root. Undefined if there is no such node, or if it is switched off. */
  node(path: string): NodeCounts | undefined {
    return this.nodes().find((node) => node.path === path);
  }

  /** Counts of each consumer. */
  consumers(): ConsumerCounts[] {
    return this.source.consumers();
  }

  /** Counts of one destination by its path; undefined if there is no destination. */
  destination(path: string): DestinationCounts | undefined {
    const delivery = this.node(path)?.delivery;
    return delivery !== undefined && 'breaker' in delivery ? delivery : undefined;
  }

  /**
   * Calls the listener for each change that an operator should know: of a breaker, of the disk, of a full queue.
   * @returns a function that removes the listener
   */
  onChange(listener: (event: DeliveryNotice) => void): () => void {
    return this.source.watch(listener);
  }

  /**
   * Calls the listener for each duration that goes into the histograms of `destination()`, so that you can keep your own.
   * It runs for each delivered event: it must be quick, and must not emit.
   * @returns a function that removes the listener
   */
  onDuration(listener: (duration: DeliveryDuration) => void): () => void {
    return this.source.measure(listener);
  }
}
