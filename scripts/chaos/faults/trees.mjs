// @ts-check
// The trees of the applications of scripts/chaos/faults, by what the script says of them.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { AsyncRoutingBackend, backend, consumer, EventBusBackend } = require('nestjs-event-tracking');

const SOON = { batch: { maxEvents: 50, maxWaitMs: 20 }, retry: { minDelayMs: 20, maxDelayMs: 200 } };

/**
 * @param way segment, mongo, bull, redis-streams or kafka
 * @param sink URL of what the events arrive at
 * @param delivery of that destination
 * @param names of destinations behind a queue; a version of the application may not have all
 * @param reading options of the consumer of a bus
 * @param isDeadly whether an event that is poison ends the process that would deliver it
 */
export function buildTree(tree) {
  const { way, sink, delivery = {}, server, topic, names = ['sink'], redis = {}, stream = {}, reading = {} } = tree;
  const processors = tree.isDeadly ? [endWithPoison] : [];
  const destination = () => destinationAt(sink, { delivery: { ...SOON, ...delivery }, processors });
  const children = Object.fromEntries(names.map((name) => [name, destination()]));
  switch (way) {
    case 'bull': {
      const { BullModule } = require('@nestjs/bull');
      const { bullQueue } = require('nestjs-event-tracking/bull');
      const settings = { lockDuration: 2000, stalledInterval: 1000, maxStalledCount: 1000 };
      const imports = [BullModule.registerQueue({ name: 'chaos', redis: server, settings, ...redis })];
      const options = { imports, backends: children, delivery: SOON };
      return { backends: { later: backend(AsyncRoutingBackend, { queue: bullQueue('chaos') }, options) } };
    }
    case 'redis-streams': {
      const { redisStreams, RedisStreamsConsumer } = require('nestjs-event-tracking/redis-streams');
      const producer = redisStreams({ url: server, ...stream });
      return {
        backends: { later: backend(EventBusBackend, { producer, topic }, { backends: children, delivery: SOON }) },
        consumers: { bus: consumer(RedisStreamsConsumer, { url: server, topic, group: 'chaos', ...reading }) },
      };
    }
    case 'kafka': {
      const { kafka, KafkaConsumer } = require('nestjs-event-tracking/kafka');
      const brokers = server.split(',');
      const producer = kafka({ brokers });
      return {
        backends: { later: backend(EventBusBackend, { producer, topic }, { backends: children, delivery: SOON }) },
        consumers: {
          bus: consumer(KafkaConsumer, { brokers, topic, group: topic, sessionTimeoutMs: 6000, ...reading }),
        },
      };
    }
    default:
      return { backends: children };
  }
}

function endWithPoison(event) {
  if (event.data.poison) process.abort();
}

function destinationAt(url, host) {
  if (url.startsWith('mongodb')) {
    const { MongooseModule } = require('@nestjs/mongoose');
    const { MongoBackend } = require('nestjs-event-tracking/mongoose');
    const imports = [MongooseModule.forRoot(url, { lazyConnection: true })];
    return backend(MongoBackend, { collection: 'events', indexes: false }, { ...host, imports });
  }
  const { SegmentBackend } = require('nestjs-event-tracking/segment');
  return backend(SegmentBackend, { writeKey: 'chaos', host: url }, host);
}
