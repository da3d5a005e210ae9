import type { LatencyCounts } from './latency';

/** State of a circuit breaker: `open` sends nothing, `probing` sends one batch to see whether the destination is back. */
export type BreakerState = 'closed' | 'open' | 'probing';

/** Why a breaker is not closed: attempts fail, every event is refused for good, or a Retry-After has to be waited for. */
export type BreakerReason = 'failing' | 'refusing' | 'retry-after';

/** Counts of a backend that writes later than it accepts: accepted = delivered + dropped + pending, at every moment. */
export interface DeliveryCounts {
  readonly accepted: number;
  readonly delivered: number;
  /** Number of events by drop reason. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly pending: number;
}

/**
 * Counts of one destination since the process started. At every moment:
 * accepted + recovered + redriven = delivered + deadLettered + dropped + pending + handedOver.
 */
export interface DestinationCounts extends DeliveryCounts {
  /** Events found on disk at the start, or adopted from a process that ended. */
  readonly recovered: number;
  /** Dead letters that were put into the queue again. */
  readonly redriven: number;
  readonly deadLettered: number;
  /** Events left on disk when the application closed, for the next start. */
  readonly handedOver: number;
  /** Calls of `sendBatch`. */
  readonly attempts: number;
  /** Attempts that failed as a whole; they are part of `attempts`. */
  readonly failedAttempts: number;
  /** Dead letters that are kept; fewer than `deadLettered` once some were redriven, purged or forgotten. */
  readonly deadLetters: number;
  /** Dead letters that were removed because there was no capacity for more: they are lost. */
  readonly forgottenDeadLetters: number;
  readonly breaker: BreakerState;
  /** Why the breaker is not closed; undefined while it is. */
  readonly breakerReason: BreakerReason | undefined;
  /** True while new events go to the disk. */
  readonly isOnDisk: boolean;
  /** True while new events go to the disk because memory is full; never with `durable`. */
  readonly isOverflowing: boolean;
  /** Bytes of the disk queue. */
  readonly diskBytes: number;
  /** True if the disk queue could not be written or read when it was last tried. */
  readonly isDiskFailing: boolean;
  readonly lastError: { readonly text: string; readonly at: Date } | undefined;
  /** Time from acceptance to delivery. */
  readonly latency: LatencyCounts;
  /** Time of one attempt, failed ones included. */
  readonly attemptLatency: LatencyCounts;
}

/** Counts of one node since the process started: received = passed + dropped, at every moment outside of `emit`. */
export interface NodeCounts {
  /** Names of the node and its ancestors, joined by `/`; '' is the root of the tracker. */
  readonly path: string;
  readonly received: number;
  /** Events handed to the children, or accepted by the backend. */
  readonly passed: number;
  /** Number of events by drop reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Errors that did not cost the event, by place: `processors[0]` threw and was skipped. */
  readonly failures: Readonly<Record<string, number>>;
  /** Only for a backend that writes later than it accepts; a destination has all of `DestinationCounts`. */
  readonly delivery?: DeliveryCounts | DestinationCounts;
  /** Only for an AsyncRoutingBackend in a process that works on its queue: events taken from the queue. */
  readonly work?: WorkCounts;
  /** Only for an AsyncRoutingBackend whose queue is outside of the process: events in the queue. */
  readonly queue?: QueueCounts;
}

/**
 * Counts of the events that a worker took from a queue since the process started. At every moment:
 * received = settled + dropped + deadLettered + returned + pending.
 */
export interface WorkCounts {
  readonly received: number;
  /** Events that every child has delivered, dead-lettered, dropped, or written to its disk. */
  readonly settled: number;
  /** Events dropped by the processors of this node, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly deadLettered: number;
  /** Events that went back to the queue, for another worker or the next start. */
  readonly returned: number;
  readonly pending: number;
  /** Errors that did not cost the event, by place. */
  readonly failures: Readonly<Record<string, number>>;
}

/** Counts of one consumer since the process started. At every moment: received = settled + duplicates + deadLettered + returned + pending. */
export interface ConsumerCounts {
  /** Key of the consumer in the configuration. */
  readonly name: string;
  /** Entries read. */
  readonly received: number;
  /** Entries that every node of the bus and every handler has. */
  readonly settled: number;
  /** Entries whose id was known already, and that were handled only once. */
  readonly duplicates: number;
  readonly deadLettered: number;
  /** Entries that were not done when the application closed: the bus still has them. */
  readonly returned: number;
  readonly pending: number;
  /** Entries that the bus removed before the group had read them, as far as it is known. Not part of `received`. */
  readonly missed: number;
  /** How often a topic, a partition or a stream was found to begin again, because it was deleted and created again. */
  readonly restarts: number;
  /** Entries on the bus that are still to be read, as far as it is known. */
  readonly lag: number | undefined;
}

/** Counts of a queue outside of the process, as of the last look at it. */
export interface QueueCounts {
  /** Batches that wait for a worker. */
  readonly waitingJobs: number;
  /** Batches that workers have. */
  readonly activeJobs: number;
  /** Events that this process put there and whose outcome is not known: at most so many are lost if the queue is emptied now. */
  readonly unsettledEvents: number;
  /** Events of this process that were in the queue, at most, when it was found emptied. */
  readonly emptiedEvents: number;
  readonly lookedAt: Date | undefined;
}

/** Counts of one tracker apart from its nodes, since the process started. */
export interface TrackerCounts {
  readonly name: string;
  /** Calls of `emit` and `emitConfirmed`; the root has received those that were not dropped before it. */
  readonly emitted: number;
  /** Events that the catalog rejected and that `TrackingDeadLetters.redrive` sent all the same. */
  readonly redriven: number;
  /** Events that never reached the tree, by drop reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Events emitted before the application had started, which wait for it. */
  readonly waiting: number;
  /** Values that were replaced because they cannot be written, by kind (docs/values.md). */
  readonly replaced: Readonly<Record<string, number>>;
  /** Events whose name was not a string. */
  readonly oddNames: number;
  /** Events emitted in the flow of a request whose response was over: their context may be another request's (docs/context.md). */
  readonly uncertainContexts: number;
  /** Violations of the catalog, by kind; one event can have several. */
  readonly violations: Readonly<Record<string, number>>;
  /** Functions given to @TrackEvent and @TrackingContext that failed, by place. */
  readonly failures: Readonly<Record<string, number>>;
}
