import { kafkaEventBus } from 'nestjs-event-tracking/kafka';
import { redisEventBus } from 'nestjs-event-tracking/redis-streams';
import type { EventBusBackendOptions } from '../../src/entries';
import { backendsFromSettings } from '../../src/openedx/backends-from-settings';
import { errorsOf, EVENT_BUS, withBackends } from './support';

const TYPE = 'org.openedx.analytics.tracking.event.emitted.v1';
const on = {
  ...{ SEND_TRACKING_EVENT_EMITTED_SIGNAL: true, EVENT_BUS_TRACKING_LOGS: ['a'] },
  ...withBackends({ bus: { ENGINE: EVENT_BUS } }),
};
const redis = { ...on, EVENT_BUS_REDIS_CONNECTION_URL: 'redis://:pw@127.0.0.1:9/0' };
const kafka = {
  ...{ ...on, EVENT_BUS_KAFKA_BOOTSTRAP_SERVERS: '127.0.0.1:9, 127.0.0.2:9' },
  ...{ EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL: 'http://127.0.0.1:8' },
};

const read = (settings: object, eventBus: typeof redisEventBus): EventBusBackendOptions =>
  backendsFromSettings(settings, {}, { eventBus }).backends['bus']?.options as EventBusBackendOptions;

describe('The settings of event-bus-redis and event-bus-kafka', () => {
  it.each([
    ['redis', redisEventBus, redis, 'analytics'],
    ['redis', redisEventBus, { ...redis, EVENT_BUS_PRODUCER: 'edx_event_bus_redis.create_producer' }, 'analytics'],
    ['redis', redisEventBus, { ...redis, EVENT_BUS_PRODUCER: 'edx-event-bus-redis' }, 'analytics'],
    // The prefix is part of the stream's key here, not of the topic.
    ['redis', redisEventBus, { ...redis, EVENT_BUS_TOPIC_PREFIX: 'dev' }, 'analytics'],
    ['kafka', kafkaEventBus, kafka, 'analytics'],
    ['kafka', kafkaEventBus, { ...kafka, EVENT_BUS_TOPIC_PREFIX: 'dev' }, 'dev-analytics'],
    ['kafka', kafkaEventBus, { ...kafka, EVENT_BUS_PRODUCER: 'edx-event-bus-kafka' }, 'analytics'],
  ])('make the producer of %s', (_, reader, settings, topic) => {
    const options = read(settings, reader);
    expect(options).toMatchObject({ enabled: true, allowedEvents: ['a'], topic });
    expect(options.producer).toMatchObject({ kind: 'producer' });
  });

  it('take the topic from EVENT_BUS_PRODUCER_CONFIG, which may be JSON text', () => {
    const config = {
      [TYPE]: { campus: { event_key_field: 'tracking_log.name', enabled: true }, old: { enabled: false } },
    };
    for (const given of [config, JSON.stringify(config)])
      expect(read({ ...redis, EVENT_BUS_PRODUCER_CONFIG: given }, redisEventBus).topic).toBe('campus');
    expect(read({ ...redis, EVENT_BUS_PRODUCER_CONFIG: { other: { x: {} } } }, redisEventBus).topic).toBe('analytics');
  });

  it('open nothing, and need nothing, while the bus is off', () => {
    const off = { ...withBackends({ bus: { ENGINE: EVENT_BUS } }), EVENT_BUS_TRACKING_LOGS: ['a'] };
    expect(read(off, redisEventBus)).toEqual({ allowedEvents: ['a'], topic: undefined });
  });

  it.each<[string, object, typeof redisEventBus, string]>([
    ['EVENT_BUS_REDIS_CONNECTION_URL', on, redisEventBus, 'it is not set'],
    [
      'EVENT_BUS_REDIS_STREAM_MAX_LEN',
      { ...redis, EVENT_BUS_REDIS_STREAM_MAX_LEN: 'x' },
      redisEventBus,
      'whole number',
    ],
    ['EVENT_BUS_TOPIC_PREFIX', { ...redis, EVENT_BUS_TOPIC_PREFIX: 5 }, redisEventBus, 'expected a string'],
    ['EVENT_BUS_KAFKA_API_SECRET', { ...kafka, EVENT_BUS_KAFKA_API_KEY: 'k' }, kafkaEventBus, 'its counterpart is'],
    [
      'EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL',
      { ...kafka, EVENT_BUS_KAFKA_SCHEMA_REGISTRY_URL: 'nowhere' },
      kafkaEventBus,
      'not a URL',
    ],
    ['EVENT_BUS_PRODUCER_CONFIG', { ...redis, EVENT_BUS_PRODUCER_CONFIG: [] }, redisEventBus, 'expected an object'],
    [
      'EVENT_BUS_PRODUCER_CONFIG',
      { ...redis, EVENT_BUS_PRODUCER_CONFIG: { [TYPE]: { a: {}, b: {} } } },
      redisEventBus,
      'enables 2 topics',
    ],
    [
      `EVENT_BUS_PRODUCER_CONFIG["${TYPE}"]`,
      { ...redis, EVENT_BUS_PRODUCER_CONFIG: { [TYPE]: { a: { enabled: false } } } },
      redisEventBus,
      'none of its topics is enabled',
    ],
    [
      'EVENT_BUS_PRODUCER',
      { ...redis, EVENT_BUS_PRODUCER: 'edx-event-bus-kafka' },
      redisEventBus,
      'options.eventBus reads',
    ],
  ])('are an error with its place: %s', (path, settings, eventBus, what) => {
    expect(errorsOf(settings, {}, { eventBus })).toEqual([
      { path, what: expect.stringContaining(what), fix: expect.any(String) },
    ]);
  });

  it('report an error once, however many nodes send to the bus, and show no secret', () => {
    const two = withBackends({ a: { ENGINE: EVENT_BUS }, b: { ENGINE: EVENT_BUS } });
    expect(errorsOf({ ...on, ...two }, {}, { eventBus: redisEventBus })).toHaveLength(1);
    const secret = { ...kafka, EVENT_BUS_KAFKA_API_SECRET: 'hunter2', EVENT_BUS_TOPIC_PREFIX: ['hunter2'] };
    expect(JSON.stringify(errorsOf(secret, {}, { eventBus: kafkaEventBus }))).not.toContain('hunter2');
  });

  it.each([
    ['edx_event_bus_redis.create_producer', 'redisEventBus', 'nestjs-event-tracking/redis-streams'],
    ['edx-event-bus-kafka', 'kafkaEventBus', 'nestjs-event-tracking/kafka'],
  ])('say which reader is missing for %s', (producer, reader, entry) => {
    expect(errorsOf({ ...on, EVENT_BUS_PRODUCER: producer })).toEqual([
      {
        path: 'EVENT_TRACKING_BACKENDS.bus',
        what: expect.stringContaining('EVENT_BUS_PRODUCER, which is "edx_event_bus_'),
        fix: `import { ${reader} } from '${entry}'; backendsFromSettings(settings, {}, { eventBus: ${reader} })`,
      },
    ]);
  });
});
