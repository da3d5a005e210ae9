// One application in a process of its own: node server.mjs ADAPTER VARIANT, started by http.mjs
// with a channel to it. It says on which port it listens, then answers `cpu`, `start` and `stop`
// with the CPU time it has used so far, and `close` with what it handled and what the log has.
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const require = createRequire(import.meta.url);
const { NestFactory } = require('@nestjs/core');
const { Controller, Get, Module, Param } = require('@nestjs/common');
const [adapter, variant] = process.argv.slice(2);

const folder = mkdtempSync(join(tmpdir(), 'bench-http-'));
const log = join(folder, 'tracking.log');
let handled = 0;
let startedAt = 0;
let lastHandledAt = 0;

class ProblemController {
  read(courseId, problemId) {
    handled++;
    lastHandledAt = performance.now(); // told by the server, since autocannon notices its end once a second
    return {
      id: problemId,
      course_id: courseId,
      display_name: 'Multiple choice',
      attempts: 3,
      max_attempts: 5,
      score: 0.5,
    };
  }
}

/** What makes the event, as it stands on the handler of an application. */
function eventData({ args: [courseId, problemId], result }) {
  return {
    course_id: courseId,
    problem_id: problemId,
    usage_key: `block-v1:${courseId}+type@problem+block@${problemId}`,
    display_name: result.display_name,
    attempts: result.attempts,
    max_attempts: result.max_attempts,
    grade: { earned: result.score, possible: 1 },
    tags: ['graded', 'week-3'],
  };
}

class Nothing {
  send() {}
}

/**
 * Guards say who the user is: every variant has one, so that the events have a user and nobody pays
 * for the guard alone.
 */
class UserGuard {
  canActivate(context) {
    context.switchToHttp().getRequest().user = { id: 10938, username: 'learner_10938' };
    return true;
  }
}

function imports() {
  if (variant === 'plain') return [];
  const { backend, LoggerBackend, TrackingModule } = require('nestjs-event-tracking');
  const target = variant === 'logger' ? backend(LoggerBackend, { path: log }) : backend(Nothing);
  return [TrackingModule.forRoot({ shutdownTimeoutMs: 60_000, backends: { target } })];
}

function decorate(...decorators) {
  const { prototype } = ProblemController;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, 'read');
  for (const decorator of decorators) {
    Object.defineProperty(prototype, 'read', decorator(prototype, 'read', descriptor) ?? descriptor);
  }
}

function platform() {
  const { ExpressAdapter } = require('@nestjs/platform-express');
  const { FastifyAdapter } = require('@nestjs/platform-fastify');
  return adapter === 'express' ? new ExpressAdapter() : new FastifyAdapter();
}

if (variant === 'event' || variant === 'logger') {
  const { TrackEvent } = require('nestjs-event-tracking');
  decorate(TrackEvent('edx.problem.viewed', eventData));
}
Param('courseId')(ProblemController.prototype, 'read', 0);
Param('problemId')(ProblemController.prototype, 'read', 1);
decorate(Get(':problemId'));
Controller('courses/:courseId/problems')(ProblemController);

class AppModule {}
Module({ imports: imports(), controllers: [ProblemController] })(AppModule);
const app = await NestFactory.create(AppModule, platform(), { logger: ['error'] });
app.useGlobalGuards(new UserGuard());
await app.listen(0, '127.0.0.1');

const answers = {
  cpu: () => process.cpuUsage(),
  /** The garbage of before is not paid for in what is measured now; its own, it pays. */
  start() {
    globalThis.gc();
    startedAt = performance.now();
    return process.cpuUsage();
  },
  stop: () => ({ ...process.cpuUsage(), seconds: (lastHandledAt - startedAt) / 1000 }),
  async close() {
    await app.close();
    const text = existsSync(log) ? readFileSync(log, 'latin1') : '';
    const lines = text.split('\n').length - 1;
    return { handled, lines, bytes: lines === 0 ? 0 : Math.round(text.length / lines) };
  },
};
process.on('message', async (question) => {
  process.send(await answers[question]());
  if (question === 'close') process.disconnect();
});
// Also if the parent is gone: a server that nobody asks any more must not stay.
process.on('disconnect', () => {
  rmSync(folder, { recursive: true, force: true });
  process.exit();
});
process.send({ url: `http://127.0.0.1:${app.getHttpServer().address().port}` });
