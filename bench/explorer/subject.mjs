// One application in a process of its own: node subject.mjs VARIANT [smoke], started by
// explorer.mjs with a channel to it. It says where it listens, then answers `fast` and `paced` with
// { bytes, cpuUs, coldUs, warmUpMs, isSteady }, and `close` when it has closed.
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { setTimeout as wait } from 'node:timers/promises';
import { contextOf, dataOf } from '../emit/events.mjs';
import { warmUp, windowOf } from '../warm-up.mjs';

const require = createRequire(import.meta.url);
const { NestFactory } = require('@nestjs/core');
const { Module } = require('@nestjs/common');
const { backend, TrackerService, TrackingModule } = require('nestjs-event-tracking');
const [variant, smoke] = process.argv.slice(2);

const BYTES = 1024;
/** Yielding lets the explorer look, as it does between requests. */
const BURST = 100;
const COUNT = smoke ? 500 : 60_000;
/** The explorer follows 500 events a second while nobody watches. */
const PACE = { events: 20, everyMs: 50, forMs: smoke ? 100 : 1500 };

let received = 0;
class Nothing {
  send() {
    received++;
  }
}
/** In production, as startChild has it, the explorer requires a guard. */
class OpenGuard {
  canActivate() {
    return true;
  }
}
class AppModule {}
const { TrackingExplorerModule } = variant === 'without' ? {} : require('nestjs-event-tracking/explorer');
Module({
  imports: [
    TrackingModule.forRoot({ backends: { target: backend(Nothing) } }),
    ...(TrackingExplorerModule === undefined ? [] : [TrackingExplorerModule.forRoot({ guards: [new OpenGuard()] })]),
  ],
})(AppModule);
const app = await NestFactory.create(AppModule, { logger: ['error'] });
await app.listen(0, '127.0.0.1');
const tracker = app.get(TrackerService);
const data = dataOf(BYTES);
const [request, course, module] = contextOf(BYTES);
const bytes = Buffer.byteLength(
  JSON.stringify({ name: 'problem_check', timestamp: new Date(), context: { ...request, ...course, ...module }, data }),
);

let emitted = 0;
function emitBurst(count) {
  for (let at = 0; at < count; at++)
    tracker.context(request, () =>
      tracker.context(course, () => tracker.context(module, () => tracker.emit('problem_check', data))),
    );
  emitted += count;
}

/** @returns the CPU time in µs that it took */
async function cpuOf(work) {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

const emitAll = (count) =>
  cpuOf(async () => {
    for (let done = 0; done < count; done += BURST) {
      emitBurst(BURST);
      await new Promise(setImmediate);
    }
  });

const answers = {
  async fast() {
    const limits = smoke ? { maxWindows: 0 } : { maxWindows: 12, maxMs: 2000 };
    const { coldUs, warmUpMs, isSteady } = await warmUp(emitAll, {
      ...{ cold: smoke ? BURST : 1000, window: windowOf(BURST), ...limits },
    });
    globalThis.gc();
    return { bytes, cpuUs: (await emitAll(COUNT)) / COUNT, coldUs, warmUpMs, isSteady };
  },
  /** The process does nothing else, so its whole time belongs to these events. */
  async paced() {
    let count = 0;
    const cpuUs = await cpuOf(async () => {
      for (const ends = performance.now() + PACE.forMs; performance.now() < ends; count += PACE.events) {
        emitBurst(PACE.events);
        await wait(PACE.everyMs);
      }
      // What is known of the last events is made ready within a second.
      await wait(smoke ? 0 : 1000);
    });
    return { bytes, cpuUs: cpuUs / count };
  },
  async close() {
    await app.close();
    if (received !== emitted) throw new Error(`${received} events arrived of ${emitted}`);
    return {};
  },
};
process.on('message', (question) => {
  answers[question]().then(
    (answer) => process.send(answer),
    (error) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit());
process.send({ url: await app.getUrl() });
