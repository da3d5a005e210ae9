/**
 * `GET api/queues` returns an array. The servers are asked at most once a second, for at most two
 * seconds. What a server does not tell is left out.
 */
export interface QueueState {
  /** `memory` is the queue of a node in this process, `custom` a consumer of the application. */
  readonly kind: 'bull' | 'redis-streams' | 'kafka' | 'outbox' | 'memory' | 'custom';
  /** Path of the node, or name of the consumer. */
  readonly path: string;
  readonly role: 'queue' | 'consumer';
  /** Name of the queue on its server, or names of the streams or topics. */
  readonly names: readonly string[];
  /** Jobs, or events of a queue in this process, that wait for a worker. */
  readonly waiting?: number;
  /** Jobs, entries or events that workers have and did not finish. */
  readonly active?: number;
  readonly delayed?: number;
  readonly failed?: number;
  /** Entries that the server holds, read or not. */
  readonly depth?: number;
  /** Entries that the group has still to read; of several groups, those of the slowest. */
  readonly lag?: number;
  /** Connected workers, or members of the group. */
  readonly workers?: number;
  /** When the oldest entry that is not finished was added. */
  readonly oldestAt?: string;
  /** When the server answered. */
  readonly lookedAt?: string;
  /** Counts of this process since it started. */
  readonly counts: Readonly<Record<string, number>>;
  /** Partitions or streams, if there are several; at most 100. */
  readonly parts?: readonly QueuePartState[];
  /** Present if the server did not answer; the figures of the server are then absent. */
  readonly error?: { readonly message: string; readonly fix: string };
}

export interface QueuePartState {
  readonly name: string;
  readonly depth?: number;
  readonly lag?: number;
}
