/** Contracts for the authors of consumers and bus producers: `nestjs-event-tracking/extend`. */

export type { BusMessage, BusProducer, ProducerDescription, ProducerHost } from '../transports/bus/bus-producer';
export type {
  ConsumerClass,
  ConsumerDescription,
  ConsumerSettings,
  ConsumerHost,
  EventConsumer,
  ConsumerSink,
  ConsumedMessage,
} from '../intake/event-consumer';
export type { CatalogKeeper } from '../catalog/catalog-keeper';
export type { CatalogLog } from '../catalog/catalog-keeper';
export type { ConsumerOptionsOf } from '../intake/event-consumer';
