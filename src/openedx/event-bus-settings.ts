import { printable } from '../common/printable';
import { TrackingConfigException, type ConfigError } from '../common/tracking-config.exception';
import type { EventBusTarget } from './event-bus-target';
import { isList, isMapping } from './plain-settings';
import { at, show } from './setting-path';
import type { SettingsSource } from './settings-source';

/**
 * Bus of Open edX whose settings can be read as they are: `redisEventBus` of
 * `nestjs-event-tracking/redis-streams`, or `kafkaEventBus` of `nestjs-event-tracking/kafka`.
 */
export interface OpenEdxEventBusReader {
  /** Value of EVENT_BUS_PRODUCER that selects the bus: `edx_event_bus_redis.create_producer`. */
  readonly producer: string;
  /** @internal */
  target(settings: EventBusSettings): EventBusTarget;
}

/** Type of the events that carry tracking logs. */
const EVENT_TYPE = 'org.openedx.analytics.tracking.event.emitted.v1';
const CONFIG = 'EVENT_BUS_PRODUCER_CONFIG';
const DEFAULT_TOPIC = 'analytics';

/** Reads the settings of the bus. Errors are collected, and thrown together by `done`. */
export class EventBusSettings {
  private readonly errors: ConfigError[] = [];

  constructor(private readonly source: Pick<SettingsSource, 'raw' | 'value'>) {}

  /** EVENT_BUS_TOPIC_PREFIX; undefined for none. */
  get prefix(): string | undefined {
    return this.text('EVENT_BUS_TOPIC_PREFIX');
  }

  /** Topic of tracking events, without its prefix. */
  get topic(): string {
    const topics = this.topics;
    const fix = `"${CONFIG}": { "${EVENT_TYPE}": { "analytics": { "enabled": true } } }`;
    if (topics.length > 1)
      this.refuse(CONFIG, `it enables ${String(topics.length)} topics for ${EVENT_TYPE}; one can be sent to.`, fix);
    return topics[0] ?? DEFAULT_TOPIC;
  }

  /** Returns a string; undefined if it is absent, null or empty. */
  text(name: string): string | undefined {
    const value = this.source.raw(name) ?? undefined;
    if (value === undefined || typeof value === 'string') return value?.trim() === '' ? undefined : value?.trim();
    this.refuse(name, `it is ${show(value)}; expected a string.`, 'write it in quotes');
    return undefined;
  }

  /** Returns a string that must be present. */
  required(name: string, fix: string): string {
    const value = this.text(name);
    if (value === undefined) this.refuse(name, 'it is not set, and the bus needs it.', fix);
    return value ?? '';
  }

  /** Returns a whole number from 1, which may be a string in an environment. */
  count(name: string): number | undefined {
    const value = this.source.raw(name) ?? undefined;
    if (value === undefined || value === '') return undefined;
    const number = typeof value === 'string' ? Number(value) : value;
    if (typeof number === 'number' && Number.isInteger(number) && number > 0) return number;
    this.refuse(name, `it is ${show(value)}; expected a whole number from 1.`, `"${name}": 10000`);
    return undefined;
  }

  refuse(name: string, what: string, fix: string): void {
    this.errors.push({ path: name, what, fix });
  }

  /** @throws TrackingConfigException listing every refused setting */
  done(): void {
    if (this.errors.length > 0) throw TrackingConfigException.create(this.errors);
  }

  /** Enabled topics of EVENT_BUS_PRODUCER_CONFIG; empty if it says nothing of tracking events. */
  private get topics(): readonly string[] {
    const config: unknown = this.source.value(CONFIG) ?? {};
    const fix = 'an object of topics by event type, as in Open edX';
    if (!isMapping(config) || isList(config)) {
      this.refuse(CONFIG, `it is ${show(config)}; expected an object.`, fix);
      return [];
    }
    const topics = config[EVENT_TYPE] ?? {};
    if (!isMapping(topics)) {
      this.refuse(at(CONFIG, EVENT_TYPE), `it is ${show(topics)}; expected an object.`, fix);
      return [];
    }
    const enabled = Object.entries(topics).filter(([, topic]) => isMapping(topic) && topic['enabled'] !== false);
    if (enabled.length === 0 && Object.keys(topics).length > 0)
      this.refuse(
        at(CONFIG, EVENT_TYPE),
        'none of its topics is enabled, so no event would be sent.',
        'enable one, or SEND_TRACKING_EVENT_EMITTED_SIGNAL=false',
      );
    return enabled.map(([topic]) => topic);
  }
}

/** Entries that have a reader for a value of EVENT_BUS_PRODUCER. */
const READERS: readonly (readonly [producer: string, reader: string, entry: string])[] = [
  ['edx_event_bus_redis.create_producer', 'redisEventBus', 'nestjs-event-tracking/redis-streams'],
  ['edx_event_bus_kafka.create_producer', 'kafkaEventBus', 'nestjs-event-tracking/kafka'],
];

/**
 * Returns the full name for a value of EVENT_BUS_PRODUCER. The name of the Python package is
 * accepted too: `edx-event-bus-redis`.
 */
export function producerName(given: string): string {
  const [known] = READERS.find(([name]) => name === given || packageOf(name) === given) ?? [given];
  return known;
}

/** Returns the fix for a bus that no option of the application provides. */
export function busFix(producer: string): string {
  const found = READERS.find(([name]) => name === producer);
  if (found === undefined)
    return 'backendsFromSettings(settings, {}, { eventBus: { producer: redisStreams({ url }) } }) of nestjs-event-tracking/redis-streams, or kafka({ ... }) of nestjs-event-tracking/kafka';
  const [, reader, entry] = found;
  return `import { ${reader} } from '${entry}'; backendsFromSettings(settings, {}, { eventBus: ${reader} })`;
}

/** Shows a value of EVENT_BUS_PRODUCER: a dotted name, which is no secret. */
export function showProducer(producer: string): string {
  return READERS.some(([name]) => name === producer) ? `"${printable(producer)}"` : show(producer);
}

function packageOf(producer: string): string {
  return producer.split('.')[0]?.replaceAll('_', '-') ?? '';
}
