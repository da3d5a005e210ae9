// @ts-check
// `npm run services [-- NAME…]`: brings up the servers that tests need, notes them in services.json
// of the cache folder, and installs Chromium if there is none.
// `npm run services:stop [-- --force]`: ends them, unless a running `npm run test:all` still uses
// them. With `--for PID` (scripts/test-all.mjs) they are wanted only while that process runs, or
// until `stop --for PID`.
import { parseArgs } from 'node:util';
import { bringUp, endServer } from './services/bring-up.mjs';
import { bringBrowser } from './services/browser.mjs';
import {
  addUser,
  alone,
  inFolder,
  readState,
  remove,
  removeData,
  removeUser,
  users,
  writeState,
} from './services/cache.mjs';
import { catalogue } from './services/catalogue.mjs';
import { withoutPassword } from './services/probes.mjs';

const startedAt = performance.now();
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { for: { type: 'string' }, force: { type: 'boolean', default: false } },
});
const [action = '', ...names] = positionals;
const all = [...Object.keys(catalogue), 'chromium'];
const user = values.for === undefined ? undefined : Number(values.for);

if (!['start', 'stop'].includes(action) || names.some((name) => !all.includes(name)) || Number.isNaN(user)) {
  console.error(`services.mjs cannot do "${process.argv.slice(2).join(' ')}".
  Fix: services.mjs start [--for PID] [${all.join('] [')}], or services.mjs stop [--for PID] [--force]`);
  process.exit(2);
}
process.exitCode = await alone(action === 'start' ? start : stop);

/** @returns the exit code: 1 if anything is missing */
async function start() {
  addUser(user);
  const state = readState();
  const found = await Promise.all(
    (names.length > 0 ? names : all).map(async (name) => {
      const record = (entry) => {
        if (entry) state[name] = entry;
        else delete state[name];
        writeState(state);
      };
      try {
        return { name, ...(await (name === 'chromium' ? bringBrowser() : bringUp(name, state[name], record))) };
      } catch (error) {
        return { name, missing: error.message };
      }
    }),
  );
  show(found);
  const up = found.filter(({ missing }) => missing === undefined).length;
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`\n${up} of ${found.length} up after ${seconds} s, noted in ${inFolder('services.json')}`);
  return up === found.length ? 0 : 1;
}

/** Ends all when nobody wants them any more; data goes with them. */
async function stop() {
  removeUser(user);
  const left = values.force ? [] : users();
  if (left.length > 0) {
    const who = left.map((name) => (name === 'by-hand' ? 'npm run services by hand' : `process ${name}`)).join(', ');
    const fix = user === undefined ? '; npm run services:stop -- --force ends them all the same' : '';
    console.log(`left running, wanted by ${who}${fix}`);
    return 0;
  }
  const state = readState();
  for (const [name, entry] of Object.entries(state)) {
    await endServer(name, entry);
    delete state[name];
    writeState(state);
    console.log(`${name}: ended`);
  }
  remove('services.json');
  removeData();
  return 0;
}

function show(found) {
  const rows = found.map(({ name, url, pid, how, missing }) =>
    missing === undefined
      ? [name, withoutPassword(url), String(pid ?? ''), `from ${how}`]
      : [name, 'NOT TO BE HAD', '', missing],
  );
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows) {
    console.log(
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }
}
