import type { DeliveryOptions } from '../delivery/delivery-options';
import type { EntryDestination, Rejection } from '../delivery/destination';
import type { QueueCounts } from '../ledger/counts';
import type { QueuedEvent, RecordOrigin } from '../delivery/queued-event';
import type { StoredEvent } from '../event/tracking-event';
import type { EventWork } from './event-work';
import { RoutingBackend } from './routing.backend';

type Sent = Promise<readonly Rejection[] | undefined>;

/** What takes events from where they are emitted to where they are worked off: here later, or in another process. */
export interface EventCarrier {
  /** What it asks of the delivery before it. */
  readonly delivery: DeliveryOptions;
  /** Whether it ends in this process: then a role changes nothing, and at shutdown it is worked off before the children close. */
  readonly isLocal: boolean;
  /** Whether it can put there again what a worker could not read as events.  @default false */
  readonly takesRaw?: boolean;
  /** Makes ready what needs a wait, while the node is built. @throws TrackingConfigException for what is missing */
  open?(): Promise<void>;
  /** Told once where it stands, before anything is sent. */
  attach(surroundings: CarrierSurroundings): void;
  send(entries: readonly QueuedEvent[], signal: AbortSignal): Sent;
  /** Begins to take events from the queue for this node. */
  beginWork?(): void;
  /** Takes no more from the queue. Resolves when what was taken is with the children, at the latest after `timeoutMs`. */
  endWork?(timeoutMs: number): Promise<void>;
  /** Gives back what was taken and could not be settled. For after the children have closed. */
  giveBack?(): Promise<void>;
  /** Last of all, before the queue itself is closed by whoever made it. */
  close?(): void | Promise<void>;
  counts?(): QueueCounts | undefined;
}

export interface CarrierSurroundings {
  /** The node as it stands in the configuration. */
  readonly place: string;
  readonly tracker: string;
  readonly path: string;
  readonly work: EventWork;
  readonly warn: (text: string) => void;
  readonly tell: (text: string) => void;
  /** Warns of what every job may bring, under a key that says what and where. */
  readonly warnOnce: (key: string, text: string) => void;
  /** Keeps as a dead letter what cannot be given to the node it is for. */
  readonly keepLetter: (path: string, event: StoredEvent, reason: string, origin: RecordOrigin) => void;
}

/** A routing backend whose children get their events from a queue, after `emit` has returned. */
export abstract class QueuedRouting extends RoutingBackend implements EntryDestination {
  readonly readsOnly = true;
  abstract readonly queue: EventCarrier;
  /** Where its processors run: 'worker' is behind the queue, 'both' before it and behind it. */
  abstract readonly processIn: 'worker' | 'emitter' | 'both';
  /** Whether what comes from a bus goes to its children. */
  readonly isOnBus: boolean = false;

  get takesRaw(): boolean {
    return this.queue.takesRaw === true;
  }

  /** Decides by the name alone, before the queue, whether the event is wanted. */
  abstract keepsName(name: string): boolean;

  sendEntries(entries: readonly QueuedEvent[], signal: AbortSignal): Sent {
    return this.queue.send(entries, signal);
  }

  /** Marks the class as a destination. */
  sendBatch(): Promise<never> {
    return Promise.reject(new Error('its events are sent by sendEntries'));
  }
}
