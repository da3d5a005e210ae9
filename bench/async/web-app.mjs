// One application, as a web process on Fastify or as its worker: node web-app.mjs server|worker
// VARIANT REDIS_URL, forked by web.mjs. The server says { url }; it answers `start` and `stop` with
// the CPU time it has used. Who processes the events answers { arrive: N } with how many have
// arrived, once it is so many.
import 'reflect-metadata';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { Controller, Get, Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { BullModule } = require('@nestjs/bull');
const { FastifyAdapter } = require('@nestjs/platform-fastify');
const {
  AsyncRoutingBackend,
  backend,
  createTrackingWorker,
  RoutingBackend,
  TrackEvent,
  TrackingModule,
} = require('nestjs-event-tracking');
const { bullQueue } = require('nestjs-event-tracking/bull');
const [role, variant, redis] = process.argv.slice(2);
const PROCESSOR_MS = 0.05;

let arrived = 0;
let target = Infinity;
let reached = () => undefined;

class Counting {
  readsOnly = true;
  sendBatch(events) {
    arrived += events.length;
    if (arrived >= target) reached();
    return Promise.resolve();
  }
}

function work() {
  const until = performance.now() + PROCESSOR_MS;
  while (performance.now() < until);
}

let startedAt = 0;
let lastHandledAt = 0;
class ProblemController {
  read() {
    lastHandledAt = performance.now();
    return { attempts: 3, score: 0.5 };
  }
}
const descriptor = Object.getOwnPropertyDescriptor(ProblemController.prototype, 'read');
const tracked = TrackEvent('edx.problem.viewed', ({ result }) => ({ ...result, tags: ['graded', 'week-3'] }));
Object.defineProperty(
  ProblemController.prototype,
  'read',
  tracked(ProblemController.prototype, 'read', descriptor) ?? descriptor,
);
Get()(ProblemController.prototype, 'read', Object.getOwnPropertyDescriptor(ProblemController.prototype, 'read'));
Controller('problem')(ProblemController);

const below = { processors: [work], backends: { counting: backend(Counting) } };
const nodes = {
  request: () => backend(RoutingBackend, {}, below),
  embedded: () => backend(AsyncRoutingBackend, {}, below),
  bull: () =>
    backend(
      AsyncRoutingBackend,
      { queue: bullQueue('web') },
      { ...below, imports: [BullModule.registerQueue({ name: 'web', redis })] },
    ),
};
class AppModule {}
Module({
  imports: [TrackingModule.forRoot({ role: 'emitter', backends: { target: nodes[variant]() } })],
  controllers: [ProblemController],
})(AppModule);

async function serve() {
  const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: ['error'] });
  await app.listen(0, '127.0.0.1');
  return app;
}
const app = role === 'worker' ? await createTrackingWorker(AppModule, { logger: ['error'] }) : await serve();

function answer(question) {
  if (question === 'start') {
    globalThis.gc();
    startedAt = performance.now();
    return process.cpuUsage();
  }
  if (question === 'stop') return { ...process.cpuUsage(), seconds: (lastHandledAt - startedAt) / 1000 };
  return new Promise((resolve) => {
    target = question.arrive;
    reached = () => resolve(arrived);
    if (arrived >= target) reached();
  });
}
process.on('message', async (question) => {
  process.send(await answer(question));
});
process.on('disconnect', async () => {
  await app.close();
  process.exit();
});
process.send(role === 'worker' ? 'ready' : { url: `http://127.0.0.1:${app.getHttpServer().address().port}/problem` });
