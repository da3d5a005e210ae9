// @ts-check
// `npm run interop [-- redis|kafka]`: events of this library to the Python consumers of Open edX,
// and of their producers to this library, over a real Redis and a real Kafka with a schema registry
// (REDIS_URL, KAFKA_BROKERS and SCHEMA_REGISTRY_URL, or npm run services). Needs Python 3.11 or
// later with venv; the packages come from PyPI, once, into the cache. Not part of test:all, which
// needs no Python.
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isDeepStrictEqual } from 'node:util';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { inFolder, readState } from './services/cache.mjs';

const require = createRequire(import.meta.url);
require('reflect-metadata');
const { NestFactory } = require('@nestjs/core');
const { backend, consumer, EventBusBackend, MemoryBackend, TrackerService, TrackingModule } = require('..');
const { redisStreams, RedisStreamsConsumer } = require('../dist/entries/redis-streams.js');
const { confluentRegistry, kafka, KafkaConsumer } = require('../dist/entries/kafka.js');
const { Kafka, logLevel } = require('kafkajs');

const PREFIX = 'interop';
const DEADLINE_MS = 60_000;
const scripts = join(import.meta.dirname, 'interop');

/** More than the number of another language can hold: the string of its digits here. */
const LONG = '9007199254740993';
/** Non-ASCII, nesting, times with and without a fraction, numbers of both kinds. */
const events = Array.from({ length: 50 }, (_, at) => ({
  name: at % 2 === 0 ? 'problem_check' : 'edx.course.enrollment.activated',
  time: Date.UTC(2026, 10, 24, 12, 0, at) + (at % 3 === 0 ? 0 : 120 + at),
  context: { user_id: at, username: 'Zoë 🦊', course: { org: 'edX', run: null } },
  data: {
    answers: { 'block-v1:é': ['a', ['b', { c: 1.5 }]] },
    grade: 1.5,
    attempts: at,
    long: LONG,
    text: 'quote " and \\ and \u2028',
  },
}));

const state = readState();
const chosen = process.argv.slice(2);
const unknown = chosen.find((name) => name !== 'redis' && name !== 'kafka');
if (unknown !== undefined) throw new Error(`no bus ${unknown}: there are redis and kafka`);
const buses = [];
if (chosen.length === 0 || chosen.includes('redis')) buses.push(redisBus());
if (chosen.length === 0 || chosen.includes('kafka')) buses.push(...kafkaBuses());
const python = venv();
const results = [];
for (const bus of buses) results.push(await toPython(bus), await fromPython(bus));
for (const { title, problems } of results) {
  console.log(`${problems.length === 0 ? 'same' : 'DIFFERENT'}  ${title}`);
  for (const problem of problems.slice(0, 5)) console.log(`           ${problem}`);
}
process.exitCode = results.some(({ problems }) => problems.length > 0) ? 1 : 0;

function redisBus() {
  const url = process.env.REDIS_URL ?? state.redis?.url;
  if (!url) fail('there is no Redis', 'npm run services, or REDIS_URL=redis://localhost:6379');
  return {
    title: 'Redis Streams',
    args: ['redis', url],
    prepare: async () => undefined,
    sender: (topic) => ({ producer: redisStreams({ url, keyPrefix: PREFIX }), topic }),
    reader: (topic) =>
      consumer(RedisStreamsConsumer, { url, keyPrefix: PREFIX, topic, group: 'node', start: 'beginning' }),
  };
}

/** One for each client. There is no prefix here: topics are named in full. */
function kafkaBuses() {
  const list = process.env.KAFKA_BROKERS ?? state.kafka?.url;
  const registryUrl = process.env.SCHEMA_REGISTRY_URL ?? state.registry?.url;
  if (!list || !registryUrl)
    fail('there is no Kafka with a schema registry', 'npm run services, or KAFKA_BROKERS=... SCHEMA_REGISTRY_URL=...');
  const brokers = list.split(',');
  const registry = confluentRegistry({ url: registryUrl });
  const given = () => new Kafka({ brokers, logLevel: logLevel.NOTHING });
  const prepare = async (topic) => {
    const admin = given().admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: `${PREFIX}-${topic}`, numPartitions: 1 }], waitForLeaders: true });
    await admin.disconnect();
  };
  /** @type {[client: string, connection: () => any][]} */
  const clients = [
    ['@platformatic/kafka', () => ({ brokers })],
    ['kafkajs', () => ({ kafkajs: given() })],
  ];
  return clients.map(([client, connection]) => ({
    title: `Kafka (${client})`,
    args: ['kafka', list],
    hasEventTime: true, // on Redis Streams it is that of sending
    env: { SCHEMA_REGISTRY_URL: registryUrl },
    prepare,
    sender: (topic) => ({
      producer: kafka({ ...connection(), registry, partitioner: 'crc32' }),
      topic: `${PREFIX}-${topic}`,
    }),
    reader: (topic) =>
      consumer(KafkaConsumer, { ...connection(), registry, topic: `${PREFIX}-${topic}`, group: `node-${topic}` }),
  }));
}

