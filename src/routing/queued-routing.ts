import type { DeliveryOptions } from '../delivery/delivery-options';
import type { EntryDestination, Rejection } from '../delivery/destination';
import type { QueueCounts } from '../ledger/counts';
import type { QueuedEvent, RecordOrigin } from '../delivery/queued-event';
import type { StoredEvent } from '../event/tracking-event';
import type { EventWork } from './event-work';
import { RoutingBackend } from './routing.backend';

type Sent = Promise<readonly Rejection[] | undefined>;

/**
 * Carries events from where they are emitted to where they are processed: later in this process, or
 * in another one.
 */
export interface EventCarrier {
  /** Delivery options that the carrier requires of the delivery before it. */
  readonly delivery: DeliveryOptions;
  /**
   * True if the queue ends in this process. A role then changes nothing, and at shutdown the queue
   * is processed before the children close.
   */
  readonly isLocal: boolean;
  /** True if it can requeue entries that a worker could not read as events.  @default false */
  readonly takesRaw?: boolean;
  /**
   * Prepares asynchronously, while the node is built.
   * @throws TrackingConfigException for anything that is missing
   */
  open?(): Promise<void>;
  /** Called once with the place and the dependencies, before anything is sent. */
  attach(surroundings: CarrierSurroundings): void;
  send(entries: readonly QueuedEvent[], signal: AbortSignal): Sent;
  /** Starts to take events from the queue for this node. */
  beginWork?(): void;
  /**
   * Stops taking events from the queue. Resolves when the events taken are with the children, at
   * the latest after `timeoutMs`.
   */
  endWork?(timeoutMs: number): Promise<void>;
  /**
   * Gives back events that were taken and could not be settled. Called after the children have
   * closed.
   */
  giveBack?(): Promise<void>;
  /** Called last, before the queue itself is closed by its creator. */
  close?(): void | Promise<void>;
  counts?(): QueueCounts | undefined;
}

export interface CarrierSurroundings {
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
  readonly keepLetter: (path: string, event: StoredEvent, reason: string, origin: RecordOrigin) => void;
}

/** Routing backend whose children get their events from a queue, after `emit` has returned. */
export abstract class QueuedRouting extends RoutingBackend implements EntryDestination {
  readonly readsOnly = true;
  abstract readonly queue: EventCarrier;
  /**
   * Where its processors run: 'emitter' before the queue, 'worker' behind it, 'both' in both
   * places.
   */
  abstract readonly processIn: 'worker' | 'emitter' | 'both';
  /** True if events from a bus go to its children. */
  readonly isOnBus: boolean = false;

  get takesRaw(): boolean {
    return this.queue.takesRaw === true;
  }

  /** Decides by the name alone, before the queue, whether the event is wanted. */
  abstract keepsName(name: string): boolean;

  sendEntries(entries: readonly QueuedEvent[], signal: AbortSignal): Sent {
    return this.queue.send(entries, signal);
  }

  /** Marks the class as a destination. Always rejects: events are sent by `sendEntries`. */
  sendBatch(): Promise<never> {
    return Promise.reject(new Error('its events are sent by sendEntries'));
  }
}
