// The synchronous part of emit, in a process of its own: node accept.mjs memory|bull|embedded BYTES
// REDIS_URL [COUNT]. Prints { bytes, cpuUs, coldUs, warmUpMs, isSteady }. Only the bursts of emits
// are timed; what becomes of the events later is not.
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { contextOf, dataOf } from '../emit/events.mjs';
import { warmUp, windowOf } from '../warm-up.mjs';

const require = createRequire(import.meta.url);
const { Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { BullModule } = require('@nestjs/bull');
const { AsyncRoutingBackend, backend, TrackerService, TrackingModule } = require('nestjs-event-tracking');
const { bullQueue } = require('nestjs-event-tracking/bull');
const [name, size, redis] = [process.argv[2], Number(process.argv[3]), process.argv[4]];
const COUNT = Number(process.argv[5]) || 100_000;
const BURST = 500;
const data = dataOf(size);
const scopes = contextOf(size);
const context = Object.assign({}, ...scopes);
const bytes = Buffer.byteLength(JSON.stringify({ name: 'problem_check', timestamp: new Date(), context, data }));

class Nothing {
  readsOnly = true;
  sendBatch() {
    return Promise.resolve();
  }
}

const nodes = {
  memory: () => backend(Nothing),
  embedded: () => backend(AsyncRoutingBackend, {}, { backends: { nothing: backend(Nothing) } }),
  bull: () => {
    const imports = [BullModule.registerQueue({ name: 'accept', redis })];
    return backend(
      AsyncRoutingBackend,
      { queue: bullQueue('accept') },
      { imports, backends: { nothing: backend(Nothing) } },
    );
  },
};
class AppModule {}
Module({ imports: [TrackingModule.forRoot({ role: 'emitter', backends: { target: nodes[name]() } })] })(AppModule);
const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
const tracker = app.get(TrackerService);
const inScopes = (body) => scopes.reduceRight((inner, values) => () => tracker.context(values, inner), body)();

let emitted = 0;
async function run(count) {
  let cpu = 0;
  for (let done = 0; done < count; done += BURST) {
    inScopes(() => {
      const before = process.cpuUsage();
      for (let at = 0; at < BURST; at++) tracker.emit('problem_check', data);
      const { user, system } = process.cpuUsage(before);
      cpu += user + system;
    });
    emitted += BURST;
    await tracker.flush();
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
const { delivered } = tracker.ledger.destination('target');
if (delivered !== emitted) throw new Error(`${name}: ${delivered} events of ${emitted} were taken`);
await app.close();
console.log(JSON.stringify({ bytes, cpuUs: cpu / COUNT, coldUs, warmUpMs, isSteady }));
process.exit();
