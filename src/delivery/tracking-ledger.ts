import type { DeliveryDuration, DeliveryEvent } from './deliveries';
import type { DestinationCounts } from './delivery-ledger';
import { Tally, withOverflowed, type ConsumerCounts, type NodeCounts } from './node-ledger';

/** What one tracker counted besides its nodes, since the process started. */
export interface TrackerCounts {
  readonly name: string;
  /** Calls of `emit` and `emitConfirmed`; the root has received those that were not dropped before it. */
  readonly emitted: number;
  /** Events that the catalog had rejected and that were sent after all, by `TrackingDeadLetters.redrive`. */
  readonly redriven: number;
  /** Events that never reached the tree, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Events emitted before the application had started that wait for it. */
  readonly waiting: number;
  /** Values that were replaced because they cannot be written, by kind (docs/values.md). */
  readonly replaced: Readonly<Record<string, number>>;
  /** Events whose name was no text. */
  readonly oddNames: number;
  /** Events emitted in the flow of a request whose response was over: their context may be another request's (docs/context.md). */
  readonly uncertainContexts: number;
  /** Violations of the catalog, by kind; of one event there may be several. */
  readonly violations: Readonly<Record<string, number>>;
  /** Functions given to @TrackEvent and @TrackingContext that failed, by place. */
  readonly failures: Readonly<Record<string, number>>;
}

/** Whose books these are. */
export interface Books {
  counts(): TrackerCounts;
  nodes(): NodeCounts[];
  consumers(): ConsumerCounts[];
  watch(listener: (event: DeliveryEvent) => void): () => void;
  measure(listener: (duration: DeliveryDuration) => void): () => void;
}

/** Reads the books of one tracker. Every event is in them, whatever became of it. */
export class TrackingLedger {
  constructor(private readonly books: Books) {}

  /** What the tracker itself counted: emitted + redriven = received by the root + dropped + waiting. */
  tracker(): TrackerCounts {
    return this.books.counts();
  }

  /** Every node, the root first, then in the order in which they receive; last, as `path (replaced)`, backends that were replaced. */
  nodes(): NodeCounts[] {
    return this.books.nodes();
  }

  /** One node by its path; '' is the root. Undefined if there is none, or if it is switched off. */
  node(path: string): NodeCounts | undefined {
    return this.nodes().find((node) => node.path === path);
  }

  /** What each consumer brought in. */
  consumers(): ConsumerCounts[] {
    return this.books.consumers();
  }

  /** What the delivery of one destination counted; undefined if no destination stands there. */
  destination(path: string): DestinationCounts | undefined {
    const delivery = this.node(path)?.delivery;
    return delivery !== undefined && 'breaker' in delivery ? delivery : undefined;
  }

  /**
   * Tells of each change that an operator should know: of a breaker, of the disk, of a full queue.
   * @returns to be called when the listener wants to hear no more
   */
  onChange(listener: (event: DeliveryEvent) => void): () => void {
    return this.books.watch(listener);
  }

  /**
   * Tells each duration as it goes into the histograms of `destination()`: for a histogram of one's own. It is called for
   * each event that is delivered: it must be quick, and must not emit.
   * @returns to be called when the listener wants to hear no more
   */
  onDuration(listener: (duration: DeliveryDuration) => void): () => void {
    return this.books.measure(listener);
  }
}

/** Keeps the counters of a tracker that are not those of its nodes. Fields are public for the reason given at NodeLedger. */
export class TrackerLedger {
  /** Calls of `emit` and `emitConfirmed`. */
  emitted = 0;
  /** Dropped as 'emit-failed'. */
  overflowed = 0;
  private redriven = 0;
  private oddNames = 0;
  private uncertainContexts = 0;
  private readonly dropped = new Tally();
  private readonly replaced = new Tally();
  private readonly failures = new Tally();
  private readonly violations = new Tally();

  constructor(private readonly name: string) {}

  redrive(): void {
    this.redriven++;
  }

  drop(reason: string): void {
    this.dropped.add(reason);
  }

  replace(kind: string): void {
    this.replaced.add(kind);
  }

  violate(kind: string): void {
    this.violations.add(kind);
  }

  oddName(): void {
    this.oddNames++;
  }

  uncertain(): void {
    this.uncertainContexts++;
  }

  fail(place: string): void {
    this.failures.add(place);
  }

  counts(waiting: number): TrackerCounts {
    const { name, emitted, redriven, oddNames, uncertainContexts } = this;
    const dropped = withOverflowed(this.dropped.counts(), this.overflowed);
    const [replaced, failures] = [this.replaced.counts(), this.failures.counts()];
    const violations = this.violations.counts();
    return { name, emitted, redriven, dropped, waiting, replaced, oddNames, uncertainContexts, violations, failures };
  }
}
