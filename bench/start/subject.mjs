// The start of one application in a process of its own: node subject.mjs VARIANT. Prints, for each
// stage, { wallMs, cpuMs }. Nest and nestjs-cls are loaded before what is measured, so that only
// what comes on top of them counts.
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contextOf, dataOf } from '../emit/events.mjs';

const require = createRequire(import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'bench-start-'));
const path = join(folder, 'out.log');
const data = dataOf(1024);
const [request, course, module] = contextOf(1024);
const NAME = 'problem_check';
/** Of pino, which throws if the process exits before it is open. */
let file;

/** Each: what is loaded, what the application is made of with it, and its first event. */
const VARIANTS = {
  nest: {
    load: () => undefined,
    parts: () => ({}),
    first: () => () => undefined,
  },
  ours: {
    load: () => require('nestjs-event-tracking'),
    parts: ({ backend, LoggerBackend, TrackingModule }) => ({
      imports: [TrackingModule.forRoot({ backends: { log: backend(LoggerBackend, { path }) } })],
    }),
    first(app, { TrackerService }) {
      const tracker = app.get(TrackerService);
      return () =>
        tracker.context(request, () =>
          tracker.context(course, () => tracker.context(module, () => tracker.emit(NAME, data))),
        );
    },
  },
  'nestjs-pino': {
    load: () => require('nestjs-pino'),
    parts({ LoggerModule }) {
      file = require('pino').destination({ dest: path, sync: false });
      return { imports: [LoggerModule.forRoot({ pinoHttp: [{}, file] })] };
    },
    async first(app, { PinoLogger }) {
      const logger = await app.resolve(PinoLogger);
      const inRequest = () => {
        logger.assign(course);
        logger.assign(module);
        logger.info(data, NAME);
      };
      return () => logger.runInContext(inRequest, { bindings: request });
    },
  },
  'posthog-node': {
    load: () => require('posthog-node'),
    parts: ({ PostHog }) => ({
      providers: [{ provide: PostHog, useFactory: () => new PostHog('bench', { fetch: () => new Response('{}') }) }],
    }),
    first(app, { PostHog }) {
      const client = app.get(PostHog);
      const properties = { ...request, ...course, ...module, ...data };
      return () => client.capture({ distinctId: '10938', event: NAME, properties });
    },
  },
};

const stages = {};
async function stage(name, work) {
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  const result = await work();
  const wallMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  stages[name] = { wallMs, cpuMs: (user + system) / 1000 };
  return result;
}

const { load, parts, first } = VARIANTS[process.argv[2]];
const { Module, NestFactory } = await stage('nest', () => {
  require('reflect-metadata');
  return { ...require('@nestjs/core'), ...require('@nestjs/common') };
});
await stage('cls', () => require('nestjs-cls'));
const library = await stage('require', load);
const app = await stage('create', () => {
  class AppModule {}
  Module(parts(library))(AppModule);
  return NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
});
const emit = await first(app, library ?? {});
await stage('emit', () => void emit());
await app.close();
if (file !== undefined) {
  file.end();
  await once(file, 'close');
}
rmSync(folder, { recursive: true, force: true });
console.log(JSON.stringify(stages));
process.exit();
