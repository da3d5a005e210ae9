// @ts-check
// The last way to a server: a container of compose.yaml. One project for each cache folder, so that
// two don't share data.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { folder, inFolder } from './cache.mjs';
import { freePort, onPath, run } from './processes.mjs';

const file = fileURLToPath(new URL('compose.yaml', import.meta.url));
const project = `nestjs-event-tracking-${createHash('sha256').update(folder).digest('hex').slice(0, 8)}`;

async function compose(what, args, timeoutMs, env = {}) {
  const logFile = inFolder('log', `docker-${what}.log`);
  await run('docker', ['compose', '--project-name', project, '--file', file, ...args], { logFile, timeoutMs, env });
  return readFileSync(logFile, 'utf8');
}

/** @returns the port of 127.0.0.1 on which the container's can be reached */
export async function startContainer(name, containerPort, tell) {
  if (!onPath('docker')) throw new Error('docker is not on the PATH');
  await run('docker', ['info'], { logFile: inFolder('log/docker-info.log'), timeoutMs: 20_000 });
  tell('starting a container');
  // A broker of Kafka tells its clients where it is, so it must know before it starts.
  const env = name === 'kafka' ? { KAFKA_PORT: String(await freePort()) } : {};
  await compose(name, ['up', '--detach', name], 600_000, env);
  const said = await compose(`${name}-port`, ['port', name, String(containerPort)], 20_000);
  const port = Number(/:(\d+)\s*$/.exec(said)?.[1]);
  if (!port) throw new Error(`docker compose port ${name} ${containerPort}: ${said.trim() || 'no answer'}`);
  return port;
}

export const endContainer = (name) => compose(`${name}-end`, ['rm', '--stop', '--force', '--volumes', name], 60_000);
