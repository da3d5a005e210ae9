// The synchronous part of emit into a destination, in a process of its own: node accept.mjs SUBJECT
// BYTES [COUNT]. Prints { bytes, cpuUs, coldUs, warmUpMs, isSteady }. Only the bursts of emits are
// timed; what sends them in the background is not.
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contextOf, dataOf } from '../emit/events.mjs';
import { warmUp, windowOf } from '../warm-up.mjs';

const require = createRequire(import.meta.url);
const [name, size] = [process.argv[2], Number(process.argv[3])];
const COUNT = Number(process.argv[4]) || 100_000;
const BURST = 500;
const data = dataOf(size);
const context = Object.assign({}, ...contextOf(size));
const event = { name: 'problem_check', timestamp: new Date(), context, data };
const bytes = Buffer.byteLength(JSON.stringify(event));
const folder = mkdtempSync(join(tmpdir(), 'bench-'));

/** Each gives what emits one event, what waits until all are sent, and what ends it. */
const subjects = {
  stringify: () => ({ emit: () => JSON.stringify(event) }),
  memory: () => tracking({}),
  durable: () => tracking({ durable: true, directory: folder }),
  segment: () => {
    const { Analytics } = require('@segment/analytics-node');
    const client = new Analytics({
      writeKey: 'bench',
      maxEventsInBatch: 1000,
      httpClient: { makeRequest: () => Promise.resolve(new Response('{}', { status: 200 })) },
    });
    return {
      emit: () => client.track({ userId: '10938', event: 'problem_check', properties: data, context }),
      sent: () => client.flush(),
      end: () => client.closeAndFlush(),
    };
  },
  posthog: () => {
    const { PostHog } = require('posthog-node');
    const client = new PostHog('bench', {
      flushAt: 100,
      maxQueueSize: 100_000,
      fetch: () => Promise.resolve(new Response('{}', { status: 200 })),
    });
    return {
      emit: () => client.capture({ distinctId: '10938', event: 'problem_check', properties: { ...data, ...context } }),
      sent: () => client.flush(),
      end: () => client.shutdown(),
    };
  },
  otel: () => {
    const { BatchLogRecordProcessor, LoggerProvider } = require('@opentelemetry/sdk-logs');
    const exporter = {
      export: (_, done) => done({ code: 0 }),
      shutdown: () => Promise.resolve(),
      forceFlush: () => Promise.resolve(),
    };
    const provider = new LoggerProvider({ processors: [new BatchLogRecordProcessor({ exporter })] });
    const logger = provider.getLogger('bench');
    return {
      emit: () => logger.emit({ eventName: 'problem_check', body: data, attributes: context }),
      sent: () => provider.forceFlush(),
      end: () => provider.shutdown(),
    };
  },
};

async function tracking(delivery) {
  const { NestFactory } = require('@nestjs/core');
  const { Module } = require('@nestjs/common');
  const { backend, TrackerService, TrackingModule } = require('nestjs-event-tracking');
  let taken = 0;
  class Nothing {
    readsOnly = true;
    sendBatch(events) {
      taken += events.length;
      return Promise.resolve();
    }
  }
  class AppModule {}
  Module({ imports: [TrackingModule.forRoot({ delivery, backends: { nothing: backend(Nothing) } })] })(AppModule);
  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
  const tracker = app.get(TrackerService);
  const inScope = (body) =>
    contextOf(size).reduceRight((inner, values) => () => tracker.context(values, inner), body)();
  return {
    emit: () => tracker.emit('problem_check', data),
    burst: inScope,
    sent: () => tracker.flush(),
    end: async () => {
      await app.close();
      if (taken !== emitted) throw new Error(`${String(taken)} events of ${emitted} were sent`);
    },
  };
}

const { emit, burst = (body) => body(), sent = () => undefined, end = () => undefined } = await subjects[name]();
let emitted = 0;
async function run(count) {
  let cpu = 0;
  for (let done = 0; done < count; done += BURST) {
    burst(() => {
      const before = process.cpuUsage();
      for (let at = 0; at < BURST; at++) emit();
      const { user, system } = process.cpuUsage(before);
      cpu += user + system;
    });
    emitted += BURST;
    await sent();
  }
  return cpu;
}
// Fewer events are those of --smoke.
const { coldUs, warmUpMs, isSteady } = await warmUp(run, {
  ...{ cold: BURST, window: windowOf(BURST) },
  ...(COUNT < 1000 ? { maxWindows: 0 } : {}),
});
globalThis.gc();
const cpu = await run(COUNT);
await end();
rmSync(folder, { recursive: true, force: true });
console.log(JSON.stringify({ bytes, cpuUs: cpu / COUNT, coldUs, warmUpMs, isSteady }));
process.exit();
