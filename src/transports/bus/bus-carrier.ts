import type { DeliveryOptions } from '../../delivery/delivery-options';
import type { EventRejection } from '../../delivery/destination';
import type { QueuedEvent } from '../../delivery/queued-event';
import { describeError } from '../../event/normal-form';
import type { CarrierHost, EventCarrier } from '../../queues/event-carrier';
import { CATALOG_EVENT } from '../../catalog/catalog-keeper';
import type { CatalogDocument } from '../../catalog/event-document';
import { deriveEventId } from '../../event/event-id';
import type { EventFields } from '../../event/tracking-event';
import type { QueueProbe } from '../../routing/queue-probe';
import type { BusMessage, BusProducer, ProducerDescription } from './bus-producer';
import { ContextText, trackingLogOf, utcTime } from './tracking-log';

const SEND_CATALOG_MS = 30_000;

/** Sending side of a bus node. A consumer handles incoming events. */
export class BusCarrier implements EventCarrier {
  readonly delivery: DeliveryOptions;
  readonly isLocal = false;
  private producer: BusProducer | undefined;
  private host: CarrierHost | undefined;
  private catalogProducer: BusProducer | undefined;
  private isCatalogSent = false;

  constructor(
    private readonly description: ProducerDescription,
    private readonly topic: string,
    private readonly catalogTopic?: string,
  ) {
    this.delivery = description.delivery;
  }

  attach(host: CarrierHost): void {
    this.host = host;
    this.producer = this.openProducer(host, this.topic);
  }

  /**
   * Sends each document of the catalog once, as an event whose id is derived from the document's
   * hash. Readers therefore recognize documents that they know. Rejects if one was not accepted.
   */
  async sendCatalog({ events, contexts }: CatalogDocument): Promise<void> {
    const { catalogTopic, host } = this;
    if (catalogTopic === undefined || host === undefined || this.isCatalogSent) return;
    this.catalogProducer ??= this.openProducer(host, catalogTopic);
    const timestamp = new Date();
    const messages = [...events, ...contexts].map((document): BusMessage => {
      const id = deriveEventId(document.hash, '', CATALOG_EVENT, 0);
      const data = document as unknown as EventFields;
      const log = trackingLogOf({ name: CATALOG_EVENT, timestamp, id, context: {}, data });
      return { id, name: document.name, time: utcTime(log.timestamp), payload: this.description.encode(log) };
    });
    const { maxEvents = 100 } = this.delivery.batch ?? {};
    for (let at = 0; at < messages.length; at += maxEvents) {
      const refused = await this.catalogProducer.send(
        messages.slice(at, at + maxEvents),
        AbortSignal.timeout(SEND_CATALOG_MS),
      );
      const [first] = refused ?? [];
      if (first !== undefined) throw new Error(first.reason);
    }
    this.isCatalogSent = true;
  }

  /** Sends the events. Rejects those that cannot be encoded for the bus and sends the others. */
  async send(entries: readonly QueuedEvent[], signal: AbortSignal): Promise<readonly EventRejection[]> {
    const rejections: EventRejection[] = [];
    const messages: BusMessage[] = [];
    const indices: number[] = [];
    const contexts = new ContextText();
    for (const [index, entry] of entries.entries()) {
      try {
        const event = entry.event(true);
        const log = trackingLogOf(event, contexts);
        const payload = this.description.encode(log);
        messages.push({ id: event.id, name: event.name, time: utcTime(log.timestamp), payload });
        indices.push(index);
      } catch (error) {
        rejections.push({ index, reason: `it cannot be put on the bus: ${describeError(error)}`, retryable: false });
      }
    }
    if (messages.length === 0 || this.producer === undefined) return rejections;
    const refused = (await this.producer.send(messages, signal)) ?? [];
    return [...rejections, ...refused.map((each) => ({ ...each, index: indices[each.index] ?? each.index }))];
  }

  probe(): QueueProbe | undefined {
    return this.producer?.probe?.();
  }

  async close(): Promise<void> {
    await Promise.all([this.producer?.close(), this.catalogProducer?.close()]);
  }

  private openProducer({ place, warn, tell }: CarrierHost, topic: string): BusProducer {
    return this.description.open({ topic, place, warn, tell });
  }
}

/** Carrier of a node that only receives. */
export class NoCarrier implements EventCarrier {
  readonly delivery: DeliveryOptions = {};
  readonly isLocal = false;

  attach(): void {
    // There is no producer to attach.
  }

  send(): Promise<never> {
    return Promise.reject(new Error('the node has no producer'));
  }
}
