import type { IdentifiedEvent } from '../event/tracking-event';
import type { QueuedEvent } from './queued-event';

/** Why a destination did not accept one event of a batch. */
export interface EventRejection {
  /** Zero-based position of the event in the batch passed to `sendBatch`. */
  readonly index: number;
  /** Reason for the operator. Keep it short and free of event data. */
  readonly reason: string;
  /**
   * True if the destination may accept the event later. If false, the event becomes a dead letter.
   */
  readonly retryable: boolean;
  /**
   * Minimum wait before the event is sent again, in milliseconds. The delivery's own back-off may
   * be longer.
   */
  readonly retryAfterMs?: number | undefined;
}

/**
 * A backend that sends batches asynchronously. The delivery engine queues, batches, retries and
 * counts its events. Its class may have `static readonly delivery: DeliveryOptions` with its own
 * defaults, such as the batch size that its server accepts.
 */
export interface Destination {
  /**
   * Sends 1 to `batch.maxEvents` events, in the order in which they were emitted. Resolves with the
   * rejected events by index, or with nothing or an empty list if all were accepted. Rejects if the
   * result is unknown for all events (network error, timeout): all are sent again under the same
   * ids, unless the error says otherwise (`SendFailedException`).
   * @param events the events; must not be changed if `readsOnly` is true
   * @param signal aborted after `timeoutMs` or at shutdown; the result is ignored from then on
   */
  // Most destinations return nothing on success.
  // eslint-disable-next-line @typescript-eslint/no-invalid-void-type
  sendBatch(events: readonly IdentifiedEvent[], signal: AbortSignal): Promise<readonly EventRejection[] | void>;

  /**
   * True if `sendBatch` changes no event. The events are then not copied for it.
   * @default false
   */
  readonly readsOnly?: boolean;

  /**
   * Rejects an event before it is queued, for events that this destination can never accept, such
   * as one without a user. Called inside `emit`.
   * @returns the reason to drop the event ('no-user'), or undefined to queue it
   */
  refuses?(event: IdentifiedEvent): string | undefined;
}

export interface BatchFailure {
  /** Reason for the operator. Keep it short and free of event data. */
  readonly reason: string;
  /**
   * False if a retry would be rejected again. The batch is then halved until each rejected event is
   * alone in its batch.
   */
  readonly retryable: boolean;
  readonly retryAfterMs?: number | undefined;
  /**
   * HTTP status of the answer, which the explorer shows.
   * @default none
   */
  readonly status?: number | undefined;
  readonly cause?: unknown;
}

/**
 * The error that `sendBatch` throws to state whether and when to retry. Any other error is retried.
 */
export class SendFailedException extends Error {
  override readonly name = 'SendFailedException';

  private constructor(
    message: string,
    readonly retryable: boolean,
    readonly retryAfterMs: number | undefined,
    readonly status: number | undefined,
    options: ErrorOptions,
  ) {
    super(message, options);
  }

  static create({ reason, retryable, retryAfterMs, status, cause }: BatchFailure): SendFailedException {
    return new SendFailedException(reason, retryable, retryAfterMs, status, cause === undefined ? {} : { cause });
  }
}

/** Passes events on, with all their facts, to a place where they enter a tree again. */
export interface EntryDestination {
  /** True if input that a worker could not read as an event can be redriven there. */
  readonly takesRaw: boolean;
  /** It accepts every event. */
  readonly refuses?: undefined;
  sendEntries(entries: readonly QueuedEvent[], signal: AbortSignal): ReturnType<Destination['sendBatch']>;
}

/**
 * A destination of this package that sends the JSON texts of its events. The text of an event is
 * made inside `emit`, instead of a copy of its data, and all backends that write it share it.
 */
export interface TextDestination extends Destination {
  /** False if an application has replaced `sendBatch`, which is then called in its place. */
  readonly sendsText: boolean;
  /** Does what `sendBatch` does. Rejects events whose text cannot be made. */
  sendTexts(entries: readonly QueuedEvent[], signal: AbortSignal): ReturnType<Destination['sendBatch']>;
}

/** Object to which the delivery engine sends batches. */
export type DeliveryTarget = Destination | TextDestination | EntryDestination;

export function carriesEntries(target: DeliveryTarget): target is EntryDestination {
  return 'sendEntries' in target;
}

export function isTextDestination(target: DeliveryTarget): target is TextDestination {
  return (target as Partial<TextDestination>).sendsText === true;
}

export function isDestination(backend: unknown): backend is Destination {
  return (
    typeof backend === 'object' && backend !== null && typeof (backend as Partial<Destination>).sendBatch === 'function'
  );
}
