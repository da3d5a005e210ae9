import type { EventBusBackendOptions } from '../transports/bus/event-bus-options';

/**
 * Facts about the bus that the reference's settings do not contain, because the platform configures
 * its producers elsewhere.
 */
export interface EventBusTarget {
  readonly producer?: EventBusBackendOptions['producer'];
  /**
   * Topic of the bus. With Kafka this is the full name, including EVENT_BUS_TOPIC_PREFIX.
   * @default 'analytics'
   */
  readonly topic?: string | undefined;
}
