import type { StoredEvent } from '../event/tracking-event';
import type { QueuedEvent } from './queued-event';

/** Why a destination did not take one event of a batch. */
export interface Rejection {
  /** Of the event in the batch. */
  readonly index: number;
  /** For the operator; short, and without the event's values. */
  readonly reason: string;
  /** Whether it may be taken later; else it becomes a dead letter. */
  readonly retryable: boolean;
  /** Not before that; the delivery's own back-off may be longer. */
  readonly retryAfterMs?: number | undefined;
}

/**
 * A backend that awaits: each batch is sent by the delivery engine, which queues, batches, retries and keeps the books.
 *
 * Its class may have `static readonly delivery: DeliveryOptions`, its own defaults: how large a batch its server takes, say.
 */
export interface Destination {
  /**
   * Sends 1 to `batch.maxEvents` events, in the order of their emit. Resolves with those that were refused, by index; with
   * nothing or an empty list if all were taken. Rejects if nothing is known about any (network, time-out): all are sent again,
   * under the same ids, unless the error says otherwise (`SendFailedException`).
   * @param events not to be changed with `readsOnly`
   * @param signal aborted when `timeoutMs` is over, or at shutdown: then nobody waits for the result any more
   */
  // eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- most destinations have nothing to say when all went well
  sendBatch(events: readonly StoredEvent[], signal: AbortSignal): Promise<readonly Rejection[] | void>;

  /** Promises that `sendBatch` changes no event, which then need not be copied for it.  @default false */
  readonly readsOnly?: boolean;

  /**
   * Asked before an event is queued, inside of `emit`: for what this destination can never take, such as an event without a user.
   * @returns why it is dropped ('no-user'), undefined to queue it
   */
  refuses?(event: StoredEvent): string | undefined;
}

export interface SendFailure {
  /** For the operator; short, and without the event's values. */
  readonly reason: string;
  /** false: sent again it would be refused again. The batch is then halved until the events to blame stand alone. */
  readonly retryable: boolean;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** What `sendBatch` throws to say more than an error says by itself. Any other error is taken as retryable. */
export class SendFailedException extends Error {
  override readonly name = 'SendFailedException';

  private constructor(
    message: string,
    readonly retryable: boolean,
    readonly retryAfterMs: number | undefined,
    options: ErrorOptions,
  ) {
    super(message, options);
  }

  static create({ reason, retryable, retryAfterMs, cause }: SendFailure): SendFailedException {
    return new SendFailedException(reason, retryable, retryAfterMs, cause === undefined ? {} : { cause });
  }
}

/** A destination of this library that passes events on to where they go into a tree again, with all that is known of them. */
export interface EntryDestination extends Destination {
  /** Whether it can put there again what a worker could not read as events. */
  readonly takesRaw: boolean;
  sendEntries(entries: readonly QueuedEvent[], signal: AbortSignal): ReturnType<Destination['sendBatch']>;
}

export function carriesEntries(destination: Destination): destination is EntryDestination {
  return typeof (destination as Partial<EntryDestination>).sendEntries === 'function';
}

export function isDestination(backend: unknown): backend is Destination {
  return (
    typeof backend === 'object' && backend !== null && typeof (backend as Partial<Destination>).sendBatch === 'function'
  );
}
