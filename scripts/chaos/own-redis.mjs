// @ts-check
// A Redis for this run alone, whose every acknowledged write outlives the processes that talk to
// it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { readState } from '../services/cache.mjs';
import { freePort, onPath } from '../services/processes.mjs';
import { silenceOf } from '../services/probes.mjs';

const PATIENCE_MS = 10_000;

/**
 * @param folder for its files; whoever made it removes it
 * @param more settings of the server
 */
export async function startRedis(folder, more = []) {
  const program = readState().redis?.program ?? onPath('redis-server');
  if (!program) throw new Error('there is no redis-server. Fix: npm run services, or install it');
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const address = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--daemonize', 'no'];
  const safety = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'everysec'];
  const server = spawn(program, [...address, ...safety, '--maxmemory-policy', 'noeviction', ...more], {
    stdio: 'ignore',
  });
  const close = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    server.kill('SIGKILL');
    await once(server, 'exit');
  };
  // A script that ends in whatever way must not leave it behind.
  process.once('exit', () => server.kill('SIGKILL'));
  const deadline = performance.now() + PATIENCE_MS;
  for (let silence = 'not asked'; silence !== undefined; silence = await silenceOf('redis', port)) {
    if (server.exitCode !== null) throw new Error(`${program} ended at once, with ${server.exitCode}`);
    if (performance.now() > deadline) {
      await close();
      throw new Error(`${program} does not answer on port ${port}: ${silence}`);
    }
    await wait(10);
  }
  return { url: `redis://127.0.0.1:${port}`, port, close };
}
