import type { TrackerScopes } from '../context/tracker-scopes';
import type { DeliveryOptions } from '../delivery/delivery-options';
import type { EntryDestination } from '../delivery/destination';
import type { RecordOrigin } from '../delivery/queued-event';
import type { Notices } from '../common/notices';
import type { Envelope } from '../event/envelope';
import type { Normalizer } from '../event/normalizer';
import type { IdentifiedEvent } from '../event/tracking-event';
import type { QueueCounts, WorkCounts } from '../ledger/counts';
import type { NodeLedger } from '../ledger/node-ledger';
import type { OutcomeListener } from './confirmation';
import type { EnvelopeBackend } from './contracts';
import type { Processing } from './processing';
import type { ProcessorStep } from './processor-step';
import type { QueueProbe } from './queue-probe';
import { RoutingBackend } from './routing.backend';
import type { BuiltProcessor } from './tree-plan';

/**
 * Routing backend whose children get their events from a queue, after `emit` has returned.
 *
 * The tree knows only this class and the interfaces of this file; the room `queues` implements
 * them. The delivery engine queues the events of such a node as it does for a destination, and
 * sends them to `destination`. Later, here or in another process, `NodeWork` passes them to the
 * children.
 */
export abstract class QueuedBackend extends RoutingBackend {
  /**
   * Queue between `emit` and the children.
   * @internal
   */
  abstract readonly queue: NodeQueue;
  /**
   * Object to which the delivery before the queue sends the events.
   * @internal
   */
  abstract readonly destination: EntryDestination;
  /** True if events from a bus go to its children. */
  readonly isOnBus: boolean = false;

  /**
   * Creates the parts of a node that depend on its queue. Called once, when the tree is built.
   * @internal
   */
  abstract createNode(host: QueuedNodeHost): QueuedNodeParts;
}

/** Queue between `emit` and the children of a node. */
export interface NodeQueue {
  /** Delivery options that the queue requires of the delivery before it. */
  readonly delivery: DeliveryOptions;
  /**
   * True if the queue ends in this process. A role then changes nothing, and at shutdown the queue
   * is processed before the children close.
   */
  readonly isLocal: boolean;
  /**
   * Prepares asynchronously, while the node is built.
   * @throws TrackingConfigException for anything that is missing
   */
  open?(): Promise<void>;
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
  counts?(): QueueCounts | undefined;
  /** Returns what asks the server of the queue for its state. */
  probe?(): QueueProbe | undefined;
}

/** Event that left a queue, or came from a bus, for the children of a node. */
export interface WorkItem {
  readonly envelope: Envelope;
  /**
   * True if the queue retains the event until it is reported as done; false if it is done once the
   * children have it.
   */
  readonly isRetained: boolean;
  /** True if the processors of this node ran already, where the event was emitted. */
  readonly isProcessed: boolean;
}

/** Processes events behind the queue of a node and passes them to its children. */
export interface NodeWork {
  counts(): WorkCounts;
  /**
   * Runs the processors on each event, and passes the events to the children, in order. Resolves
   * when each event is done, or cannot be done before the application ends. Never rejects.
   * @param onDone called with the index of each event that is done
   * @param isInOrder true if these events must reach the children after the events of earlier
   *   ordered calls
   */
  run(items: readonly WorkItem[], onDone: (index: number) => void, isInOrder?: boolean): Promise<void>;
  /**
   * Resolves when the events taken before the call are with the children, or wait for a child
   * without capacity.
   */
  whenAtRest(): Promise<void>;
  /** Stops passing events to the children, which close now. */
  stop(): void;
}

/** Children of a node, as the work behind its queue sees them. */
export interface NodeChildren {
  /** Passes the event to the children, in order. */
  handOn(envelope: Envelope, confirmation: OutcomeListener | undefined): void;
  /** Returns the sinks of all nodes that the children pass events to. */
  childSinks(): readonly EnvelopeBackend[];
}

/** Dependencies of a node that has a queue. */
export interface QueuedNodeHost {
  /** Place of the node in the configuration. */
  readonly place: string;
  readonly path: string;
  /** Name of the tracker. */
  readonly tracker: string;
  /** Processors of the node that are switched on, in order. */
  readonly processors: readonly BuiltProcessor[];
  /** Counters of the node, up to its queue. */
  readonly ledger: NodeLedger;
  readonly scopes: TrackerScopes;
  readonly normalizer: Normalizer;
  readonly processing: Processing;
  readonly notices: Notices;
  /** Keeps as a dead letter an event that cannot be passed to the node at `path`. */
  readonly keepLetter: (path: string, event: IdentifiedEvent, reason: string, origin: RecordOrigin) => void;
}

/** Parts of a node that depend on its queue. */
export interface QueuedNodeParts {
  /** Steps that run before the queue, where the event is emitted. */
  readonly steps: readonly ProcessorStep[];
  readonly work: NodeWork;
  /** Receives the children, before any event is taken from the queue. */
  readonly attach: (children: NodeChildren) => void;
}
