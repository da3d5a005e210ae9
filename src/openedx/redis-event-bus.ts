import { redisStreams } from '../transports/redis-streams/redis-streams';
import type { OpenEdxEventBusReader } from './event-bus-settings';

/**
 * Reads the settings of event-bus-redis, for the third argument of `backendsFromSettings`:
 * EVENT_BUS_REDIS_CONNECTION_URL, EVENT_BUS_REDIS_STREAM_MAX_LEN, EVENT_BUS_TOPIC_PREFIX and
 * EVENT_BUS_PRODUCER_CONFIG.
 */
export const redisEventBus: OpenEdxEventBusReader = {
  producer: 'edx_event_bus_redis.create_producer',
  target(settings) {
    const url = settings.required(
      'EVENT_BUS_REDIS_CONNECTION_URL',
      'EVENT_BUS_REDIS_CONNECTION_URL=redis://localhost:6379',
    );
    const { prefix: keyPrefix, topic } = settings;
    const maxLen = settings.count('EVENT_BUS_REDIS_STREAM_MAX_LEN');
    settings.done();
    return { producer: redisStreams({ url, keyPrefix, maxLen }), topic };
  },
};
