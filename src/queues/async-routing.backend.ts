import { Inject, Injectable, Optional, type OnApplicationShutdown } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { EventCarrier } from './event-carrier';
import { QueuedRouting } from './queued-routing';
import { NODE_OPTIONS } from '../routing/tokens';
import { checkAsyncRoutingOptions, type AsyncRoutingBackendOptions } from './async-routing-options';
import { EmbeddedQueue } from './embedded-queue';

/**
 * Routing backend with a queue before its processors and children. `emit` only queues the event.
 * The event is processed later in this process or, with `bullQueue()` of
 * `nestjs-event-tracking/bull`, by workers. The backend may be used anywhere in the tree.
 * @throws TrackingConfigException if its options are invalid
 */
@Injectable()
export class AsyncRoutingBackend extends QueuedRouting implements OnApplicationShutdown {
  /** @internal */
  readonly queue: EventCarrier;
  readonly processIn: 'worker' | 'emitter';
  private readonly isWanted: (name: string) => boolean;

  constructor(
    @Optional() @Inject(NODE_OPTIONS) readonly options: AsyncRoutingBackendOptions = {},
    @Optional() moduleRef?: ModuleRef,
  ) {
    super();
    checkAsyncRoutingOptions(options);
    const { queue, processIn = 'worker', when } = options;
    this.processIn = processIn;
    const isProcessed = processIn === 'emitter';
    this.queue =
      queue === undefined || moduleRef === undefined
        ? new EmbeddedQueue(isProcessed)
        : queue.open(moduleRef, isProcessed);
    this.isWanted = conditionOf(when);
  }

  static idle(): AsyncRoutingBackend {
    return new AsyncRoutingBackend();
  }

  /**
   * Closes the queue. Nest calls this after the drain of the tracker, and before the client of the
   * queue is closed.
   */
  async onApplicationShutdown(): Promise<void> {
    await this.queue.close?.();
  }

  /** @internal */
  override keepsName(name: string): boolean {
    return this.isWanted(name);
  }
}

function conditionOf(when: AsyncRoutingBackendOptions['when']): (name: string) => boolean {
  if (when === undefined) return () => true;
  if (typeof when === 'function') return when;
  const names = new Set(when);
  return (name) => names.has(name);
}
