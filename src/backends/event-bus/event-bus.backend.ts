import { Inject, Injectable, Optional, type OnApplicationShutdown } from '@nestjs/common';
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
export class EventBusBackend extends QueuedRouting implements OnApplicationShutdown {
  readonly queue: EventCarrier;
  readonly processIn = 'both';
  override readonly isOnBus = true;
  private readonly isSending: boolean;
  private readonly allowed: ReadonlySet<string> | undefined;

  constructor(@Optional() @Inject(NODE_OPTIONS) readonly options: EventBusBackendOptions = {}) {
    super();
    checkEventBusOptions(options);
    const { producer, enabled = producer !== undefined, allowedEvents, topic = 'analytics' } = options;
    this.queue = producer === undefined ? new NoCarrier() : new BusCarrier(producer, topic);
    this.isSending = enabled;
    this.allowed = allowedEvents && new Set(allowedEvents);
  }

  static idle(): EventBusBackend {
    return new EventBusBackend();
  }

  override keepsName(name: string): boolean {
    return this.isSending && (this.allowed === undefined || this.allowed.has(name));
  }

  /** After the drain, as the tree is below the tracker. */
  async onApplicationShutdown(): Promise<void> {
    await this.queue.close?.();
  }
}
