import { EventBusBackend } from '../transports/bus/event-bus.backend';
import type { EventBusBackendOptions } from '../transports/bus/event-bus-options';
import { backend } from '../routing/description';
import { showName, showValue, TrackingConfigException, type ConfigFault } from '../common/tracking-config.exception';
import { OptionReader } from './option-reader';
import { isOwnName } from './own-name';
import type { DescribeEngine } from './settings-engine';

/** What the settings of the reference cannot say of the bus: there, the platform configures its producers elsewhere. */
export interface EventBusTarget {
  readonly producer?: EventBusBackendOptions['producer'];
  /** With Kafka the whole name of the topic, EVENT_BUS_TOPIC_PREFIX included.  @default 'analytics' */
  readonly topic?: string | undefined;
}

/**
 * What the reference's backend of the event bus stands for. Its processors run before an event is sent; there they do not.
 * @param target default: none, and a bus that is enabled is a fault
 */
export function eventBusTo(target: unknown, faults: ConfigFault[]): DescribeEngine {
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
      const mend =
        'backendsFromSettings(settings, {}, { eventBus: { producer: redisStreams({ url }) } }) of nestjs-event-tracking/redis-streams, or kafka({ ... }) of nestjs-event-tracking/kafka';
      throw TrackingConfigException.create([{ path: node.path, what, mend }]);
    }
    return backend(EventBusBackend, {
      ...(producer === undefined ? {} : { producer, enabled }),
      allowedEvents: names,
      topic,
    });
  };
}

function checked(target: unknown, faults: ConfigFault[]): EventBusTarget {
  if (target === undefined) return {};
  if (typeof target !== 'object' || target === null) {
    faults.push({
      path: 'options.eventBus',
      what: `it is ${showValue(target)}, not an object with producer and topic.`,
      mend: 'eventBus: { producer: redisStreams({ url }) }',
    });
    return {};
  }
  return target;
}
