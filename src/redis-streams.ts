export { redisStreams } from './backends/event-bus/redis-streams/redis-streams';
export type { RedisStreamsOptions } from './backends/event-bus/redis-streams/redis-streams';
export type { RedisTarget } from './backends/event-bus/redis-streams/redis-target';
export { RedisStreamsConsumer } from './consumers/redis-streams/redis-streams.consumer';
export type {
  RedisStreamsConsumerOptions,
  StreamStart,
} from './consumers/redis-streams/redis-streams-consumer-options';
