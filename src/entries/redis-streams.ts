export { redisEventBus } from '../openedx/redis-event-bus';
export { redisStreams } from '../transports/redis-streams/redis-streams';
export type { RedisStreamsOptions } from '../transports/redis-streams/redis-streams';
export type { RedisTarget } from '../transports/redis-streams/redis-target';
export { RedisStreamsConsumer } from '../transports/redis-streams/redis-streams.consumer';
export type {
  RedisStreamsConsumerOptions,
  StreamStart,
} from '../transports/redis-streams/redis-streams-consumer-options';