async function toPython(bus) {
  const topic = randomUUID();
  await bus.prepare(topic);
  const receiver = run('consume', bus, [topic, String(events.length)]);
  await receiver.ready;
  let now = 0;
  const app = await start({
    clock: () => now,
    backends: { bus: backend(EventBusBackend, bus.sender(topic), { processors: [withOffset] }) },
  });
  const tracker = app.get(TrackerService);
  for (const { name, time, context, data } of events) {
    now = time;
    tracker.context(context, () => tracker.emit(name, { ...data, long: BigInt(LONG) }));
  }
  await app.close();
  const received = (await receiver.lines).map((line) => JSON.parse(line));
  const found = received.map(({ name, timestamp, time, context, data }) => ({
    name,
    time:
      bus.hasEventTime && Date.parse(time) !== Date.parse(timestamp)
        ? `${time} in its metadata`
        : Date.parse(timestamp),
    context,
    data,
  }));
  return { title: `${bus.title}: ${events.length} events to the Python consumer`, problems: compare(found) };
}

/** Gives every third event the offset of India, as a processor may. */
function withOffset(event) {
  const time = event.timestamp.getTime();
  if (time % 3 !== 0) return event;
  const local = new Date(time + 19_800_000).toISOString().replace('Z', '+05:30');
  return { ...event, timestamp: local };
}

async function fromPython(bus) {
  const topic = randomUUID();
  await bus.prepare(topic);
  const app = await start({
    consumers: { bus: bus.reader(topic) },
    backends: {
      bus: backend(EventBusBackend, {}, { backends: { memory: backend(MemoryBackend, { maxEvents: 1000 }) } }),
    },
  });
  const sender = run('produce', bus, [topic]);
  for (const { name, time, context, data } of events) {
    const timestamp = new Date(time).toISOString().replace('.000Z', '+00:00').replace('Z', '000+00:00');
    const json = JSON.stringify(data).replace(`"${LONG}"`, LONG);
    sender.stdin.write(`${JSON.stringify({ name, timestamp, data: json, context: JSON.stringify(context) })}\n`);
  }
  sender.stdin.end();
  await sender.lines;
  const memory = /** @type {import('nestjs-event-tracking').MemoryBackend} */ (
    app.get(TrackerService).backend('bus/memory')
  );
  const deadline = Date.now() + DEADLINE_MS;
  while (memory.events().length < events.length && Date.now() < deadline)
    await new Promise((done) => setTimeout(done, 20));
  const found = memory
    .events()
    .map(({ name, timestamp, context, data }) => ({ name, time: timestamp.getTime(), context, data }));
  await app.close();
  return { title: `${bus.title}: ${events.length} events from the Python producer`, problems: compare(found) };
}

function compare(found) {
  if (found.length !== events.length) return [`${found.length} of ${events.length} events arrived`];
  return events.flatMap((event, at) =>
    isDeepStrictEqual(event, found[at]) ? [] : [`${JSON.stringify(event)} came as ${JSON.stringify(found[at])}`],
  );
}

function start(options) {
  const module = { module: class App {}, imports: [TrackingModule.forRoot(options)] };
  return NestFactory.createApplicationContext(module, { logger: ['warn', 'error'], abortOnError: false });
}

/** A process of the Python side: its lines, and the moment when it says that it is ready. */
function run(command, bus, args) {
  const child = spawn(python, [join(scripts, 'bus.py'), command, ...bus.args, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...bus.env },
  });
  const timer = setTimeout(() => child.kill(), DEADLINE_MS);
  let said = '';
  let isReady;
  const ready = new Promise((resolve) => (isReady = resolve));
  child.stderr.on('data', (text) => {
    said += text;
    if (said.includes('ready')) isReady();
  });
  const lines = new Promise((resolve, reject) => {
    const read = [];
    createInterface({ input: child.stdout }).on('line', (line) => read.push(line));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      isReady();
      if (code === 0) resolve(read);
      else reject(new Error(`the Python side ended with ${signal ?? code}:\n${said}`));
    });
  });
  return { stdin: child.stdin, ready, lines };
}

/** @returns the interpreter that has the packages */
function venv() {
  const folder = inFolder('interop');
  const interpreter = join(folder, 'bin', 'python');
  const requirements = join(scripts, 'requirements.txt');
  if (!existsSync(interpreter)) {
    const made = spawnSync('python3', ['-m', 'venv', folder], { stdio: 'inherit' });
    if (made.error || made.status !== 0) fail('python3 -m venv failed', 'install Python 3.11 or later, with venv');
  }
  const installed = spawnSync(
    interpreter,
    ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', '-r', requirements],
    {
      stdio: 'inherit',
    },
  );
  if (installed.status !== 0)
    fail('the packages of scripts/interop/requirements.txt could not be installed', 'see above');
  return interpreter;
}

function fail(what, fix) {
  console.error(`interop: ${what}.\n  Fix: ${fix}`);
  process.exit(2);
}
