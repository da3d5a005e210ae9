import type { DestinationCounts } from './delivery-ledger';

/** Why an event went no further: one of these, or what a destination says when it refuses an event before it is queued. */
export type DropReason = KnownDropReason | (string & Record<never, never>);

/** The first seven are configured, or no end at all: 'returned' went back to the queue it came from. The others are losses. */
export type KnownDropReason =
  | 'filtered'
  | 'cancelled'
  | 'sampled'
  | 'rate-limited'
  | 'duplicate'
  | 'returned'
  | 'switched-off'
  | 'no-backend'
  | 'async-processor'
  | 'processor-failed'
  | 'backend-failed'
  | 'async-backend'
  | 'too-large'
  | 'log-unwritable'
  | 'queue-full'
  | 'unreadable'
  | 'disk-removed'
  | 'loop'
  | 'not-ready'
  | 'emit-failed'
  | 'shutdown'
  | 'closed';

type WishedReason = 'filtered' | 'cancelled' | 'sampled' | 'rate-limited' | 'duplicate' | 'returned' | 'switched-off';

const WISHED: ReadonlySet<string> = new Set<WishedReason>([
  'filtered',
  'cancelled',
  'sampled',
  'rate-limited',
  'duplicate',
  'returned',
  'switched-off',
]);

const LOSSES: Readonly<Record<Exclude<KnownDropReason, WishedReason>, true>> = {
  'no-backend': true,
  'async-processor': true,
  'processor-failed': true,
  'backend-failed': true,
  'async-backend': true,
  'too-large': true,
  'log-unwritable': true,
  'queue-full': true,
  unreadable: true,
  'disk-removed': true,
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
  /** Only for an AsyncRoutingBackend, in a process that works its queue off: what was taken from there. */
  readonly work?: WorkCounts;
  /** Only for an AsyncRoutingBackend whose queue is outside of the process: what is in it. */
  readonly queue?: QueueCounts;
}

/**
 * The counts of what a worker took from a queue since the process started. At every moment:
 * received = settled + dropped + deadLettered + returned + pending.
 */
export interface WorkCounts {
  readonly received: number;
  /** Every child has it where it belongs: delivered, in its dead letters, dropped by it, or on its disk. */
  readonly settled: number;
  /** By the processors of this node, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly deadLettered: number;
  /** Went back to the queue, for another worker or the next start. */
  readonly returned: number;
  readonly pending: number;
  /** What failed without costing the event, by place. */
  readonly failures: Readonly<Record<string, number>>;
}

/** The counts of one consumer since the process started. At every moment: received = settled + duplicates + deadLettered + returned + pending. */
export interface ConsumerCounts {
  /** The key under which it stands. */
  readonly name: string;
  /** Entries read. */
  readonly received: number;
  /** Every node of the bus and every handler has them. */
  readonly settled: number;
  /** Known by their id, and not given to anybody again. */
  readonly duplicates: number;
  readonly deadLettered: number;
  /** Not done when the application closed: the bus has them still. */
  readonly returned: number;
  readonly pending: number;
  /** Entries that the bus removed before the group had read them, as far as it is known. Not among `received`. */
  readonly missed: number;
  /** How often a topic, one of its partitions, or a stream was found to begin again: it was deleted and made anew, say. */
  readonly restarts: number;
  /** Entries on the bus that are still to be read, as far as it is known. */
  readonly lag: number | undefined;
}

/** What stands in a queue outside of the process, as it was last looked at. */
export interface QueueCounts {
  /** Batches that wait for a worker. */
  readonly waitingJobs: number;
  /** Batches that workers have. */
  readonly activeJobs: number;
  /** Events that this process put there and whose end is not known: the most that were lost, should the queue be emptied now. */
  readonly unsettledEvents: number;
  /** Events of this process that were in the queue, at most, when it was found emptied. */
  readonly emptiedEvents: number;
  readonly lookedAt: Date | undefined;
}

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

/** What was dropped, with the events that were lost at the end of the stack. */
export function withOverflowed(dropped: Record<string, number>, overflowed: number): Record<string, number> {
  const reason: KnownDropReason = 'emit-failed';
  return overflowed === 0 ? dropped : { ...dropped, [reason]: (dropped[reason] ?? 0) + overflowed };
}
