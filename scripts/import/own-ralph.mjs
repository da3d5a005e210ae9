// @ts-check
// A Ralph for one run, started from what `npm run services` installed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, createReadStream, existsSync, mkdirSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { readState } from '../services/cache.mjs';
import { freePort } from '../services/processes.mjs';

/** @param folder where its data goes */
export async function startRalph(folder) {
  const { program, args } = readState().lrs ?? {};
  if (program === undefined) throw new Error('there is no Ralph. Fix: npm run services lrs');
  const port = await freePort();
  mkdirSync(folder);
  const filled = args.map((arg) => arg.replace('{port}', port).replace('{folder}', folder));
  const server = spawn(program, filled, { cwd: folder, stdio: 'inherit' });
  const closed = once(server, 'close');
  while (server.exitCode === null && !(await answers(port))) await wait(50);
  if (server.exitCode !== null) throw new Error(`Ralph does not start: exit code ${server.exitCode}`);
  const file = join(folder, 'store', 'fs_lrs.jsonl');
  return {
    url: `http://tests:tests@127.0.0.1:${port}/xAPI`,
    stored: lineCounter(file),
    statements: () => statementsIn(file),
    async stop() {
      server.kill('SIGKILL');
      await closed;
    },
  };
}

const answers = (port) =>
  fetch(`http://127.0.0.1:${port}/__lbheartbeat__`).then(
    ({ ok }) => ok,
    () => false,
  );

/** Returns a function that counts the lines of a growing file, and reads each byte once. */
function lineCounter(file) {
  const chunk = Buffer.alloc(65_536);
  let [offset, lines] = [0, 0];
  return () => {
    if (!existsSync(file)) return 0;
    const descriptor = openSync(file, 'r');
    for (let bytes; (bytes = readSync(descriptor, chunk, 0, chunk.length, offset)) > 0; offset += bytes)
      for (let at = 0; at < bytes; at++) if (chunk[at] === 10) lines++;
    closeSync(descriptor);
    return lines;
  };
}

/** How many statements are stored, and how many ids they have. */
async function statementsIn(file) {
  const ids = new Set();
  let stored = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    ids.add(JSON.parse(line).id);
    stored++;
  }
  return { stored, ids: ids.size };
}
