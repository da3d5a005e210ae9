import type { EntryDestination } from '../delivery/destination';
import { QueuedBackend, type QueuedNodeHost, type QueuedNodeParts } from '../routing/queued-backend';
import type { EventCarrier } from './event-carrier';
import { createQueuedNode } from './queued-node';

/** Routing backend with an EventCarrier as its queue. */
export abstract class QueuedRouting extends QueuedBackend {
  /** @internal */
  abstract override readonly queue: EventCarrier;
  /**
   * Where its processors run: 'emitter' before the queue, 'worker' behind it, 'both' in both
   * places.
   */
  abstract readonly processIn: 'worker' | 'emitter' | 'both';

  /** @internal */
  override get destination(): EntryDestination {
    const { queue } = this;
    return {
      takesRaw: queue.takesRaw === true,
      sendEntries: (entries, signal) => queue.send(entries, signal),
    };
  }

  /**
   * Decides by the name alone, before the queue, whether the event is wanted.
   * @internal
   */
  abstract keepsName(name: string): boolean;

  /** @internal */
  override createNode(host: QueuedNodeHost): QueuedNodeParts {
    return createQueuedNode(this, host);
  }
}
