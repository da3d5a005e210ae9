// npm run bench -- emit [--json] [--pairs 5] [--case b] [--bytes 1024]
// npm run bench -- http [--json] [--pairs 5] [--case fastify]
// npm run bench -- delivery [--json] [--pairs 5] [--case accept|mongo|wire|outage]
// npm run bench -- async [--json] [--pairs 5] [--case queue|accept|web] [--bytes 1024]
// npm run bench -- bus [--json] [--pairs 5] [--case redis-streams|kafka]
// npm run bench -- catalog [--json] [--pairs 5] [--case validate-log|emit]
// npm run bench -- worst [--json] [--case log] [--bytes 100000]
// --smoke runs every bench once with little work: whether it runs, not what it measures.
import { parseArgs } from 'node:util';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    pairs: { type: 'string', default: '5' },
    case: { type: 'string' },
    bytes: { type: 'string' },
    smoke: { type: 'boolean', default: false },
  },
});

const benches = {
  emit: () => import('./emit/emit.mjs'),
  http: () => import('./http/http.mjs'),
  delivery: () => import('./delivery/delivery.mjs'),
  async: () => import('./async/async.mjs'),
  bus: () => import('./bus/bus.mjs'),
  catalog: () => import('./catalog/catalog.mjs'),
  worst: () => import('./worst/worst.mjs'),
};
const names = values.smoke ? Object.keys(benches) : positionals;
if (names.length === 0 || names.some((name) => !(name in benches))) {
  console.error(`bench: which one? There are: ${Object.keys(benches).join(', ')}.`);
  process.exit(2);
}
for (const name of names) {
  const { run } = await benches[name]();
  const met = await run({
    json: values.json,
    smoke: values.smoke,
    pairs: values.smoke ? 1 : Number(values.pairs),
    only: { case: values.case, bytes: values.bytes === undefined ? undefined : Number(values.bytes) },
  });
  if (!met && !values.smoke) process.exitCode = 1;
}
