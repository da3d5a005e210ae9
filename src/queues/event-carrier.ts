import type { EventRejection } from '../delivery/destination';
import type { QueuedEvent, RecordOrigin } from '../delivery/queued-event';
import type { IdentifiedEvent } from '../event/tracking-event';
import type { NodeQueue } from '../routing/queued-backend';
import type { EventWork } from './event-work';

/**
 * Carries events from where they are emitted to where they are processed: later in this process, or
 * in another one.
 */
export interface EventCarrier extends NodeQueue {
  /** True if it can requeue entries that a worker could not read as events.  @default false */
  readonly takesRaw?: boolean;
  /**
   * True if it sends the JSON text of events. Data that is plain JSON is then written inside `emit`
   * instead of copied, and never becomes an object.  @default false
   */
  readonly sendsText?: boolean;
  /** Called once with the place and the dependencies, before anything is sent. */
  attach(host: CarrierHost): void;
  /** Resolves with the events that were not accepted, by index. */
  send(entries: readonly QueuedEvent[], signal: AbortSignal): Promise<readonly EventRejection[] | undefined>;
  /** Called last, before the queue itself is closed by its creator. */
  close?(): void | Promise<void>;
}

export interface CarrierHost {
  /** Place of the node in the configuration. */
  readonly place: string;
  readonly tracker: string;
  readonly path: string;
  readonly work: EventWork;
  readonly warn: (text: string) => void;
  readonly tell: (text: string) => void;
  /**
   * Warns once per key about a problem that any job may cause; the key names the problem and its
   * place.
   */
  readonly warnOnce: (key: string, text: string) => void;
  /** Keeps as a dead letter an event that cannot be passed to its node. */
  readonly keepLetter: (path: string, event: IdentifiedEvent, reason: string, origin: RecordOrigin) => void;
}
