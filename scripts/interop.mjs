// `npm run interop`: events of this library to the Python consumer of Open edX, and of its producer to this library, over a real
// Redis (REDIS_URL, or npm run services). Needs Python 3.11 or later with venv; the packages come from PyPI, once, into the cache.
// Not part of test:all, which needs no Python.
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
const { redisStreams, RedisStreamsConsumer } = require('../dist/redis-streams.js');

const PREFIX = 'interop';
const DEADLINE_MS = 60_000;
const scripts = join(import.meta.dirname, 'interop');

/** Non-ASCII, nesting, times with and without a fraction, numbers of both kinds. */
const events = Array.from({ length: 50 }, (_, at) => ({
  name: at % 2 === 0 ? 'problem_check' : 'edx.course.enrollment.activated',
  time: Date.UTC(2026, 10, 24, 12, 0, at) + (at % 3 === 0 ? 0 : 120 + at),
  context: { user_id: at, username: 'Zoë 🦊', course: { org: 'edX', run: null } },
  data: {
    answers: { 'block-v1:é': ['a', ['b', { c: 1.5 }]] },
    grade: 1.5,
    attempts: at,
    text: 'quote " and \\ and \u2028',
  },
}));

const redis = process.env.REDIS_URL ?? readState().redis?.url;
if (!redis) fail('there is no Redis', 'npm run services, or REDIS_URL=redis://localhost:6379');
const python = venv();
const results = [await toPython(), await fromPython()];
for (const { title, problems } of results) {
  console.log(`${problems.length === 0 ? 'same' : 'DIFFERENT'}  ${title}`);
  for (const problem of problems.slice(0, 5)) console.log(`           ${problem}`);
}
process.exitCode = results.some(({ problems }) => problems.length > 0) ? 1 : 0;

async function toPython() {
  const topic = randomUUID();
  const receiver = run(['consume', redis, topic, String(events.length)]);
  await receiver.ready;
  let now = 0;
  const app = await start({
    clock: () => now,
    backends: { bus: backend(EventBusBackend, { producer: redisStreams({ url: redis, keyPrefix: PREFIX }), topic }) },
  });
  const tracker = app.get(TrackerService);
  for (const { name, time, context, data } of events) {
    now = time;
    tracker.context(context, () => tracker.emit(name, data));
  }
  await app.close();
  const received = (await receiver.lines).map((line) => JSON.parse(line));
  const found = received.map(({ name, timestamp, context, data }) => ({
    name,
    time: Date.parse(timestamp),
    context,
    data,
  }));
  return { title: `${events.length} events to the Python consumer`, problems: compare(found) };
}

async function fromPython() {
  const topic = randomUUID();
  const app = await start({
    consumers: {
      bus: consumer(RedisStreamsConsumer, { url: redis, keyPrefix: PREFIX, topic, group: 'node', start: 'beginning' }),
    },
    backends: {
      bus: backend(EventBusBackend, {}, { backends: { memory: backend(MemoryBackend, { maxEvents: 1000 }) } }),
    },
  });
  const sender = run(['produce', redis, topic]);
  for (const { name, time, context, data } of events) {
    const timestamp = new Date(time).toISOString().replace('.000Z', '+00:00').replace('Z', '000+00:00');
    const log = { name, timestamp, data: JSON.stringify(data), context: JSON.stringify(context) };
    sender.stdin.write(`${JSON.stringify(log)}\n`);
  }
  sender.stdin.end();
  await sender.lines;
  const memory = app.get(TrackerService).backend('bus/memory');
  const deadline = Date.now() + DEADLINE_MS;
  while (memory.events().length < events.length && Date.now() < deadline)
    await new Promise((done) => setTimeout(done, 20));
  const found = memory
    .events()
    .map(({ name, timestamp, context, data }) => ({ name, time: timestamp.getTime(), context, data }));
  await app.close();
  return { title: `${events.length} events from the Python producer`, problems: compare(found) };
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
function run(args) {
  const child = spawn(python, [join(scripts, 'bus.py'), ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
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

function fail(what, mend) {
  console.error(`interop: ${what}.\n  Mend: ${mend}`);
  process.exit(2);
}
