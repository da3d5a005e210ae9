// One subject in a process of its own: node subject.mjs CASE BYTES [COUNT]. Prints { bytes, cpuUs }.
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contextOf, dataOf } from './events.mjs';

const require = createRequire(import.meta.url);
const [name, size] = [process.argv[2], Number(process.argv[3])];
const folder = mkdtempSync(join(tmpdir(), 'bench-'));
const data = dataOf(size);
const context = Object.assign({}, ...contextOf(size));
const event = { name: 'problem_check', timestamp: new Date(), context, data };
const bytes = Buffer.byteLength(JSON.stringify(event));
const COUNT = Number(process.argv[4]) || Math.ceil(Math.min(300_000, 120_000_000 / bytes) / 100) * 100;
const WARM_UP = Math.min(20_000, COUNT);
/** Yielding lets the writer write, as it does between requests; otherwise the bound on held lines would be what is measured. */
const BURST = 100;

const subjects = {
  stringify: () => () => JSON.stringify(event),
  klona: () => {
    const { klona } = require('klona/json');
    return () => JSON.stringify(klona(event));
  },
  pino: () => {
    const pino = require('pino');
    const log = pino(
      { base: undefined },
      pino.destination({ dest: join(folder, 'out.log'), sync: false, minLength: 16_000 }),
    );
    return () => log.info(event);
  },
  a: () => tracker(({ backend }) => ({ backends: { none: backend(Nothing) } })),
  b: () =>
    tracker(({ backend, LoggerBackend }) => ({
      backends: { log: backend(LoggerBackend, { path: join(folder, 'out.log') }) },
    })),
  'b-scope': () =>
    tracker(
      ({ backend, LoggerBackend }) => ({
        backends: { log: backend(LoggerBackend, { path: join(folder, 'out.log') }) },
      }),
      true,
    ),
  c: () =>
    tracker(({ backend, LoggerBackend, NameAllowlist, processor, RegexFilter, RoutingBackend }) => ({
      backends: {
        one: backend(
          RoutingBackend,
          {},
          {
            processors: [processor(RegexFilter, { regularExpressions: ['^edx\\.course\\.', '^play_', '^problem_'] })],
            backends: { log: backend(LoggerBackend, { path: join(folder, 'out.log') }) },
          },
        ),
        two: backend(
          RoutingBackend,
          {},
          {
            processors: [processor(NameAllowlist, { names: ['something.else'] })],
            backends: { none: backend(Nothing) },
          },
        ),
      },
    })),
  d: () =>
    tracker(({ backend, LoggerBackend, MemoryBackend, processor, RegexFilter }) => ({
      backends: Object.fromEntries(
        Array.from({ length: 10 }, (_, at) => [
          `branch${at}`,
          at === 5
            ? backend(LoggerBackend, { path: join(folder, 'out.log') })
            : backend(
                MemoryBackend,
                {},
                { processors: [processor(RegexFilter, { regularExpressions: [`^other${at}\\.`] })] },
              ),
        ]),
      ),
    })),
  e: () =>
    tracker(({ backend, LoggerBackend }) => ({
      processors: [(changed) => void (changed.data.attempts += 1)],
      backends: { log: backend(LoggerBackend, { path: join(folder, 'out.log') }) },
    })),
};

class Nothing {
  send() {}
}

async function tracker(tree, manyInOneScope = false) {
  const { NestFactory } = require('@nestjs/core');
  const { Module } = require('@nestjs/common');
  const tracking = require('nestjs-event-tracking');
  class AppModule {}
  Module({ imports: [tracking.TrackingModule.forRoot({ shutdownTimeoutMs: 60_000, ...tree(tracking) })] })(AppModule);
  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
  const service = app.get(tracking.TrackerService);
  const [request, course, module] = contextOf(size);
  const emit = () => service.emit('problem_check', data);
  const finish = async () => {
    await app.close();
    ledger = service.ledger.nodes();
  };
  // A request scope and two nested ones, opened per event or per burst.
  const inScopes = (body) =>
    service.context(request, () => service.context(course, () => service.context(module, body)));
  return manyInOneScope
    ? Object.assign(emit, { around: inScopes, finish })
    : Object.assign(() => inScopes(emit), { finish });
}

/** What is allocated, by the function that does, what the garbage collector takes back included: --heap. */
function sampleAllocations() {
  const { Session } = require('node:inspector/promises');
  const session = new Session();
  session.connect();
  const started = session.post('HeapProfiler.startSampling', {
    samplingInterval: 16_384,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  return async () => {
    await started;
    const { profile } = await session.post('HeapProfiler.stopSampling');
    const bytesOf = new Map();
    const visit = ({ callFrame: { functionName, url, lineNumber }, selfSize, children }) => {
      const place = `${functionName || '(anonymous)'} ${url.split('/').at(-1) || 'V8'}:${lineNumber + 1}`;
      bytesOf.set(place, (bytesOf.get(place) ?? 0) + selfSize);
      children.forEach(visit);
    };
    visit(profile.head);
    const all = [...bytesOf].map(([place, size]) => ({ place, bytesPerEmit: size / COUNT }));
    const total = all.reduce((sum, { bytesPerEmit }) => sum + bytesPerEmit, 0);
    const largest = all.sort((a, b) => b.bytesPerEmit - a.bytesPerEmit).slice(0, 15);
    return [{ place: 'in all', bytesPerEmit: total }, ...largest];
  };
}

/** Of the tracker that was measured, after its close. */
let ledger;
const subject = await subjects[name]();
const { around = (body) => body(), finish = () => undefined } = subject;
async function burst(count) {
  for (let done = 0; done < count; done += BURST) {
    around(() => {
      for (let at = 0; at < BURST; at++) subject();
    });
    await new Promise(setImmediate);
  }
}

await burst(WARM_UP);
globalThis.gc();
const allocated = process.argv.includes('--heap') ? sampleAllocations() : undefined;
const before = process.cpuUsage();
await burst(COUNT);
const { user, system } = process.cpuUsage(before);
const allocations = await allocated?.();
await finish();
if (['b', 'b-scope', 'c', 'd', 'e'].includes(name)) {
  // A fast writer that loses lines is not fast.
  const lines = readFileSync(join(folder, 'out.log'), 'latin1').split('\n').length - 1;
  if (lines !== WARM_UP + COUNT)
    throw new Error(`${name}: ${lines} lines of ${WARM_UP + COUNT} were written: ${JSON.stringify(ledger)}`);
}
rmSync(folder, { recursive: true });
for (const { place, bytesPerEmit } of allocations ?? [])
  console.log(`${bytesPerEmit.toFixed(0).padStart(6)} B  ${place}`);
console.log(JSON.stringify({ bytes, cpuUs: (user + system) / COUNT }));
