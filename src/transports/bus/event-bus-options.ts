import {
  showOption,
  showValue,
  TrackingConfigException,
  unknownBackendOptionFix,
  type ConfigError,
} from '../../common/tracking-config.exception';
import type { ProducerDescription } from './bus-producer';

export interface EventBusBackendOptions {
  /**
   * Producer: `redisStreams(...)` of `nestjs-event-tracking/redis-streams`, or `kafka(...)` of
   * `nestjs-event-tracking/kafka`.
   * @default none: the node only receives
   */
  readonly producer?: ProducerDescription | undefined;
  /**
   * True to send events, like the reference's SEND_TRACKING_EVENT_EMITTED_SIGNAL.
   * @default true with a producer
   */
  readonly enabled?: boolean | undefined;
  /**
   * Exact names of the events to send, like the reference's EVENT_BUS_TRACKING_LOGS.
   * @default all
   */
  readonly allowedEvents?: readonly string[] | undefined;
  /**
   * Name of the topic. With Kafka this is the full name, such as 'dev-analytics' if Open edX has
   * EVENT_BUS_TOPIC_PREFIX = 'dev'.
   * @default 'analytics', the topic of tracking events in Open edX
   */
  readonly topic?: string | undefined;
  /**
   * Topic for the documents of the catalog, with `documentation: true`. Each document is sent as an
   * event `event_catalog`.
   * @default none: they are not sent
   */
  readonly catalogTopic?: string | undefined;
}

const KNOWN = ['producer', 'enabled', 'allowedEvents', 'topic', 'catalogTopic'];

/**
 * Validates the options of EventBusBackend.
 * @throws TrackingConfigException listing every error
 */
export function checkEventBusOptions(options: unknown): void {
  const faults: ConfigError[] = [];
  const fault = (what: string, fix: string): void => {
    faults.push({ path: 'EventBusBackend', what, fix });
  };
  if (typeof options !== 'object' || options === null) {
    fault(
      `its options are ${showValue(options)}, not an object.`,
      'backend(EventBusBackend, { producer: redisStreams({ url }) })',
    );
    throw TrackingConfigException.create(faults);
  }
  const { producer, enabled, allowedEvents, topic, catalogTopic, ...others } = options as Record<string, unknown>;
  const isProducer = typeof (producer as Partial<ProducerDescription> | null | undefined)?.open === 'function';
  if (producer !== undefined && !isProducer) {
    fault(
      `producer is ${showValue(producer)}, not a producer.`,
      "producer: redisStreams({ url: 'redis://localhost:6379' }) of nestjs-event-tracking/redis-streams, or kafka({ ... }) of nestjs-event-tracking/kafka",
    );
  }
  if (enabled !== undefined && typeof enabled !== 'boolean')
    fault(`enabled is ${showValue(enabled)}, not true or false.`, "enabled: config.get('SEND_EVENTS') === 'true'");
  if (enabled === true && producer === undefined)
    fault(
      'it is enabled, but has no producer to send with.',
      'give it a producer, or leave enabled out: then it only receives',
    );
  if (
    allowedEvents !== undefined &&
    !(Array.isArray(allowedEvents) && allowedEvents.every((name) => typeof name === 'string'))
  ) {
    fault(
      `allowedEvents is ${showValue(allowedEvents)}, not a list of names.`,
      "allowedEvents: ['edx.course.enrollment.activated']",
    );
  }
  if (topic !== undefined && (typeof topic !== 'string' || topic === ''))
    fault(`topic is ${showValue(topic)}, not a text.`, "topic: 'analytics'");
  if (catalogTopic !== undefined && (typeof catalogTopic !== 'string' || catalogTopic === ''))
    fault(`catalogTopic is ${showValue(catalogTopic)}, not a text.`, "catalogTopic: 'event-catalog'");
  for (const key of Object.keys(others))
    fault(
      `there is no option ${showOption(key, KNOWN)}; known are ${KNOWN.join(', ')}.`,
      unknownBackendOptionFix(key, KNOWN),
    );
  if (faults.length > 0) throw TrackingConfigException.create(faults);
}
