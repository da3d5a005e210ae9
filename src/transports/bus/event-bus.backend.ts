import { Inject, Injectable, Optional, type OnApplicationShutdown } from '@nestjs/common';
import type { CatalogKeeper } from '../../catalog/catalog-keeper';
import type { CatalogDocument } from '../../catalog/event-document';
import type { EventCarrier } from '../../queues/event-carrier';
import { QueuedRouting } from '../../queues/queued-routing';
import { NODE_OPTIONS } from '../../routing/tokens';
import { BusCarrier, NoCarrier } from './bus-carrier';
import { checkEventBusOptions, type EventBusBackendOptions } from './event-bus-options';

/**
 * Node of the event bus. Emitted events go through its processors to the bus. Events that a
 * consumer receives from the bus go through its processors to its children. No event passes from
 * one direction to the other within this node, even if the same bus is at both ends.
 * @throws TrackingConfigException for invalid options
 */
@Injectable()
export class EventBusBackend extends QueuedRouting implements CatalogKeeper, OnApplicationShutdown {
  /** @internal */
  readonly queue: EventCarrier;
  readonly processIn = 'both';
  override readonly isOnBus = true;
  private readonly carrier: BusCarrier | undefined;
  private readonly isSending: boolean;
  private readonly allowed: ReadonlySet<string> | undefined;

  constructor(@Optional() @Inject(NODE_OPTIONS) readonly options: EventBusBackendOptions = {}) {
    super();
    checkEventBusOptions(options);
    const { producer, enabled = producer !== undefined, allowedEvents, topic = 'analytics', catalogTopic } = options;
    this.carrier = producer && new BusCarrier(producer, topic, catalogTopic);
    this.queue = this.carrier ?? new NoCarrier();
    this.isSending = enabled;
    this.allowed = allowedEvents && new Set(allowedEvents);
  }

  static idle(): EventBusBackend {
    return new EventBusBackend();
  }

  /** @internal */
  override keepsName(name: string): boolean {
    return this.isSending && (this.allowed === undefined || this.allowed.has(name));
  }

  async keepCatalog(catalog: CatalogDocument): Promise<void> {
    if (this.isSending) await this.carrier?.sendCatalog(catalog);
  }

  /** Closes the producer after the drain, because the tree is shut down after the tracker. */
  async onApplicationShutdown(): Promise<void> {
    await this.queue.close?.();
  }
}
