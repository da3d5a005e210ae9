import type { LatencyCounts } from './latency';

/**
 * State of a circuit breaker: `closed` sends as usual, `open` sends nothing, `probing` sends one
 * batch to find out whether the destination is available again.
 */
export type BreakerState = 'closed' | 'open' | 'probing';

/**
 * Reason why a breaker is not closed: attempts fail, the destination rejects every event
 * permanently, or a Retry-After has not passed yet.
 */
export type BreakerReason = 'failing' | 'refusing' | 'retry-after';

/**
 * Counts of a backend that writes later than it accepts. At every moment: accepted = delivered +
 * dropped + pending.
 */
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
  /** Dead letters that were put back into the queue. */
  readonly redriven: number;
  readonly deadLettered: number;
  /** Events left on disk for the next start when the application closed. */
  readonly handedOver: number;
  /** Number of calls of `sendBatch`. */
  readonly attempts: number;
  /** Attempts that failed as a whole. They are included in `attempts`. */
  readonly failedAttempts: number;
  /**
   * Dead letters that are stored now. Fewer than `deadLettered` once some were redriven, purged or
   * forgotten.
   */
  readonly deadLetters: number;
  /** Dead letters that were removed because the capacity was exceeded. They are lost. */
  readonly forgottenDeadLetters: number;
  readonly breaker: BreakerState;
  /** Reason why the breaker is not closed; undefined while it is closed. */
  readonly breakerReason: BreakerReason | undefined;
  /** True while new events go to the disk. */
  readonly isOnDisk: boolean;
  /** True while new events go to the disk because memory is full. Always false with `durable`. */
  readonly isOverflowing: boolean;
  /** Size of the disk queue in bytes. */
  readonly diskBytes: number;
  /** True if the last attempt to write or read the disk queue failed. */
  readonly isDiskFailing: boolean;
  readonly lastError: { readonly text: string; readonly at: Date } | undefined;
  /** Time from acceptance to delivery. */
  readonly latency: LatencyCounts;
  /** Duration of one attempt. Failed attempts are included. */
  readonly attemptLatency: LatencyCounts;
}

/**
 * Counts of one node since the process started. At every moment outside of `emit`: received =
 * passed + dropped.
 */
export interface NodeCounts {
  /**
   * Names of the node and its ancestors, joined by `/`. The empty string is the root of the
   * tracker.
   */
  readonly path: string;
  readonly received: number;
  /** Events passed to the children, or accepted by the backend. */
  readonly passed: number;
  /** Number of events by drop reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /**
   * Errors that did not lose the event, by place. Example: `processors[0]` threw and was skipped.
   */
  readonly failures: Readonly<Record<string, number>>;
  /**
   * Counts of the delivery. Present only for a backend that writes later than it accepts; a
   * destination has all of `DestinationCounts`.
   */
  readonly delivery?: DeliveryCounts | DestinationCounts;
  /**
   * Counts of the events taken from the queue. Present only for an AsyncRoutingBackend in a process
   * that works on its queue.
   */
  readonly work?: WorkCounts;
  /**
   * Counts of the events in the queue. Present only for an AsyncRoutingBackend whose queue is
   * outside the process.
   */
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
  /** Events returned to the queue, for another worker or the next start. */
  readonly returned: number;
  readonly pending: number;
  /** Errors that did not lose the event, by place. */
  readonly failures: Readonly<Record<string, number>>;
}

/**
 * Counts of one consumer since the process started. At every moment:
 * received = settled + duplicates + deadLettered + returned + pending.
 */
export interface ConsumerCounts {
  /** Key of the consumer in the configuration. */
  readonly name: string;
  /** Entries read from the bus. */
  readonly received: number;
  /** Entries that every node of the bus and every handler has processed. */
  readonly settled: number;
  /** Entries whose id was already known, so that they were not handled a second time. */
  readonly duplicates: number;
  readonly deadLettered: number;
  /** Entries that were not finished when the application closed. The bus still has them. */
  readonly returned: number;
  readonly pending: number;
  /**
   * Entries that the bus removed before the group had read them, as far as known. They are not part
   * of `received`.
   */
  readonly missed: number;
  /**
   * Number of times that a topic, a partition or a stream was found to start again from the
   * beginning, because it was deleted and created again.
   */
  readonly restarts: number;
  /** Entries on the bus that are still to be read; undefined if the number is not known. */
  readonly lag: number | undefined;
}

/** Counts of a queue outside the process, as of the last check of it. */
export interface QueueCounts {
  /** Batches that wait for a worker. */
  readonly waitingJobs: number;
  /** Batches that workers are processing. */
  readonly activeJobs: number;
  /**
   * Events that this process put into the queue and whose outcome is not known. At most this many
   * are lost if the queue is emptied now.
   */
  readonly unsettledEvents: number;
  /**
   * Maximum number of events of this process that were in the queue when it was found to be
   * emptied.
   */
  readonly emptiedEvents: number;
  readonly lookedAt: Date | undefined;
}

/** Counts of one tracker, without the counts of its nodes, since the process started. */
export interface TrackerCounts {
  readonly name: string;
  /**
   * Number of calls of `emit` and `emitConfirmed`. The root receives these events except those that
   * were dropped before it, or stored in an outbox.
   */
  readonly emitted: number;
  /** Events that the catalog rejected and that `TrackingDeadLetters.redrive` sent anyway. */
  readonly redriven: number;
  /** Events that never reached the tree, by drop reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Events emitted before the application had started. They wait for the start. */
  readonly waiting: number;
  /** Events that open transactions hold until they commit. */
  readonly held: number;
  /**
   * Events that transactions have stored in an outbox. A relay sends them if the transaction
   * commits; its rollback is only noticed where it is known (docs/events/outbox.md).
   */
  readonly outbox: number;
  /** Events that relays of this process took from an outbox and passed to the root. */
  readonly relayed: number;
  /**
   * Values that were replaced because they cannot be written, by kind (docs/reference/values.md).
   */
  readonly replaced: Readonly<Record<string, number>>;
  /** Events whose name was not a string. */
  readonly oddNames: number;
  /**
   * Events emitted in the flow of a request whose response has ended. Their context may belong to
   * another request (docs/events/request-context.md).
   */
  readonly uncertainContexts: number;
  /**
   * Dead letters that were lost at paths without a destination (`catalog:rejected`,
   * `consumer:<name>`), by path, for the reasons given at `forgottenDeadLetters` of
   * DestinationCounts. Paths without any are left out.
   */
  readonly forgottenDeadLetters: Readonly<Record<string, number>>;
  /** Violations of the catalog, by kind. One event can have several. */
  readonly violations: Readonly<Record<string, number>>;
  /** Functions passed to @TrackEvent and @TrackingContext that failed, by place. */
  readonly failures: Readonly<Record<string, number>>;
}
