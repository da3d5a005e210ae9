import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where a Redis server is, as ioredis takes it. */
export type RedisAddress = string | { readonly path: string };

/** Why tests that need Redis are skipped; undefined if they can run. */
export const noRedis: string | undefined =
  process.env['REDIS_URL'] !== undefined || spawnSync('redis-server', ['--version']).status === 0
    ? undefined
    : 'there is no redis-server on the PATH, and no REDIS_URL';

/** The server of REDIS_URL, or one of our own on a socket in a folder of its own, which keeps nothing. */
export class Redis {
  private constructor(
    readonly address: RedisAddress,
    private readonly server: ChildProcess | undefined,
    private readonly folder: string | undefined,
  ) {}

  static async start(): Promise<Redis> {
    const url = process.env['REDIS_URL'];
    if (url !== undefined) return new Redis(url, undefined, undefined);
    const folder = await mkdtemp(join(tmpdir(), 'redis-'));
    const path = join(folder, 'redis.sock');
    const server = spawn('redis-server', ['--port', '0', '--unixsocket', path, '--save', '', '--appendonly', 'no'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    for await (const chunk of server.stdout) {
      said += String(chunk);
      if (/ready to accept connections/i.test(said)) break;
    }
    if (server.exitCode !== null) throw new Error(`redis-server ended: ${said}`);
    return new Redis({ path }, server, folder);
  }

  async stop(): Promise<void> {
    if (this.server?.exitCode === null) {
      const ended = once(this.server, 'exit');
      this.server.kill();
      await ended;
    }
    if (this.folder !== undefined) await rm(this.folder, { recursive: true, force: true });
  }
}
