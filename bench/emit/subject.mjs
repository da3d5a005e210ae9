// One subject in a process of its own: node --expose-gc subject.mjs CASE BYTES [COUNT] [--shape
// flat] [--smoke] [--heap]. Prints { bytes, cpuUs, coldUs, warmUpMs, isSteady } as JSON in its last
// line; with --heap what is allocated, by the function that does, and { bytes, allocatedBytes }.
import 'reflect-metadata';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { warmUp, windowOf } from '../warm-up.mjs';
import { sampleAllocations } from './allocations.mjs';
import { contextOf, dataOf } from './events.mjs';
import { rivals } from './rivals.mjs';
import { trackers } from './trees.mjs';

const {
  positionals: [name, size, wanted],
  values: { shape, smoke, heap },
} = parseArgs({
  allowPositionals: true,
  options: {
    shape: { type: 'string', default: 'event' },
    smoke: { type: 'boolean', default: false },
    heap: { type: 'boolean', default: false },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'bench-'));
const path = join(folder, 'out.log');
const data = dataOf(Number(size), shape);
const scopes = contextOf(Number(size), shape);
const event = { name: 'problem_check', timestamp: new Date(), context: Object.assign({}, ...scopes), data };
const bytes = Buffer.byteLength(JSON.stringify(event));
const COUNT = Number(wanted) || (smoke ? 500 : Math.ceil(Math.min(300_000, 120_000_000 / bytes) / 100) * 100);
/**
 * Yielding lets the writer write, as it does between requests; otherwise the bound on held lines
 * would be what is measured.
 */
const BURST = 100;

const makers = { ...trackers({ scopes, data, path }), ...rivals({ event, scopes, data, path }) };
const subject = await makers[name]();
const { emit, around = (body) => body(), finish = () => undefined } = subject;

let emitted = 0;
/** @returns the CPU time in µs that it took */
async function emitAll(count) {
  const before = process.cpuUsage();
  for (let done = 0; done < count; done += BURST) {
    around(() => {
      for (let at = 0; at < BURST; at++) emit();
    });
    emitted += BURST;
    await new Promise(setImmediate);
  }
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** A fast writer that loses lines, or a part of them, is not fast. */
function checkLog({ read, expected, explain = () => '' }) {
  if (read === undefined) return;
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  if (lines.length !== emitted)
    throw new Error(`${name}: ${lines.length} lines of ${emitted} were written: ${explain()}`);
  const wantedLine = JSON.parse(JSON.stringify(expected(event)));
  for (const line of [lines[0], lines.at(-1)])
    if (!isDeepStrictEqual(read(JSON.parse(line)), wantedLine)) throw new Error(`${name} wrote another event: ${line}`);
}

const { coldUs, warmUpMs, isSteady } = await warmUp(emitAll, {
  ...{ cold: smoke ? BURST : 1000, window: windowOf(BURST) },
  ...(smoke ? { maxWindows: 0 } : {}),
});
globalThis.gc();
const allocated = heap ? sampleAllocations() : undefined;
const cpuUs = (await emitAll(COUNT)) / COUNT;
const { allocatedBytes, largest = [] } = (await allocated?.(COUNT)) ?? {};
await finish();
checkLog(subject);
rmSync(folder, { recursive: true });
for (const { place, bytes: ofPlace } of largest) console.log(`${ofPlace.toFixed(0).padStart(6)} B  ${place}`);
// Sampling costs time, so that the CPU time of such a run says nothing.
console.log(JSON.stringify(heap ? { bytes, allocatedBytes } : { bytes, cpuUs, coldUs, warmUpMs, isSteady }));
process.exit();
