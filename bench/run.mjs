// npm run bench -- emit [--json] [--pairs 5] [--case b] [--bytes 1024] [--shape
// flat|nested|long|non-ascii|dates|numbers|mixed|all] [--heap] npm run bench -- http [--json]
// [--pairs 5] [--case fastify] npm run bench -- delivery [--json] [--pairs 5] [--case
// accept|mongo|postgres|outbox|wire|outage] npm run bench -- async [--json] [--pairs 5] [--case
// queue|accept|web] [--bytes 1024] npm run bench -- bus [--json] [--pairs 5] [--case
// redis-streams|kafka] npm run bench -- catalog [--json] [--pairs 5] [--case validate-log|emit] npm
// run bench -- import [--json] [--pairs 3] npm run bench -- explorer [--json] [--pairs 5] [--case
// imported|watched] npm run bench -- start [--json] [--pairs 9] [--case
// ours|nestjs-pino|posthog-node] npm run bench -- xapi [--json] [--pairs 5] [--case
// enrollment|video|forum|problem|caliper] npm run bench -- worst [--json] [--case log] [--bytes
// 100000] --nodes 20,24,26 runs the same on each of these versions of Node in turn, installed by
// npm; without it, on the Node that starts it. --smoke runs every bench, or those named, once with
// little work: whether it runs, not what it measures.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArguments } from './arguments.mjs';
import { nodeBinary } from './nodes.mjs';

const benches = {
  emit: () => import('./emit/emit.mjs'),
  http: () => import('./http/http.mjs'),
  delivery: () => import('./delivery/delivery.mjs'),
  async: () => import('./async/async.mjs'),
  bus: () => import('./bus/bus.mjs'),
  catalog: () => import('./catalog/catalog.mjs'),
  import: () => import('./import/import.mjs'),
  explorer: () => import('./explorer/explorer.mjs'),
  start: () => import('./start/start.mjs'),
  xapi: () => import('./xapi/xapi.mjs'),
  worst: () => import('./worst/worst.mjs'),
};
const PAIRS = 5;

/** What a caller can fix is printed without a stack. */
function orExplain(work) {
  try {
    return work();
  } catch (error) {
    console.error(`bench: ${error.message}.`);
    process.exit(2);
  }
}

const { names, nodes, words, options } = orExplain(() => parseArguments(process.argv.slice(2), Object.keys(benches)));
if (nodes.length > 0) {
  const binaries = orExplain(() => nodes.map((version) => nodeBinary(version)));
  for (const binary of binaries) {
    // Every process that a bench starts runs on the Node of the process that starts it.
    const { status } = spawnSync(binary, [fileURLToPath(import.meta.url), ...words], { stdio: 'inherit' });
    if (status !== 0) process.exitCode = 1;
  }
} else {
  for (const name of names) {
    const { run } = await benches[name]();
    const met = await run({ ...options, pairs: options.pairs ?? PAIRS });
    if (!met && !options.smoke) process.exitCode = 1;
  }
}
