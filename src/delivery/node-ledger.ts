import type { DestinationCounts } from './delivery-ledger';

/** Why an event went no further: one of these, or what a destination says when it refuses an event before it is queued. */
export type DropReason = KnownDropReason | (string & Record<never, never>);

/** The first five are somebody's wish; the others are losses. */
export type KnownDropReason =
  | 'filtered'
  | 'cancelled'
  | 'sampled'
  | 'rate-limited'
  | 'duplicate'
  | 'async-processor'
  | 'processor-failed'
  | 'backend-failed'
  | 'async-backend'
  | 'too-large'
  | 'log-unwritable'
  | 'queue-full'
  | 'unreadable'
  | 'loop'
  | 'not-ready'
  | 'emit-failed'
  | 'shutdown'
  | 'closed';

type WishedReason = 'filtered' | 'cancelled' | 'sampled' | 'rate-limited' | 'duplicate';

const WISHED: ReadonlySet<string> = new Set<WishedReason>([
  'filtered',
  'cancelled',
  'sampled',
  'rate-limited',
  'duplicate',
]);

const LOSSES: Readonly<Record<Exclude<KnownDropReason, WishedReason>, true>> = {
  'async-processor': true,
  'processor-failed': true,
  'backend-failed': true,
  'async-backend': true,
  'too-large': true,
  'log-unwritable': true,
  'queue-full': true,
  unreadable: true,
  loop: true,
  'not-ready': true,
  'emit-failed': true,
  shutdown: true,
  closed: true,
};

/** Whether a drop is what somebody configured, rather than a loss. */
export function isWished(reason: string): boolean {
  return WISHED.has(reason);
}

/** Whether a drop is one that an operator must mend. Not what somebody configured, nor what a destination can never take ('no-user'). */
export function isLoss(reason: string): boolean {
  return Object.hasOwn(LOSSES, reason);
}

/** The counts of what was accepted for writing: accepted = delivered + dropped + pending, at every moment. */
export interface DeliveryCounts {
  readonly accepted: number;
  readonly delivered: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly pending: number;
}

/** The counts of one node since the process started: received = passed + dropped, at every moment outside of `emit`. */
export interface NodeCounts {
  /** Names joined by `/`; '' is the root of the tracker. */
  readonly path: string;
  readonly received: number;
  /** Handed to the children, or taken by the backend. */
  readonly passed: number;
  /** By reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** What failed without costing the event, by place: `processors[0]` threw and was skipped. */
  readonly failures: Readonly<Record<string, number>>;
  /** Only for a backend that writes later than it accepts; for a destination with all that `DestinationCounts` has. */
  readonly delivery?: DeliveryCounts | DestinationCounts;
}

/** Keeps the books of one node. Verbs only: nobody else counts. */
export class NodeLedger {
  private received = 0;
  private passed = 0;
  private readonly dropped = new Tally();
  private readonly failures = new Tally();

  constructor(readonly path: string) {}

  receive(): void {
    this.received++;
  }

  pass(): void {
    this.passed++;
  }

  drop(reason: string): void {
    this.dropped.add(reason);
  }

  fail(place: string): void {
    this.failures.add(place);
  }

  counts(delivery?: DeliveryCounts | DestinationCounts): NodeCounts {
    const { path, received, passed } = this;
    const counts = { path, received, passed, dropped: this.dropped.counts(), failures: this.failures.counts() };
    return delivery === undefined ? counts : { ...counts, delivery };
  }
}

/** Counts by name. */
export class Tally {
  private readonly byName = new Map<string, number>();

  add(name: string, count = 1): void {
    this.byName.set(name, (this.byName.get(name) ?? 0) + count);
  }

  counts(): Record<string, number> {
    return Object.fromEntries(this.byName);
  }
}
