import { Inject, Injectable, Optional, type OnApplicationShutdown } from '@nestjs/common';
import type { CatalogKeeper } from '../../catalog/catalog-keeper';
import type { CatalogDocument } from '../../catalog/event-document';
import { QueuedRouting, type EventCarrier } from '../../routing/queued-routing';
import { NODE_OPTIONS } from '../../routing/tokens';
import { BusCarrier, NoCarrier } from './bus-carrier';
import { checkEventBusOptions, type EventBusBackendOptions } from './event-bus-options';

/**
 * A node of the event bus. What is emitted goes through its processors and onto the bus; what a consumer brings from the bus goes
 * through its processors and to its children. Whatever stands at both ends, no event goes from the one side to the other here.
 * @throws TrackingConfigException for its options
 */
@Injectable()
export class EventBusBackend extends QueuedRouting implements CatalogKeeper, OnApplicationShutdown {
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

  override keepsName(name: string): boolean {
    return this.isSending && (this.allowed === undefined || this.allowed.has(name));
  }

  async keepCatalog(catalog: CatalogDocument): Promise<void> {
    if (this.isSending) await this.carrier?.sendCatalog(catalog);
  }

  /** After the drain, as the tree is below the tracker. */
  async onApplicationShutdown(): Promise<void> {
    await this.queue.close?.();
  }
}
