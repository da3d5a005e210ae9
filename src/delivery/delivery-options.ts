/** How events get to a destination. Module-wide in `forRoot({ delivery })`, for one destination in `backend(..., { delivery })`. */
export interface DeliveryOptions {
  /** Every event is on disk before `emit` returns, and so survives the process. Needs `directory`.  @default false */
  readonly durable?: boolean | undefined;
  /** Where the disk queue is. Without it there is none: what memory cannot hold is dropped by `whenFull`.  @default none */
  readonly directory?: string | undefined;
  /** Each write to the disk queue waits for the device, so that events survive the machine too.  @default false */
  readonly fsync?: boolean | undefined;
  /** Events held in memory; beyond it they go on on disk.  @default 10_000 */
  readonly maxEvents?: number | undefined;
  /** Bytes of events held in memory, by an estimate of their JSON text.  @default 16_777_216 */
  readonly maxBytes?: number | undefined;
  /** Bytes on disk, of the queue and, once more, of the dead letters.  @default 1_073_741_824 */
  readonly maxDiskBytes?: number | undefined;
  /** What goes when there is no room left: the event that comes ('drop-newest'), or those that have waited longest.  @default 'drop-newest' */
  readonly whenFull?: 'drop-newest' | 'drop-oldest' | undefined;
  readonly batch?: BatchOptions | undefined;
  /** Batches under way at once.  @default 2 */
  readonly concurrency?: number | undefined;
  /** One batch at a time, and one that is tried again holds up those behind it.  @default false */
  readonly ordered?: boolean | undefined;
  /** For one attempt to send a batch.  @default 10_000 */
  readonly timeoutMs?: number | undefined;
  readonly retry?: RetryOptions | undefined;
}

export interface BatchOptions {
  /** @default 100 */
  readonly maxEvents?: number | undefined;
  /** Of the events' JSON text in UTF-8.  @default 1_048_576 */
  readonly maxBytes?: number | undefined;
  /** How long an event waits for company.  @default 1000 */
  readonly maxWaitMs?: number | undefined;
}

export interface RetryOptions {
  /** Attempts to send one event, those not counted that only probe whether a destination is back.  @default 10 */
  readonly attempts?: number | undefined;
  /** Since it was accepted: what is older is not tried again.  @default 604_800_000, a week */
  readonly maxAgeMs?: number | undefined;
  /** The longest wait before the second attempt; doubled for each further one.  @default 500 */
  readonly minDelayMs?: number | undefined;
  /** @default 30_000 */
  readonly maxDelayMs?: number | undefined;
  /**
   * The longest wait that a destination can ask for, by a Retry-After header or `retryAfterMs`; what asks for more is tried again
   * after it. 0 ignores what it asks for.  @default 3_600_000, an hour
   */
  readonly maxRetryAfterMs?: number | undefined;
}
