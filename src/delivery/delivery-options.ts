/**
 * How events get to a destination. Set it for all destinations in `forRoot({ delivery })`, or for
 * one destination in `backend(..., { delivery })`.
 */
export interface DeliveryOptions {
  /**
   * Writes every event to disk before `emit` returns, so that it survives the process. Needs
   * `directory`.
   * @default false
   */
  readonly durable?: boolean | undefined;
  /**
   * Directory of the disk queue. Without it there is no disk queue, and events that exceed memory
   * are dropped according to `whenFull`.
   * @default none
   */
  readonly directory?: string | undefined;
  /**
   * Waits for the device at each write to the disk queue, so that events survive a crash of the
   * machine too.
   * @default false
   */
  readonly fsync?: boolean | undefined;
  /**
   * Maximum number of events held in memory. Further events go to the disk queue.
   * @default 10_000
   */
  readonly maxEvents?: number | undefined;
  /**
   * Maximum bytes of events held in memory, by an estimate of their JSON text.
   * @default 16_777_216
   */
  readonly maxBytes?: number | undefined;
  /**
   * Maximum bytes of the queue on disk. The dead letters on disk have a separate limit of the same
   * size.
   * @default 1_073_741_824
   */
  readonly maxDiskBytes?: number | undefined;
  /**
   * Which event to drop when the queue is full: the new event ('drop-newest') or the events that
   * have waited longest ('drop-oldest').
   * @default 'drop-newest'
   */
  readonly whenFull?: 'drop-newest' | 'drop-oldest' | undefined;
  readonly batch?: BatchOptions | undefined;
  /**
   * Maximum number of batches that are sent at once.
   * @default 2
   */
  readonly concurrency?: number | undefined;
  /**
   * Keeps the order of events: sends one batch at a time, and a batch that is retried holds up the
   * batches behind it.
   * @default false
   */
  readonly ordered?: boolean | undefined;
  /**
   * Timeout of one attempt to send a batch, in milliseconds.
   * @default 10_000
   */
  readonly timeoutMs?: number | undefined;
  readonly retry?: RetryOptions | undefined;
}

export interface BatchOptions {
  /**
   * Maximum number of events in a batch.
   * @default 100
   */
  readonly maxEvents?: number | undefined;
  /**
   * Maximum bytes of a batch: the JSON text of its events in UTF-8.
   * @default 1_048_576
   */
  readonly maxBytes?: number | undefined;
  /**
   * How long an event waits for a batch to fill up, in milliseconds.
   * @default 1000
   */
  readonly maxWaitMs?: number | undefined;
}

export interface RetryOptions {
  /**
   * Maximum attempts to send one event. Probes of a destination that may still be down are not
   * counted.
   * @default 10
   */
  readonly attempts?: number | undefined;
  /**
   * Maximum age of an event at which it is retried, in milliseconds since it was accepted.
   * @default 604_800_000, a week
   */
  readonly maxAgeMs?: number | undefined;
  /**
   * Maximum wait before the second attempt, in milliseconds. It doubles with each further attempt.
   * @default 500
   */
  readonly minDelayMs?: number | undefined;
  /**
   * Upper bound of the wait between attempts, in milliseconds.
   * @default 30_000
   */
  readonly maxDelayMs?: number | undefined;
  /**
   * Longest wait that a destination can request with a Retry-After header or `retryAfterMs`, in
   * milliseconds. A longer request is cut to this. 0 ignores all requests.
   * @default 3_600_000, an hour
   */
  readonly maxRetryAfterMs?: number | undefined;
}
