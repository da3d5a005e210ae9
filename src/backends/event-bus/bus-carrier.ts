import type { DeliveryOptions } from '../../delivery/delivery-options';
import type { Rejection } from '../../delivery/destination';
import type { QueuedEvent } from '../../delivery/queued-event';
import { describeError } from '../../event/normal-form';
import type { CarrierSurroundings, EventCarrier } from '../../routing/queued-routing';
import type { BusMessage, BusProducer, ProducerDescription } from './bus-producer';
import { ContextText, trackingLogOf } from './tracking-log';

/** The sending side of a node of the bus. What comes back is a consumer's affair. */
export class BusCarrier implements EventCarrier {
  readonly delivery: DeliveryOptions;
  readonly isLocal = false;
  private producer: BusProducer | undefined;

  constructor(
    private readonly description: ProducerDescription,
    private readonly topic: string,
  ) {
    this.delivery = description.delivery;
  }

  attach({ place, warn, tell }: CarrierSurroundings): void {
    this.producer = this.description.open({ topic: this.topic, place, warn, tell });
  }

  /** What cannot be written for the bus is refused; the others are sent. */
  async send(entries: readonly QueuedEvent[], signal: AbortSignal): Promise<readonly Rejection[]> {
    const rejections: Rejection[] = [];
    const messages: BusMessage[] = [];
    const indices: number[] = [];
    const contexts = new ContextText();
    for (const [index, entry] of entries.entries()) {
      try {
        const event = entry.event(true);
        const log = trackingLogOf(event, contexts);
        const payload = this.description.encode(log);
        messages.push({ id: event.id, name: event.name, time: log.timestamp, payload });
        indices.push(index);
      } catch (error) {
        rejections.push({ index, reason: `it cannot be put on the bus: ${describeError(error)}`, retryable: false });
      }
    }
    if (messages.length === 0 || this.producer === undefined) return rejections;
    const refused = (await this.producer.send(messages, signal)) ?? [];
    return [...rejections, ...refused.map((each) => ({ ...each, index: indices[each.index] ?? each.index }))];
  }

  async close(): Promise<void> {
    await this.producer?.close();
  }
}

/** Of a node that only receives. */
export class NoCarrier implements EventCarrier {
  readonly delivery: DeliveryOptions = {};
  readonly isLocal = false;

  attach(): void {
    // There is nothing to send with.
  }

  send(): Promise<never> {
    return Promise.reject(new Error('the node has no producer'));
  }
}
