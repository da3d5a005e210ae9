// @ts-check
// Faults of what lies between the applications: Redis, a stream, a topic, and workers of two
// versions.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startRedis } from '../own-redis.mjs';
import { startTopic } from '../own-topic.mjs';

const require = createRequire(import.meta.url);

/** Redis is full, as its documentation advises with noeviction, while the destination is down. */
export async function redisFull(run, { rounds }) {
  const redis = await startRedis(join(run.directory, 'redis'), ['--maxmemory', '12mb']);
  const tree = { way: 'bull', server: redis.url };
  const web = await run.start({
    tree,
    options: { role: 'emitter', delivery: { directory: join(run.directory, 'web') } },
  });
  let worker = await run.start({ tree, isWorker: true });
  try {
    for (let round = 0; round < rounds; round++) {
      run.sink.answer = () => 503;
      web.send('emit', { count: 6000, bytes: 3000, everyMs: 0 });
      await full(web);
      if (round % 2 === 1) {
        // A worker that starts while there is no room.
        await worker.kill('SIGKILL');
        worker = await run.start({ tree, isWorker: true });
      }
      run.sink.answer = () => 200;
      await run.settled(90_000);
    }
    await web.end();
    await worker.end();
  } finally {
    await redis.close();
  }
}

/**
 * Until all is emitted and the number of events that wait in the web process does not change any
 * more.
 */
async function full(web) {
  await web.emitted();
  for (let before = -1, now = -2, same = 0; same < 3;) {
    await wait(500);
    const { nodes } = await web.books();
    before = now;
    now = nodes.find(({ path }) => path === 'later').delivery.pending;
    same = now === before ? same + 1 : 0;
  }
}

/** A worker of the version before takes jobs for a destination that it does not have. */
export async function twoVersions(run, { rounds }) {
  const redis = await startRedis(join(run.directory, 'redis'));
  const tree = { way: 'bull', server: redis.url };
  const web = await run.start({ tree: { ...tree, names: ['added'] }, options: { role: 'emitter' } });
  const old = await run.start({ tree: { ...tree, names: ['sink'] }, isWorker: true });
  try {
    for (let round = 0; round < rounds; round++) {
      web.send('emit', { count: 300 });
      await wait(2000);
      const current = await run.start({ tree: { ...tree, names: ['added'] }, isWorker: true });
      await run.settled(90_000);
      await current.end();
    }
    for (const life of [web, old]) await life.end();
  } finally {
    await redis.close();
  }
}

/**
 * A stream is trimmed while its consumer is away: what nobody can read any more must be counted.
 */
export async function trim(run, { rounds }) {
  const redis = await startRedis(join(run.directory, 'redis'));
  const tree = { way: 'redis-streams', server: redis.url, topic: 'chaos', stream: { maxLen: 500 } };
  const web = await run.start({ tree, options: { role: 'emitter' } });
  let worker = await run.start({ tree, isWorker: true });
  try {
    for (let round = 0; round < rounds; round++) {
      web.send('emit', { count: 200 });
      await web.emitted();
      await run.settled();
      await worker.end();
      web.send('emit', { count: 3000, everyMs: 0 });
      await web.emitted();
      worker = await run.start({ tree, isWorker: true });
      await run.settled();
    }
    for (const life of [web, worker]) await life.end();
  } finally {
    await redis.close();
  }
}

/**
 * A topic is deleted and made anew under a running consumer: what is sent after that must arrive.
 */
export async function topic(run, { rounds }) {
  const kafka = await startTopic();
  const { Kafka, logLevel } = require('kafkajs');
  const admin = new Kafka({ brokers: kafka.url.split(','), logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const tree = { way: 'kafka', server: kafka.url, topic: kafka.topic };
  const web = await run.start({ tree, options: { role: 'emitter' } });
  const worker = await run.start({ tree, isWorker: true });
  try {
    for (let round = 0; round < rounds; round++) {
      web.send('emit', { count: 500 });
      await web.emitted();
      await run.settled(90_000); // before, or they are gone with the topic
      await admin.deleteTopics({ topics: [kafka.topic] });
      await wait(1000);
      await admin.createTopics({ topics: [{ topic: kafka.topic, numPartitions: 2 }], waitForLeaders: true });
      web.send('emit', { count: 800 });
      await web.emitted();
      await run.settled(90_000);
    }
    for (const life of [web, worker]) await life.end();
  } finally {
    await admin.disconnect();
    await kafka.close();
  }
}

/** One event in a hundred ends the process that reads it, which is started again each time. */
export async function deadlyEvents(run, { rounds }) {
  const isKafka = run.way === 'kafka';
  const bus = isKafka ? await startTopic() : await startRedis(join(run.directory, 'redis'));
  const reading = { maxDeliveries: 4, ...(!isKafka && { claimAfterMs: 1000, name: 'worker' }) };
  const tree = { way: run.way, server: bus.url, topic: bus.topic ?? 'chaos', isDeadly: true, reading };
  const options = { delivery: { directory: join(run.directory, 'worker') } }; // dead letters outlive the process
  const web = await run.start({ tree, options: { role: 'emitter' } });
  let worker = await run.start({ tree, options, isWorker: true });
  try {
    for (let round = 0; round < rounds; round++) {
      web.send('emit', { count: 150, poisonEvery: 100 });
      await web.emitted();
      for (const until = performance.now() + 180_000; performance.now() < until; await run.settled(500)) {
        if ((await run.missing()).length === 0) break;
        if (!worker.isRunning) worker = await run.start({ tree, options, isWorker: true });
      }
    }
    for (const life of [web, worker]) await life.end();
  } finally {
    await bus.close();
  }
  for (const key of run.dead)
    if ((Number(key.split('-')[1]) + 1) % 100 !== 0) run.faults.push(`${key} became a dead letter and is no poison`);
}
