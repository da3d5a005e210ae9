// @ts-check
// Web process -> Redis, as jobs of Bull or a stream, or Kafka -> two workers -> MongoDB, and each
// of the three is stopped in turn while the others go on.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Life } from './life.mjs';
import { startRedis } from './own-redis.mjs';
import { startTopic } from './own-topic.mjs';

const processFile = join(dirname(fileURLToPath(import.meta.url)), 'worker-life.mjs');
const TURNS = ['web', 'worker-1', 'web', 'worker-2'];
/**
 * For the jobs of those that were killed last to come back, and for all that is left to be
 * delivered.
 */
const LAST_PATIENCE_MS = 120_000;

/**
 * Resolves when nothing waits in the queue any more and all have closed.
 * @returns the keys that ended as dead letters, what is wrong with the queue or the books, and of
 * how many lives that closed the books were read and balanced
 */
export async function runWorkers({ way, kills, signal, directory, url, patienceMs, onRelied, onSentAgain }) {
  const server = way === 'kafka' ? await startTopic() : await startRedis(join(directory, 'redis'));
  const dead = new Set();
  const faults = [];
  const books = { read: 0, balanced: 0 };
  let lives = 0;
  const running = new Map();

  const hear = (slot, line) => {
    if (line.startsWith('+ ')) onRelied(line.slice(2));
    else if (line.startsWith('again ')) onSentAgain(Number(line.slice(6)));
    else if (line.startsWith('dead ')) dead.add(line.slice(5));
    else if (line.startsWith('books ')) {
      const found = JSON.parse(line.slice(6));
      books.read++;
      if (found.length === 0) books.balanced++;
      for (const fault of found) faults.push(`${slot}: ${fault}`);
    }
  };
  const start = (slot, mode) => {
    const life = ++lives;
    const { url: at, topic = 'chaos' } = server;
    const settings = { way, slot, life, mode, signal, url, server: at, topic, directory: join(directory, slot) };
    running.set(slot, new Life(processFile, { slot, settings, patienceMs, hear }));
  };

  try {
    for (const slot of new Set(TURNS)) start(slot, 'work');
    for (let kill = 0; kill < kills; kill++) {
      const slot = TURNS[kill % TURNS.length];
      const victim = running.get(slot);
      // A worker is stopped while there is work, and not only between.
      await Promise.all([victim.begun, running.get('web').begun]);
      await wait(Math.random() * 800);
      await victim.stop(`SIG${signal}`);
      start(slot, 'work');
    }
    const web = running.get('web');
    await web.begun;
    await web.stop('SIGTERM');
    start('web', 'deliver'); // what its earlier lives have left on disk
    await running.get('web').ended;
    faults.push(...(await left[way](server)));
    for (const slot of ['worker-1', 'worker-2']) await running.get(slot).end();
    return { dead, faults, books };
  } finally {
    for (const life of running.values()) life.child.kill('SIGKILL');
    await server.close();
  }
}

/** What is still there when the patience is over. */
const left = {
  bull: leftInQueue,
  'redis-streams': leftOnStream,
  kafka: (server) => server.left(server.topic, LAST_PATIENCE_MS),
};

/** @returns what is still there when the patience is over */
async function leftInQueue({ port }) {
  const Bull = createRequire(import.meta.url)('bull');
  const queue = new Bull('chaos', { redis: { host: '127.0.0.1', port } });
  try {
    const deadline = performance.now() + LAST_PATIENCE_MS;
    for (;;) {
      const { waiting, active, delayed, failed } = await queue.getJobCounts();
      if (waiting + active + delayed + failed === 0) return [];
      if (performance.now() > deadline)
        return [`left in the queue: ${JSON.stringify({ waiting, active, delayed, failed })}`];
      await wait(50);
    }
  } finally {
    await queue.close();
  }
}

/** The same of a stream. */
async function leftOnStream({ url }) {
  const { Redis } = createRequire(import.meta.url)('ioredis');
  const redis = new Redis(url);
  try {
    const deadline = performance.now() + LAST_PATIENCE_MS;
    for (;;) {
      const [group = []] = await redis.xinfo('GROUPS', 'chaos');
      const [pending, lag] = ['pending', 'lag'].map((name) => group[group.indexOf(name) + 1]);
      if (pending === 0 && lag === 0) return [];
      if (performance.now() > deadline) return [`left on the stream: ${JSON.stringify({ pending, lag })}`];
      await wait(50);
    }
  } finally {
    redis.disconnect();
  }
}
