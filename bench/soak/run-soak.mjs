// A tree with every shipped processor in it takes generated events: nothing may throw, leak, grow
// or be lost uncounted.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SECRET, Values } from './values.mjs';

/**
 * Yielding lets the log write, as it does between requests; the bound on held lines is not what is
 * tested here.
 */
const BURST = 50;
const WISHES = ['filtered', 'cancelled', 'sampled', 'rate-limited', 'duplicate'];

/**
 * @param library the module `nestjs-event-tracking`, and `start(tree)` to start an application with
 * it
 * @returns what happened; `faults` is empty if all held
 */
export async function runSoak({ library, start, events, seed, maxGrowthBytes, steps = 20, onStep = () => undefined }) {
  const folder = mkdtempSync(join(tmpdir(), 'tracking-soak-'));
  const log = join(folder, 'soak.log');
  const faults = new Map();
  const fault = (text) => faults.set(text, (faults.get(text) ?? 0) + 1);
  const onStray = (error) => fault(`a stray failure: ${String(error?.message ?? error)}`);
  process.on('unhandledRejection', onStray).on('uncaughtException', onStray);
  try {
    const { tracker, close } = await start(tree(library, log));
    const values = new Values(seed, (name, data) => tracker.emit(name, data));
    const heap = [];
    const seen = { lines: 0, bytes: 0 };
    const startedAt = process.hrtime.bigint();
    let emitted = 0;
    for (let step = 1; step <= steps; step++) {
      while (emitted < Math.round((events * step) / steps)) {
        emitBurst(tracker, values, Math.min(BURST, events - emitted), fault);
        emitted += Math.min(BURST, events - emitted);
        await new Promise(setImmediate);
      }
      await tracker.flush();
      readLog(log, seen, fault);
      checkMemory(tracker, fault);
      for (const text of unbalanced(tracker.ledger)) fault(text);
      heap.push(heapAfterGc());
      onStep({ step, steps, emitted, heapBytes: heap.at(-1), seconds: secondsSince(startedAt) });
    }
    const seconds = secondsSince(startedAt);
    // The first tenth warms up: caches fill to their bounds, code is compiled.
    const before = heap[Math.floor(steps / 10)] ?? 0;
    const growthBytes = heap.at(-1) - before;
    if (growthBytes > maxGrowthBytes) fault(`the heap grew by ${growthBytes} bytes after the first tenth`);
    await close();
    for (const text of unbalanced(tracker.ledger)) fault(`after the close: ${text}`);
    readLog(log, seen, fault);
    const nodes = tracker.ledger.nodes();
    const written = nodes.find(({ path }) => path === 'log')?.delivery?.delivered;
    if (seen.lines !== written) fault(`the log has ${seen.lines} lines of ${written} that were delivered`);
    for (const { path, dropped, delivery } of nodes) {
      for (const [reason, count] of [...Object.entries(dropped), ...Object.entries(delivery?.dropped ?? {})]) {
        if (!WISHES.includes(reason)) fault(`${path || 'the root'} lost ${count} events: ${reason}`);
      }
    }
    return {
      events,
      seed,
      seconds,
      ...seen,
      heapBytes: heap.at(-1),
      growthBytes,
      counts: tracker.ledger.tracker(),
      nodes,
      faults: [...faults],
    };
  } finally {
    process.off('unhandledRejection', onStray).off('uncaughtException', onStray);
    rmSync(folder, { recursive: true, force: true });
  }
}

function emitBurst(tracker, values, count, fault) {
  for (let at = 0; at < count; at++) {
    try {
      tracker.context(values.context(), () => tracker.emit(values.name(), values.data()));
    } catch (error) {
      fault(`emit threw ${String(error?.stack ?? error)}`);
    }
  }
}

