import { EventBusBackend } from '../transports/bus/event-bus.backend';
import type { EventBusBackendOptions } from '../transports/bus/event-bus-options';
import { backend } from '../routing/description';
import { showName, showValue, TrackingConfigException, type ConfigError } from '../common/tracking-config.exception';
import { OptionReader } from './option-reader';
import { isOwnName } from './own-name';
import type { DescribeEngine } from './settings-engine';

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

/**
 * Creates the engine for the reference's event bus backend. Unlike in the reference, its processors
 * run before an event is sent.
 * @param target by default none, and an enabled bus is an error
 */
export function eventBusTo(target: unknown, faults: ConfigError[]): DescribeEngine {
  const { producer, topic } = checked(target, faults);
  return (options, node) => {
    const read = new OptionReader(options, node);
    const name = read.text('backend_name');
    if (name !== undefined && !isOwnName(node.path, name)) {
      read.refuse('backend_name', `it is ${showName(name)}, and stands under another name.`, 'leave it out');
    }
    read.done();
    const { enabled, names } = node.eventBus;
    if (enabled && producer === undefined) {
      const what = 'SEND_TRACKING_EVENT_EMITTED_SIGNAL is on, and nothing says where the bus is.';
      const fix =
        'backendsFromSettings(settings, {}, { eventBus: { producer: redisStreams({ url }) } }) of nestjs-event-tracking/redis-streams, or kafka({ ... }) of nestjs-event-tracking/kafka';
      throw TrackingConfigException.create([{ path: node.path, what, fix }]);
    }
    return backend(EventBusBackend, {
      ...(producer === undefined ? {} : { producer, enabled }),
      allowedEvents: names,
      topic,
    });
  };
}

function checked(target: unknown, faults: ConfigError[]): EventBusTarget {
  if (target === undefined) return {};
  if (typeof target !== 'object' || target === null) {
    faults.push({
      path: 'options.eventBus',
      what: `it is ${showValue(target)}, not an object with producer and topic.`,
      fix: 'eventBus: { producer: redisStreams({ url }) }',
    });
    return {};
  }
  return target;
}
