/** A part of a queue with a position of its own: a partition, or a stream. */
export interface QueuePart {
  readonly name: string;
  /** Entries that it holds, read or not. */
  readonly depth?: number | undefined;
  /** Entries that are still to be read. */
  readonly lag?: number | undefined;
}

/** State of a queue or a bus on its server. What the server does not tell is left out. */
export interface QueueFigures {
  /** Jobs that wait for a worker. */
  readonly waiting?: number | undefined;
  /** Jobs or entries that workers have and did not finish. */
  readonly active?: number | undefined;
  /** Jobs that wait for a time. */
  readonly delayed?: number | undefined;
  /** Jobs that failed for good. */
  readonly failed?: number | undefined;
  /** Entries that the server holds, read or not. */
  readonly depth?: number | undefined;
  /** Entries that the group has still to read; of several groups, those of the slowest. */
  readonly lag?: number | undefined;
  /** Connected workers, or members of the group. */
  readonly workers?: number | undefined;
  /** When the oldest entry that is not finished was added. */
  readonly oldestAt?: Date | undefined;
  /** Left out if there is only one. */
  readonly parts?: readonly QueuePart[] | undefined;
}

/**
 * Asks the server of one queue or bus for its state, over a connection that is open anyway.
 * @internal
 */
export interface QueueProbe {
  readonly kind: 'bull' | 'redis-streams' | 'kafka' | 'outbox';
  /** Name of the queue on its server, or names of the streams or topics. */
  readonly names: readonly string[];
  /** What to do if the server does not answer. */
  readonly fix: string;
  /** Rejects if the server cannot be reached or refuses. May take long: the caller limits it. */
  ask(): Promise<QueueFigures>;
}
