import { EventBusBackend } from '../transports/bus/event-bus.backend';
import { backend } from '../routing/description';
import { showName, showValue, TrackingConfigException, type ConfigError } from '../common/tracking-config.exception';
import { busFix, EventBusSettings, producerName, showProducer, type OpenEdxEventBusReader } from './event-bus-settings';
import type { EventBusTarget } from './event-bus-target';
import { OptionReader } from './option-reader';
import { isOwnName } from './own-name';
import type { DescribeOpenEdxNode } from './settings-engine';
import type { SettingsSource } from './settings-source';

const PRODUCER = 'EVENT_BUS_PRODUCER';

/**
 * Creates the engine for the reference's event bus backend. Unlike in the reference, its processors
 * run before an event is sent.
 * @param given by default none, and an enabled bus is an error
 */
export function eventBusTo(given: unknown, source: SettingsSource, errors: ConfigError[]): DescribeOpenEdxNode {
  const option = checked(given, errors);
  let isRead = false;
  let read: EventBusTarget = {};
  /** Reads the bus once, so that several nodes report its errors once. */
  const busOf = (path: string): EventBusTarget => {
    if (isRead) return read;
    isRead = true;
    return (read = isReader(option) ? readBus(option, source) : givenBus(option, source, path));
  };
  return (options, node) => {
    const reader = new OptionReader(options, node);
    const name = reader.text('backend_name');
    if (name !== undefined && !isOwnName(node.path, name)) {
      reader.refuse('backend_name', `it is ${showName(name)}, but the node has another name.`, 'leave it out');
    }
    reader.done();
    const { enabled, names } = node.eventBus;
    const { producer, topic } = enabled || !isReader(option) ? busOf(enabled ? node.path : '') : {};
    return backend(EventBusBackend, {
      ...(producer === undefined ? {} : { producer, enabled }),
      allowedEvents: names,
      topic,
    });
  };
}

function readBus(reader: OpenEdxEventBusReader, source: SettingsSource): EventBusTarget {
  const settings = new EventBusSettings(source);
  const named = settings.text(PRODUCER);
  if (named !== undefined && producerName(named) !== reader.producer) {
    const what = `it is ${showProducer(producerName(named))}, but options.eventBus reads ${showProducer(reader.producer)}.`;
    settings.refuse(PRODUCER, what, busFix(producerName(named)));
    settings.done();
  }
  return reader.target(settings);
}

/** @param path path of the node that sends; empty if it does not */
function givenBus(target: EventBusTarget, source: SettingsSource, path: string): EventBusTarget {
  if (path === '' || target.producer !== undefined) return target;
  const producer = producerName(new EventBusSettings(source).text(PRODUCER) ?? '');
  const fix = busFix(producer);
  const what =
    producer === ''
      ? 'SEND_TRACKING_EVENT_EMITTED_SIGNAL is on, but there is no producer for the bus.'
      : `SEND_TRACKING_EVENT_EMITTED_SIGNAL is on, but options.eventBus has nothing for ${PRODUCER}, which is ${showProducer(producer)}.`;
  throw TrackingConfigException.create([{ path, what, fix }]);
}

function isReader(option: EventBusTarget | OpenEdxEventBusReader): option is OpenEdxEventBusReader {
  return typeof (option as Partial<OpenEdxEventBusReader>).target === 'function';
}

function checked(given: unknown, errors: ConfigError[]): EventBusTarget | OpenEdxEventBusReader {
  if (given === undefined) return {};
  if (typeof given !== 'object' || given === null) {
    errors.push({
      path: 'options.eventBus',
      what: `it is ${showValue(given)}; expected an object with producer and topic.`,
      fix: 'eventBus: { producer: redisStreams({ url }) }',
    });
    return {};
  }
  return given;
}
