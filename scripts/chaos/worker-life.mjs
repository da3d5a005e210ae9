// @ts-check
// The application of scripts/chaos/workers.mjs, as its web process or as a worker: one module for
// both, and for each way through Redis.
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { setTimeout as wait } from 'node:timers/promises';
import { booksModule } from './books.mjs';
import { countDuplicates } from './duplicates.mjs';
import { emitKeys } from './emit-keys.mjs';
import { tell } from './tell.mjs';

const require = createRequire(import.meta.url);
const { Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { BullModule } = require('@nestjs/bull');
const { MongooseModule } = require('@nestjs/mongoose');
const {
  AsyncRoutingBackend,
  backend,
  consumer,
  createTrackingWorker,
  EventBusBackend,
  processor,
  TrackerService,
  TrackingModule,
} = require('nestjs-event-tracking');
const { bullQueue } = require('nestjs-event-tracking/bull');
const { MongoBackend } = require('nestjs-event-tracking/mongoose');
const { redisStreams, RedisStreamsConsumer } = require('nestjs-event-tracking/redis-streams');
const { kafka, KafkaConsumer } = require('nestjs-event-tracking/kafka');
const { way, slot, life, mode, signal, url, server, topic, directory } = JSON.parse(process.env.CHAOS ?? '{}');
const isWorker = slot !== 'web';

/**
 * Every way in which an event can be safe: KILL: the web process has a disk (relied on as
 * 'stored'), but for every third life (relied on as 'delivered': in Redis); one worker keeps
 * nothing but the job, the other has a disk of its own. TERM: no disk at all, and workers that have
 * less time to close than they need.
 */
const isDurable = signal === 'KILL' && (isWorker ? slot === 'worker-2' : mode === 'deliver' || life % 3 !== 0);
const hasDirectory = isDurable || slot === 'worker-2';
const shutdownTimeoutMs = isWorker && signal === 'TERM' ? Math.round(Math.random() * 200) : 20_000;
const delivery = {
  ...(hasDirectory ? { directory, maxDiskBytes: 2 ** 30 } : {}),
  ...(isDurable ? { durable: true } : {}),
  batch: { maxEvents: 50, maxWaitMs: 20 },
  retry: { minDelayMs: 20, maxDelayMs: 200 },
};

class LookUp {
  async processAsync(event) {
    await wait(Math.random() * 10);
    event.data.looked_up = true;
  }
}

let tracker;
let isStopping = false;
const BooksModule = booksModule(() => tracker);

const told = new Set();
function tellLetters() {
  for (const { event } of tracker.deadLetters.list({}, { limit: Infinity })) {
    const keys = event.data.raw?.events?.map(({ data }) => data.key) ?? [event.data.key];
    for (const key of keys) {
      if (!told.has(key)) tell(`dead ${key}`);
      told.add(key);
    }
  }
}

// The jobs of a process that was killed come back soon, and as often as it takes.
const settings = { lockDuration: 2000, stalledInterval: 1000, maxStalledCount: 1000 };
const backends = {
  mongo: backend(
    MongoBackend,
    { collection: 'events', indexes: false },
    {
      // Smaller than a job, so that one is seldom done at once.
      delivery: { batch: { maxEvents: 10, maxWaitMs: 5 }, concurrency: 2 },
      imports: [
        MongooseModule.forRoot(url, {
          lazyConnection: true,
          ...countDuplicates((count) => tell(`again ${count}`)),
        }),
        BooksModule,
      ],
    },
  ),
};
const trees = {
  bull: () => ({
    backends: {
      later: backend(
        AsyncRoutingBackend,
        { queue: bullQueue('chaos') },
        {
          imports: [BullModule.registerQueue({ name: 'chaos', redis: server, settings })],
          processors: [processor(LookUp)],
          backends,
        },
      ),
    },
  }),
  'redis-streams': () => ({
    backends: {
      later: backend(EventBusBackend, { producer: redisStreams({ url: server, maxLen: null }), topic }, { backends }),
    },
    consumers: {
      // One of the two comes back under its name, the other under a new one each time.
      bus: consumer(RedisStreamsConsumer, {
        ...{ url: server, topic, group: 'chaos', claimAfterMs: 2000, maxDeliveries: 1000 },
        ...(slot === 'worker-1' ? { name: slot } : {}),
      }),
    },
  }),
  kafka: () => ({
    backends: {
      later: backend(
        EventBusBackend,
        // Spread over the partitions.
        { producer: kafka({ brokers: server.split(','), key: ({ id }) => id }), topic },
        { backends },
      ),
    },
    consumers: {
      bus: consumer(KafkaConsumer, { brokers: server.split(','), topic, group: topic, sessionTimeoutMs: 6000 }),
    },
  }),
};

class AppModule {
  beforeApplicationShutdown() {
    isStopping = true; // as requests stop coming
  }
}
Module({
  imports: [TrackingModule.forRoot({ shutdownTimeoutMs, delivery, role: 'emitter', ...trees[way]() })],
})(AppModule);

/** @type {import('@nestjs/common').LogLevel[]} */
const logger = ['error', 'fatal'];
const app = isWorker
  ? await createTrackingWorker(AppModule, { logger })
  : (await NestFactory.createApplicationContext(AppModule, { logger })).enableShutdownHooks();
tracker = app.get(TrackerService);
tracker.ledger.onChange(({ change }) => {
  if (change === 'dead-letter') tellLetters();
});
/** @returns {any} counters of the queued node */
const queued = () => tracker.ledger.node('later');
const end = async () => {
  tellLetters(); // those too that were kept in a life which had no time to tell
  await app.close();
  process.exit(0);
};

if (isWorker) {
  process.once('message', () => void end());
  while (!(queued().work.settled > 0)) await wait(5);
  tell('begun');
} else if (mode === 'deliver') {
  while (queued().delivery.pending > 0) await wait(20);
  await end();
} else {
  const filler = 'x'.repeat(500);
  await emitKeys({
    ...{ tracker, signal, life, filler },
    isStopping: () => isStopping,
    after: async (n) => {
      if (n === 0) tell('begun');
      if (n % 10 === 0) await wait(2); // about what the MongoDB takes from the workers
    },
  });
}
