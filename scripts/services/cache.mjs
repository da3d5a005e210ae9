// @ts-check
// The cache folder: binaries, data and logs of the servers, and who runs and uses them. Several
// checkouts share it.
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { runs, startOf } from './processes.mjs';

/** test/support/services.ts finds it by the same rule. */
export const folder = resolve(
  process.env.NESTJS_EVENT_TRACKING_CACHE ||
    join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'nestjs-event-tracking'),
);
export const inFolder = (...names) => join(folder, ...names);

for (const name of ['bin', 'data', 'lock', 'log', 'users']) mkdirSync(inFolder(name), { recursive: true, mode: 0o700 });

const stateFile = inFolder('services.json');

/** What runs, by name: services.json. */
export function readState() {
  try {
    return JSON.parse(readFileSync(stateFile, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return {};
    throw new Error(`${stateFile} cannot be read: ${error.message}. Fix: npm run services:stop, or delete it`);
  }
}

/**
 * Written whole or not at all, as tests read it at any time; and a file <name>.pid for each, for
 * people.
 */
export function writeState(state) {
  const next = inFolder('services.json.new');
  writeFileSync(next, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(next, stateFile);
  for (const file of readdirSync(folder)) if (file.endsWith('.pid') && !state[file.slice(0, -4)]?.pid) remove(file);
  for (const [name, { pid }] of Object.entries(state)) if (pid) writeFileSync(inFolder(`${name}.pid`), `${pid}\n`);
}

/**
 * The data of a server. PostgreSQL does not run as root, and the user that it runs as instead
 * cannot enter the home of root: then its data is in the folder for temporary files.
 */
export function dataFolder(name) {
  if (name !== 'postgres' || process.getuid?.() !== 0) return inFolder('data', name);
  return join(tmpdir(), `nestjs-event-tracking-${createHash('sha256').update(folder).digest('hex').slice(0, 8)}`);
}

/** @param names of the servers whose data is removed; without one, that of all */
export function removeData(...names) {
  const gone = names.length === 0 ? [inFolder('data'), dataFolder('postgres')] : names.map(dataFolder);
  for (const each of gone) rmSync(each, { recursive: true, force: true });
}

export const remove = (...names) => rmSync(inFolder(...names), { recursive: true, force: true });

const me = `${process.pid} ${startOf(process.pid)}`;
const noted = (text) => {
  const [pid, ...start] = text.split(' ');
  return { pid: Number(pid), start: start.join(' ') };
};

/**
 * Runs `body` while no other process runs one in this folder; the lock of a process that died is
 * nobody's.
 *
 * Taking away a dead holder's lock is where lock files go wrong: between the look and the removal
 * another may have taken it over. So nothing is taken away: locks are numbered, the highest number
 * counts, and the way past a dead or released one is to make the next, which only one process can.
 * Who then sees a higher one than its own came late, and steps back.
 */
export async function alone(body, { patienceMs = 15 * 60_000, pollMs = 50 } = {}) {
  const deadline = performance.now() + patienceMs;
  let told = false;
  for (;;) {
    const newest = highest();
    const holder = newest === 0 ? 'nobody' : readLock(newest);
    if (holder === 'nobody' || (holder !== undefined && !runs(noted(holder)))) {
      const mine = newest + 1;
      if (!make(me, mine)) continue;
      if (highest() > mine) {
        unlinkSync(inFolder('lock', String(mine)));
        continue;
      }
      // A few old ones stay: one who is just listing the folder must see some of a chain that grows
      // meanwhile.
      for (const old of readdirSync(inFolder('lock'))) if (Number(old) < mine - 8) remove('lock', old);
      try {
        return await body();
      } finally {
        symlinkSync('nobody', inFolder('lock', `released-${process.pid}`));
        renameSync(inFolder('lock', `released-${process.pid}`), inFolder('lock', String(mine)));
      }
    }
    if (holder !== undefined && performance.now() > deadline) {
      throw new Error(`process ${holder.split(' ')[0]} has held ${folder} for ${patienceMs / 1000} s`);
    }
    if (holder !== undefined && !told) {
      console.log(`waiting for process ${holder.split(' ')[0]}, which is at work in ${folder}`);
      told = true;
    }
    await wait(pollMs);
  }
}

const highest = () => Math.max(0, ...readdirSync(inFolder('lock')).map(Number).filter(Number.isInteger));

function readLock(number) {
  try {
    return readlinkSync(inFolder('lock', String(number)));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined; // its maker came late and stepped back
    throw error;
  }
}

/** A link that leads nowhere: made with its text in one step, and never over another. */
function make(text, number) {
  try {
    symlinkSync(text, inFolder('lock', String(number)));
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Notes who wants the servers: the process of that number as long as it runs, or, without one,
 * whoever typed it until `stop`.
 */
export function addUser(pid) {
  const name = pid === undefined ? 'by-hand' : String(pid);
  remove('users', name);
  symlinkSync(pid === undefined ? 'by-hand' : `${pid} ${startOf(pid)}`, inFolder('users', name));
}

export const removeUser = (pid) => remove('users', pid === undefined ? 'by-hand' : String(pid));

/** Those who still want the servers. */
export function users() {
  return readdirSync(inFolder('users')).filter((name) => {
    if (name === 'by-hand' || runs(noted(readlinkSync(inFolder('users', name))))) return true;
    remove('users', name);
    return false;
  });
}
