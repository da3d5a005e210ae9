// What an AsyncRoutingBackend costs: from emit through Redis to a worker, inside of emit, and to
// the requests of a web process. The Redis is one of its own, with appendonly, and the same for all
// that are compared.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startRedis } from '../../scripts/chaos/own-redis.mjs';
import { BARS } from '../bars.mjs';
import { ask, leave, startChild } from '../children.mjs';
import { each, inPairs, measure, report } from '../figures.mjs';
import { web } from './web.mjs';

const script = (name) => fileURLToPath(new URL(`./${name}.mjs`, import.meta.url));
const SIZES = [200, 1024, 4096];

export async function run({ json, smoke, pairs, only }) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-async-'));
  const redis = await startRedis(folder);
  try {
    const groups = Object.entries({ queue, accept, web });
    const figures = await each(groups, ([name, group]) =>
      only.case === undefined || only.case === name ? group({ smoke, pairs, bytes: only.bytes, redis: redis.url }) : [],
    );
    return report(
      figures.flat().map((figure) => ({ bench: 'async', ...figure })),
      { json },
    );
  } finally {
    await redis.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** From one emitting process to one worker process. Bars are of 1 KB. */
async function queue({ smoke, pairs, bytes, redis }) {
  const comparisons = [
    {
      ...{ name: 'ours', title: 'to a destination', versus: 'bare', versusTitle: 'bare Bull, batches of 100' },
      bars: BARS.async['bare batches'],
    },
    {
      ...{ name: 'ours', title: 'to a destination', versus: 'single', versusTitle: 'bare Bull, a job per event' },
      bars: BARS.async['a job per event'],
    },
    {
      ...{ name: 'ours-send', title: 'to a backend of the application' },
      ...{ versus: 'bare', versusTitle: 'bare Bull, batches of 100' },
    },
  ];
  const sizes = SIZES.filter((size) => (smoke ? size === 1024 : bytes === undefined || bytes === size));
  const cases = sizes.flatMap((size) => comparisons.map((comparison) => ({ size, ...comparison })));
  return each(cases, ({ size, name, title, versus, versusTitle, bars }) =>
    inPairs({
      ...{ case: 'queue', subject: title, versus: versusTitle, pairs },
      bars: size === 1024 ? bars : undefined,
      ours: () => throughQueue(name, { size, redis, smoke }),
      theirs: () => throughQueue(versus, { size, redis, smoke }),
    }),
  );
}

async function throughQueue(name, { size, redis, smoke }) {
  await empty(redis);
  const count = smoke ? 500 : Math.ceil(Math.min(100_000, 80_000_000 / size) / (name === 'single' ? 400 : 100)) * 100;
  const warmUp = smoke ? 100 : Math.ceil(count / 400) * 100;
  const worker = await startChild(script('ends'), [name, 'worker', size, redis]);
  const emitter = await startChild(script('ends'), [name, 'emitter', size, redis]);
  const both = [worker.child, emitter.child];
  const send = async (events, inAll) => {
    const arrived = ask(worker.child, { arrive: inAll });
    await ask(emitter.child, { emit: events });
    await arrived;
  };
  const cpu = async () => {
    const used = await Promise.all(both.map((child) => ask(child, 'cpu')));
    return used.map(({ user, system }) => user + system);
  };
  try {
    await send(warmUp, warmUp);
    for (const child of both) await ask(child, 'gc');
    const before = await cpu();
    const startedAt = performance.now();
    await send(count, warmUp + count);
    const seconds = (performance.now() - startedAt) / 1000;
    const [ofWorker, ofEmitter] = (await cpu()).map((used, at) => used - before[at]);
    const arrived = await ask(worker.child, 'count');
    if (arrived !== warmUp + count) throw new Error(`${name}: ${arrived} events of ${warmUp + count} arrived`);
    return { bytes: worker.said.bytes, cpuUs: (ofWorker + ofEmitter) / count, perSecond: count / seconds };
  } finally {
    await Promise.all(both.map(leave));
  }
}

async function empty(redis) {
  const Redis = createRequire(import.meta.url)('ioredis');
  const client = new Redis(redis);
  await client.flushall();
  client.disconnect();
}

/** The synchronous part of emit into the node, beside that of emit into a destination. */
async function accept({ smoke, pairs, redis }) {
  const count = smoke ? 500 : undefined;
  const subjects = [
    { subject: 'emit before a Bull queue', name: 'bull' },
    { subject: 'emit before a queue in the process', name: 'embedded' },
  ];
  return each(subjects, ({ subject, name }) =>
    inPairs({
      ...{ case: 'accept', subject, versus: 'emit into a destination', bars: BARS.async.accept, pairs },
      ours: () => measure(script('accept'), [name, 1024, redis, count]),
      theirs: () => measure(script('accept'), ['memory', 1024, redis, count]),
    }),
  );
}
