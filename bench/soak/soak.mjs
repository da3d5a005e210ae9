// npm run soak -- [--events 1000000] [--seed 1] [--json]
import 'reflect-metadata';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { runSoak } from './run-soak.mjs';

const require = createRequire(import.meta.url);
const { NestFactory } = require('@nestjs/core');
const { Module } = require('@nestjs/common');
const library = require('nestjs-event-tracking');

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});

async function start(tree) {
  class AppModule {}
  Module({ imports: [library.TrackingModule.forRoot({ ...tree, requestContext: false, shutdownTimeoutMs: 60_000 })] })(
    AppModule,
  );
  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
  return { tracker: app.get(library.TrackerService), close: () => app.close() };
}

const inMb = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MB`;
const result = await runSoak({
  ...{ library, start, events: Number(values.events), seed: Number(values.seed), maxGrowthBytes: 32 * 2 ** 20 },
  onStep: ({ emitted, heapBytes, seconds }) => {
    if (values.json) return;
    const perSecond = Math.round(emitted / seconds).toLocaleString('en');
    console.log(
      `${emitted.toLocaleString('en').padStart(11)} events, ${perSecond}/s, heap after gc ${inMb(heapBytes)}`,
    );
  },
});

if (values.json) console.log(JSON.stringify({ bench: 'soak', ...result }));
else {
  console.log(
    `\nseed ${result.seed}, ${result.seconds.toFixed(0)} s, ${result.lines.toLocaleString('en')} lines of ${inMb(result.bytes)} read back`,
  );
  console.log(`heap after gc: ${inMb(result.heapBytes)}, grown by ${inMb(result.growthBytes)} since the first tenth`);
  console.log(
    `emitted ${result.counts.emitted}, of these by values that were read ${result.counts.emitted - result.events}; replaced`,
    result.counts.replaced,
  );
  for (const { path, received, passed, dropped, failures } of result.nodes) {
    console.log(
      `${(path || 'the root').padEnd(14)} received ${received} = passed ${passed} + dropped`,
      dropped,
      Object.keys(failures).length > 0 ? { failures } : '',
    );
  }
  for (const [text, count] of result.faults) console.log(`FAULT (${count} times): ${text}`);
  console.log(result.faults.length === 0 ? 'all held' : 'NOT all held');
}
process.exitCode = result.faults.length === 0 ? 0 : 1;
