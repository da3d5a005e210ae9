import type { DeliveryOptions } from '../../delivery/delivery-options';
import type { EventRejection } from '../../delivery/destination';
import type { QueueProbe } from '../../routing/queue-probe';

/** One event as a producer sends it to the bus. */
export interface BusMessage {
  /** Id of the event and of the CloudEvent. */
  readonly id: string;
  /** Name of the event, which is the default key in Kafka. */
  readonly name: string;
  /** Time at which the event was emitted: ISO 8601 in UTC, with the offset +00:00. */
  readonly time: string;
  /** The event as Avro, without a frame. */
  readonly payload: Buffer;
}

/**
 * Sends messages to a bus. The delivery handles everything else, including queueing and retries.
 */
export interface BusProducer {
  /** Options for the delivery that calls this producer. */
  readonly delivery: DeliveryOptions;
  /**
   * Sends 1 to `batch.maxEvents` messages, in order. The contract is the same as for `sendBatch` of
   * a destination.
   * @param signal aborted when the time limit of the attempt has passed, or at shutdown
   */
  send(messages: readonly BusMessage[], signal: AbortSignal): Promise<readonly EventRejection[] | undefined>;
  /**
   * Closes the producer after the drain. Takes limited time: an unreachable bus must not keep the
   * process from ending.
   */
  close(): Promise<void>;
  /**
   * Returns what asks the bus for its state.
   * @internal
   */
  probe?(): QueueProbe | undefined;
}

/** Context passed to a producer when it is created. */
export interface ProducerHost {
  readonly topic: string;
  /** Configuration path of the node, for messages. */
  readonly place: string;
  readonly warn: (text: string) => void;
  readonly tell: (text: string) => void;
}

/** Description of a producer, as returned by `redisStreams()`, `kafka()` or a custom function. */
export interface ProducerDescription {
  readonly kind: 'producer';
  /** Encodes four strings as Avro. */
  readonly encode: (log: {
    readonly name: string;
    readonly timestamp: string;
    readonly data: string;
    readonly context: string;
  }) => Buffer;
  open(host: ProducerHost): BusProducer;
  readonly delivery: DeliveryOptions;
}
