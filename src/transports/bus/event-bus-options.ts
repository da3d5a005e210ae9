import type { OptionRules } from '../../common/option-place';
import { flag, text, textList, value } from '../../common/option-rules';
import { hasMethod } from '../../common/value-kinds';
import { backendOptionChecker } from '../../routing/backend-options';
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

const RULES: OptionRules<EventBusBackendOptions> = {
  producer: value('a producer', (producer) => hasMethod(producer, 'open'), {
    fix: "producer: redisStreams({ url: 'redis://localhost:6379' }) of nestjs-event-tracking/redis-streams, or kafka({ ... }) of nestjs-event-tracking/kafka",
  }),
  enabled: flag({ fix: "enabled: config.get('SEND_EVENTS') === 'true'" }),
  allowedEvents: textList({
    expected: 'a list of names',
    fix: "allowedEvents: ['edx.course.enrollment.activated']",
  }),
  topic: text({ fix: "topic: 'analytics'" }),
  catalogTopic: text({ fix: "catalogTopic: 'event-catalog'" }),
};

/** Checks the options of an EventBusBackend. @throws TrackingConfigException with all errors */
export function checkEventBusOptions(options: EventBusBackendOptions): void {
  const check = backendOptionChecker(
    'EventBusBackend',
    'backend(EventBusBackend, { producer: redisStreams({ url }) })',
  );
  check.read(options, RULES, ({ enabled, producer }) => {
    if (enabled === true && producer === undefined)
      check.add('enabled is true, but there is no producer.', 'add a producer, or leave enabled out to only receive');
  });
  check.throwIfAny();
}
