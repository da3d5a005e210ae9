// @ts-check
// One server from not there to answering.
import { mkdirSync, readdirSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { dataFolder, inFolder, removeData } from './cache.mjs';
import { catalogue } from './catalogue.mjs';
import { endContainer, startContainer } from './docker.mjs';
import { silenceAt, silenceOf, withoutPassword } from './probes.mjs';
import { end, freePort, lastWords, onPath, runs, startOf, startServer } from './processes.mjs';

/**
 * The first of: what the environment names, what runs, a program on the PATH, one that we install,
 * a container.
 * @param known what services.json says of it
 * @param record puts an entry into services.json, or takes it out
 */
export async function bringUp(name, known, record) {
  const { variable, program, args, install, composePort } = catalogue[name];
  const given = process.env[variable];
  if (given) {
    const silence = await silenceAt(given);
    if (silence) throw new Error(`nothing answers at ${variable} (${withoutPassword(given)}): ${silence}`);
    // Not recorded: tests of a later shell must not find, and write into, a server that this one
    // was lent.
    return { url: given, how: variable };
  }
  // What runs stays, whatever it was built from: another checkout may be using it.
  if (known && (!known.pid || runs(known)) && !(await silenceOf(name, known.port))) return known;
  if (known) {
    await endServer(name, known, 500); // it is dead, or deaf: it was stopped, or hangs
    record(undefined);
  }

  const tell = (text) => console.log(`${name}: ${text}`);
  const begin = (found) => launch(name, found, known?.port, record, tell);
  /** @type {(() => Promise<object>)[]} */
  const ways = [async () => begin(await install(tell))];
  if (program) {
    ways.unshift(async () => {
      const path = onPath(program);
      if (!path) throw new Error(`${program} is not on the PATH`);
      return begin({ path, args, how: 'PATH' });
    });
  }
  if (composePort) ways.push(() => contain(name, composePort, record, tell));

  const reasons = [];
  for (const way of ways) {
    try {
      return await way();
    } catch (error) {
      reasons.push(error.message);
    }
  }
  throw new Error(reasons.join('; '));
}

/** Ends what an entry of services.json stands for. */
export async function endServer(name, entry, politelyMs = 5000) {
  if (entry.how === 'docker') await endContainer(name);
  else await end(entry, politelyMs, catalogue[name]?.endSignal);
}

/**
 * Starts a program on a port of its own, the one it had before if that is still free: URLs of
 * running tests stay valid. Data of an earlier run is kept if the server starts with it. If it
 * fails twice (too much for its memory, or torn by a crash), the data is removed: it belongs to
 * tests that are over.
 */
async function launch(name, { path, args, how }, hadPort, record, tell) {
  const data = dataFolder(name);
  const logFile = inFolder('log', `${name}.log`);
  mkdirSync(data, { recursive: true, mode: 0o700 });
  let failure;
  for (let tries = 0; tries < 3; tries += 1) {
    const hadData = readdirSync(data).length > 0;
    const port = await freePort(tries === 0 ? hadPort : undefined);
    const otherPort = args.includes('{otherPort}') ? await freePort() : '';
    const filled = args.map((arg) =>
      arg.replace('{port}', port).replace('{otherPort}', otherPort).replace('{folder}', data),
    );
    const server = startServer(path, filled, data, logFile);
    const gone = new Promise((resolve) => {
      server.once('error', (error) => resolve(error.message));
      server.once('exit', (code, signal) => resolve(`it ended, ${signal ?? `exit code ${code}`}${lastWords(logFile)}`));
    });
    if (server.pid === undefined) throw new Error(`${path} does not start: ${await gone}`);
    const entry = {
      url: urlAt(name, port),
      pid: server.pid,
      how,
      port,
      start: startOf(server.pid),
      program: path,
      args,
    };
    record(entry); // before it is ready: if we are killed now, the next run finds it
    const over = new AbortController();
    failure = await Promise.race([readiness(name, port, 60_000, over.signal), gone]);
    over.abort();
    // Another program may have taken the port in between: what answers is ours only while ours
    // lives.
    if (failure === undefined && runs(entry)) return entry;
    failure ??= await gone;
    await end(entry, 500);
    record(undefined);
    if (hadData && tries === 1) {
      tell(`does not start with the data of an earlier run, which is removed: ${failure}`);
      removeData(name);
      mkdirSync(data, { recursive: true, mode: 0o700 });
    }
  }
  throw new Error(`${path} does not start: ${failure}`);
}

async function contain(name, composePort, record, tell) {
  const port = await startContainer(name, composePort, tell);
  const entry = { url: urlAt(name, port), how: 'docker', port };
  record(entry);
  const failure = await readiness(name, port, 60_000);
  if (failure) throw new Error(`its container does not answer: ${failure}`);
  return entry;
}

function urlAt(name, port) {
  const { scheme, user, path = '' } = catalogue[name];
  const before = scheme === undefined ? '' : `${scheme}://${user === undefined ? '' : `${user}@`}`;
  return `${before}127.0.0.1:${port}${path}`;
}

/** Waits for an answer; resolves with the reason if none comes. */
async function readiness(name, port, deadlineMs, over) {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const silence = await silenceOf(name, port);
    if (!silence || over?.aborted) return undefined;
    if (performance.now() > deadline) return `not ready after ${deadlineMs / 1000} s, ${silence}`;
    await wait(20);
  }
}
