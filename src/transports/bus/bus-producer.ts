import type { DeliveryOptions } from '../../delivery/delivery-options';
import type { Rejection } from '../../delivery/destination';

/** One event as a producer puts it on the bus. */
export interface BusMessage {
  /** Of the event; of the CloudEvent. */
  readonly id: string;
  /** Of the event: for Kafka the key. */
  readonly name: string;
  /** When the event was emitted: ISO 8601 in UTC, with the offset +00:00. */
  readonly time: string;
  /** Avro, without a frame. */
  readonly payload: Buffer;
}

/** Puts messages on a bus. What it is for, queueing and trying again included, is the delivery's affair. */
export interface BusProducer {
  /** What it asks of the delivery before it. */
  readonly delivery: DeliveryOptions;
  /**
   * Sends 1 to `batch.maxEvents` messages, in order. As `sendBatch` of a destination.
   * @param signal aborted when the time of the attempt is up, or at shutdown
   */
  send(messages: readonly BusMessage[], signal: AbortSignal): Promise<readonly Rejection[] | undefined>;
  /** After the drain. Bounded: a bus that is away must not keep the process from ending. */
  close(): Promise<void>;
}

/** What a producer is told when it is made. */
export interface ProducerSurroundings {
  readonly topic: string;
  /** The node as it stands in the configuration. */
  readonly place: string;
  readonly warn: (text: string) => void;
  readonly tell: (text: string) => void;
}

/** What `redisStreams()` and `kafka()` of their entries describe, or one like them. */
export interface ProducerDescription {
  readonly kind: 'producer';
  /** Four texts as Avro. */
  readonly encode: (log: {
    readonly name: string;
    readonly timestamp: string;
    readonly data: string;
    readonly context: string;
  }) => Buffer;
  open(surroundings: ProducerSurroundings): BusProducer;
  readonly delivery: DeliveryOptions;
}
