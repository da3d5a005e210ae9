import { execFile, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { type ServiceEntry } from '../support/services';

export const script = join(__dirname, '../../scripts/services.mjs');

/**
 * A cache folder of its own, and a PATH on which there is nothing but this Node and what the test
 * puts there.
 */
export class Machine {
  private readonly folder = mkdtempSync(join(tmpdir(), 'services-'));
  readonly cache = join(this.folder, 'cache');
  private readonly programs = join(this.folder, 'bin');

  static async with(programs: Readonly<Record<string, string>> = {}): Promise<Machine> {
    const machine = new Machine();
    machines.push(machine);
    await mkdir(machine.programs);
    await symlink(process.execPath, join(machine.programs, 'node'));
    for (const [name, path] of Object.entries(programs)) await symlink(path, join(machine.programs, name));
    return machine;
  }

  run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<{ code: number; said: string }> {
    return new Promise((resolve) => {
      const all = { PATH: this.programs, NESTJS_EVENT_TRACKING_CACHE: this.cache, ...env };
      const child = execFile(process.execPath, [script, ...args], { env: all }, (_error, stdout, stderr) => {
        resolve({ code: child.exitCode ?? -1, said: stdout + stderr });
      });
    });
  }

  async state(): Promise<Record<string, ServiceEntry & { pid: number }>> {
    return JSON.parse(await readFile(join(this.cache, 'services.json'), 'utf8'));
  }

  async redis(): Promise<ServiceEntry & { pid: number }> {
    return (await this.state())['redis']!;
  }

  async remove(): Promise<void> {
    await this.run(['stop', '--force']);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const machines: Machine[] = [];

export const bystanders: ChildProcess[] = [];

afterEach(async () => {
  for (const process of bystanders.splice(0)) process.kill('SIGKILL');
  for (const machine of machines.splice(0)) await machine.remove();
});

/** Takes the port as soon as its last owner has let go of it. */
export async function squat(port: number): Promise<Server> {
  for (;;) {
    const server = createServer((socket) => socket.resume()).listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
      return server;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      await turn();
    }
  }
}
