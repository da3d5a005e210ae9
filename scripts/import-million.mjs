// npm run import:million [-- --lines 1000000 --lrs]: imports a generated log into a server that
// counts ids, and with --lrs into a real LRS too. The first run is killed in the middle and started
// again; the second reads everything once more. Each event must be there, and no other.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { generateLog } from '../bench/catalog/generate-log.mjs';
import { importIntoLrs } from './import/into-lrs.mjs';

const { values } = parseArgs({
  options: { lines: { type: 'string', default: '1000000' }, lrs: { type: 'boolean', default: false } },
});
const lines = Number(values.lines);
const root = resolve(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'import-million-'));

const ids = new Set();
let received = 0;
let onHalf = () => undefined;
const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    for (const { id } of JSON.parse(text)) {
      ids.add(id);
      received++;
    }
    response.end('{}');
    if (received > lines / 2) onHalf();
  });
}).listen(0, '127.0.0.1');
await once(server, 'listening');

function start() {
  const words = ['import', 'tracking.log', '--module', join(root, 'scripts/import/module.cjs'), '--json'];
  const env = { ...process.env, COUNTER_URL: `http://127.0.0.1:${server.address().port}/` };
  const child = spawn(process.execPath, [join(root, 'dist/cli/main.js'), ...words], {
    ...{ cwd: folder, env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  return { child, ended: once(child, 'close').then(([code, signal]) => ({ code, signal, out })) };
}

try {
  const made = generateLog(join(folder, 'tracking.log'), lines);
  const expected = made.lines - made.broken;
  const killed = start();
  onHalf = () => killed.child.kill('SIGKILL');
  console.log('killed in the middle:', (await killed.ended).signal, `${received} events received`);
  onHalf = () => undefined;
  const startedAt = performance.now();
  const { out: rest } = await start().ended;
  console.log(
    'continued:',
    JSON.parse(rest).imported,
    'events imported,',
    ids.size,
    'ids, in',
    Math.round(performance.now() - startedAt),
    'ms',
  );
  const { out: again } = await start().ended;
  console.log('again:', JSON.parse(again).imported, 'events imported,', ids.size, 'ids');
  const isRight = ids.size === expected && JSON.parse(again).imported === expected;
  console.log(isRight ? `every one of ${expected} events is there, once` : `${expected} events were expected`);
  if (!isRight) process.exitCode = 1;
  if (values.lrs && !(await importIntoLrs(join(folder, 'tracking.log'), folder))) process.exitCode = 1;
} finally {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
}
