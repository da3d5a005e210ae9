// @ts-check
// Processes that outlive the script which started them, and ports for them.
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, closeSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/**
 * What tells a process from a later one of the same number: when it started. Undefined if there is
 * none, or only what a parent that does not wait for its children leaves of one: in a container, a
 * server that was killed stays a zombie for good.
 */
export function startOf(pid) {
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the name before it may hold blanks and brackets
      return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
    } catch {
      return undefined;
    }
  }
  const { stdout } = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' });
  const [state, ...start] = (stdout ?? '').trim().split(/\s+/);
  return !state || state.startsWith('Z') ? undefined : start.join(' ');
}

/** The processes that a process has started and that run. */
export function childrenOf(pid) {
  if (process.platform !== 'linux') {
    const { stdout } = spawnSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' });
    return (stdout ?? '').split('\n').filter(Boolean).map(Number);
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((each) => parentOf(each) === pid);
}

function parentOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? undefined : Number(parent);
  } catch {
    return undefined; // it has ended meanwhile
  }
}

/** Whether the process that was noted with this start still runs. */
export const runs = ({ pid, start }) => start !== undefined && startOf(pid) === start;

/**
 * Ends a process, first politely; resolves once it is gone. Does nothing to another that got its
 * number.
 */
export async function end(noted, politelyMs, endSignal = 'SIGTERM') {
  for (const [signal, patienceMs] of [
    [endSignal, politelyMs],
    ['SIGKILL', 10_000],
  ]) {
    if (!runs(noted)) return;
    try {
      process.kill(noted.pid, signal);
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
    const deadline = performance.now() + patienceMs;
    while (runs(noted) && performance.now() < deadline) await wait(20);
  }
  if (runs(noted)) throw new Error(`process ${noted.pid} survived a SIGKILL of 10 s`);
}

/** Starts a server that stays when we leave; what it says goes to the end of `logFile`. */
export function startServer(program, args, cwd, logFile) {
  const log = openSync(logFile, 'a', 0o600);
  try {
    const server = spawn(program, args, { cwd, detached: true, stdio: ['ignore', log, log] });
    server.unref();
    return server;
  } finally {
    closeSync(log);
  }
}

/**
 * Runs a command to its end with its output in `logFile`. Rejects with the end of the output.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ logFile: string, timeoutMs: number, env?: object, cwd?: string }} options
 */
export async function run(command, args, { logFile, timeoutMs, env = {}, cwd }) {
  const log = openSync(logFile, 'w', 0o600);
  const failure = await new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', log, log],
      timeout: timeoutMs,
    });
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => {
      if (code === 0) resolve(undefined);
      else if (child.killed) resolve(`took more than ${timeoutMs / 1000} s`);
      else resolve(`${signal ?? `exit code ${code}`}${lastWords(logFile)}`);
    });
  });
  closeSync(log);
  if (failure !== undefined) throw new Error(`${[command, ...args].join(' ')}: ${failure}`);
}

/** The end of a log in one line, to be put behind an error. */
export function lastWords(logFile) {
  const lines = readFileSync(logFile, 'utf8').trim().split('\n').slice(-3).join(' / ');
  return lines === '' ? '' : `: ${lines.slice(-400)} (${logFile})`;
}

/** Where a program is, as a shell would find it. */
export function onPath(program) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder || '.', program);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      // the next folder
    }
  }
  return undefined;
}

/**
 * The port if it can be listened on, or any free one: another may take it before the server does,
 * so the caller tries again. A process that was killed lets go of its port a little after it is
 * gone, when the last of its threads is.
 */
export async function freePort(preferred, patienceMs = 500) {
  const deadline = performance.now() + patienceMs;
  while (preferred) {
    if (await listenable(preferred)) return preferred;
    if (performance.now() > deadline) break;
    await wait(20);
  }
  return listenable(0);
}

const listenable = (port) =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const { port: free } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(free));
    });
  });