function tree(library, log) {
  const { backend, processor, LoggerBackend, MemoryBackend, RoutingBackend } = library;
  const { AddContext, Dedupe, DropFields, Enrich, NameAllowlist, RateLimit, Redact, RegexFilter, RenameEvent, Sample } =
    library;
  const kept = () => backend(MemoryBackend, { maxEvents: 100 });
  const courses = new Map(
    Array.from({ length: 40 }, (_, at) => [`course-${at}`, { org: `org-${at % 5}`, tags: ['a', at] }]),
  );
  const hash = { keys: { k1: 'a secret only for this soak' }, current: 'k1' };
  const branch = (processors) => backend(RoutingBackend, {}, { processors, backends: { kept: kept() } });
  return {
    processors: [
      processor(AddContext, { values: { release: 'soak', since: new Date(0) } }),
      processor(Redact, { keys: ['password', /token$/], paths: ['data.email', '**.user.*.id', 'context.a\\.b'] }),
    ],
    backends: {
      log: backend(
        LoggerBackend,
        { path: log, rotationCheckMs: 0 },
        {
          processors: [
            processor(DropFields, { paths: ['data.answers', '**.constructor', 'context.release'] }),
            processor(RenameEvent, { names: { play_video: 'edx.video.played', toString: 'text' } }),
          ],
        },
      ),
      hashed: branch([
        processor(Redact, {
          when: (path, value) => typeof value === 'string' && value.includes('@') && path.length > 0,
          marks: (name) => (name.startsWith('edx.') ? ['context.user_id', 'data.*.id'] : undefined),
          action: { hash },
        }),
        processor(AddContext, {
          values: ({ name, data }) => ({ size: Object.keys(Object(data)).length, first: name[0] }),
          override: true,
        }),
      ]),
      enriched: branch([
        processor(Enrich, { key: 'context.course_id', lookup: (id) => courses.get(id), onMiss: 'drop' }),
        processor(Enrich, {
          key: ({ context }) => context.user_id,
          lookup: (id) => (id % 2 === 0 ? { even: true } : null),
          into: 'data',
        }),
        processor(RenameEvent, { names: (name) => name.toLowerCase() }),
      ]),
      limited: branch([
        processor(Sample, {
          rates: { page_close: 0, play_video: 0.5 },
          defaultRate: 0.8,
          by: 'context.user_id',
          writeShare: true,
        }),
        processor(Dedupe, { withinMs: 60_000 }),
        processor(Dedupe, { withinMs: 20, by: 'context.course_id', maxKeys: 20 }),
        processor(RateLimit, { perSecond: 50, by: ({ name }) => name, maxKeys: 1000 }),
        processor(RateLimit, { perSecond: 100, burst: 5, by: 'data.id' }),
        processor(Dedupe, { withinMs: 10, by: 'data.user', maxKeys: 100 }),
      ]),
      filtered: branch([
        processor(RegexFilter, { filterType: 'blocklist', regularExpressions: ['page_', 'name_1'] }),
        processor(NameAllowlist, { names: ['play_video', 'problem_check', 'unknown', '{}'] }),
        processor(Sample, { defaultRate: 0.5 }),
      ]),
    },
  };
}

/**
 * Every line has to be JSON and without the secret; then the file is taken away, as logrotate does,
 * or it would fill the disk.
 */
function readLog(log, seen, fault) {
  if (!existsSync(log)) return;
  const text = readFileSync(log, 'utf8');
  if (text.includes(SECRET)) fault('the log has what should have been redacted');
  for (const line of text.split('\n')) {
    if (line === '') continue;
    seen.lines++;
    try {
      JSON.parse(line);
    } catch {
      fault(`a line is no JSON: ${line.slice(0, 200)}`);
    }
  }
  seen.bytes += Buffer.byteLength(text);
  rmSync(log);
}

function checkMemory(tracker, fault) {
  for (const path of ['hashed/kept', 'enriched/kept', 'limited/kept', 'filtered/kept']) {
    if (JSON.stringify(tracker.backend(path).events()).includes(SECRET))
      fault(`${path} has what should have been redacted`);
  }
}

/** The invariants of docs/reference/ledger.md. */
function unbalanced(ledger) {
  const sum = (counts) => Object.values(counts).reduce((total, count) => total + count, 0);
  const { emitted, dropped, waiting } = ledger.tracker();
  const faults = [];
  if (emitted !== (ledger.node('')?.received ?? 0) + sum(dropped) + waiting)
    faults.push('the books of the tracker do not balance');
  for (const { path, received, passed, dropped, delivery } of ledger.nodes()) {
    if (received !== passed + sum(dropped)) faults.push(`the books of "${path}" do not balance`);
    if (delivery && delivery.accepted !== delivery.delivered + sum(delivery.dropped) + delivery.pending) {
      faults.push(`the delivery of "${path}" does not balance`);
    }
  }
  return faults;
}

function heapAfterGc() {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc');
  gc();
  gc(); // what the first one finalised
  return process.memoryUsage().heapUsed;
}

function secondsSince(startedAt) {
  return Number(process.hrtime.bigint() - startedAt) / 1e9;
}
