// @ts-check
// An application that a script of a fault drives by messages: it emits, its clock is set, it is
// asked for its books. Standard output: "+ KEY" for what is relied on, "dead KEY", "books JSON".
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { setImmediate as immediate, setTimeout as wait } from 'node:timers/promises';
import { tell } from '../tell.mjs';

const require = createRequire(import.meta.url);
const { Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const tracking = require('nestjs-event-tracking');
const { life, isWorker, isConfirmed, options, tree } = JSON.parse(process.env.CHAOS ?? '{}');

/** The clock of the system, as far as this process can tell. */
let clockOffsetMs = 0;
const realNow = Date.now;
Date.now = () => realNow() + clockOffsetMs;

const { buildTree } = await import('./trees.mjs');
let isStopping = false;
let emittedAll = Promise.resolve();
class AppModule {
  beforeApplicationShutdown() {
    isStopping = true; // as requests stop coming
  }
}
Module({ imports: [tracking.TrackingModule.forRoot({ ...options, ...buildTree(tree) })] })(AppModule);

/** @type {import('@nestjs/common').LogLevel[]} */
const logger = ['error', 'fatal'];
const app = isWorker
  ? await tracking.createTrackingWorker(AppModule, { logger })
  : (await NestFactory.createApplicationContext(AppModule, { logger })).enableShutdownHooks();
const tracker = app.get(tracking.TrackerService);
const filler = 'x'.repeat(500);
let number = 0;

async function emit({ count = Infinity, everyMs = 1, poisonEvery = 0, bytes = 500 }) {
  const text = bytes === 500 ? filler : 'x'.repeat(bytes);
  for (let left = count; left > 0 && !isStopping; left--) {
    const key = `${life}-${number++}`;
    const isPoison = poisonEvery > 0 && number % poisonEvery === 0;
    const data = { key, filler: text, ...(isPoison ? { poison: true } : {}) };
    if (isConfirmed) await tracker.context({ user_id: 7 }, () => tracker.emitConfirmed('chaos.emitted', data));
    else tracker.context({ user_id: 7 }, () => tracker.emit('chaos.emitted', data));
    tell(`+ ${key}`);
    if (everyMs > 0) await wait(everyMs);
    else if (left % 50 === 0) await immediate();
  }
}

/** Of a dead letter: an event, a job of Bull, or an entry of a bus as it was read. */
function keysOf({ key, raw }) {
  if (typeof raw !== 'string') return raw?.events?.map(({ data }) => data.key) ?? [key];
  return /"key":\s*"([^"]+)"/.exec(Buffer.from(raw, 'base64').toString())?.slice(1) ?? [];
}

const told = new Set();
function tellBooks() {
  for (const { event } of tracker.deadLetters.list({}, { limit: Infinity })) {
    const keys = keysOf(/** @type {any} */ (event.data));
    for (const key of keys) if (!told.has(key)) tell(`dead ${told.add(key) && key}`);
  }
  const nodes = tracker.ledger.nodes().map((/** @type {any} */ { path, dropped, delivery, work, queue }) => ({
    path,
    dropped,
    ...(delivery && { delivery: { pending: delivery.pending, dropped: delivery.dropped, breaker: delivery.breaker } }),
    ...(delivery?.isDiskFailing && { isDiskFailing: true }),
    ...(work && { work }),
    ...(queue && { queue }),
  }));
  tell(`books ${JSON.stringify({ nodes, consumers: tracker.ledger.consumers() })}`);
}

const commands = {
  emit: (message) => void (emittedAll = emit(message)),
  stop: async () => {
    isStopping = true;
    await emittedAll;
    isStopping = false;
    tell('stopped');
  },
  finish: async () => {
    await emittedAll;
    tell('stopped');
  },
  clock: ({ offsetMs }) => void (clockOffsetMs += offsetMs),
  books: tellBooks,
  end: async () => {
    isStopping = true;
    await emittedAll.catch(() => undefined);
    await app.close();
    tellBooks();
    process.exit(0);
  },
};
process.on('message', (/** @type {any} */ message) => void commands[message.do](message));
tell('begun');
