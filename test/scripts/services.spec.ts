import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { describeWithPrograms, type ServiceEntry } from '../support/services';
import { until } from '../support/until';

const script = join(__dirname, '../../scripts/services.mjs');

/**
 * A cache folder of its own, and a PATH on which there is nothing but this Node and what the test
 * puts there.
 */
class Machine {
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

const bystanders: ChildProcess[] = [];

afterEach(async () => {
  for (const process of bystanders.splice(0)) process.kill('SIGKILL');
  for (const machine of machines.splice(0)) await machine.remove();
});

/**
 * Where the first process waits for nobody, in a container, a killed server stays a zombie: it is
 * gone all the same.
 */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = `/proc/${String(pid)}/stat`;
  return !existsSync(stat) || !/^\d+ \(.*\) Z /.test(readFileSync(stat, 'latin1'));
}

/** Takes the port as soon as its last owner has let go of it. */
async function squat(port: number): Promise<Server> {
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

async function ask(url: string, command: 'PING' | 'GET' | 'SET', ...args: string[]): Promise<unknown> {
  const client = new Redis(url, { retryStrategy: () => null });
  try {
    return await client.call(command, ...args);
  } finally {
    client.disconnect();
  }
}

describeWithPrograms(['redis'], 'npm run services', ({ redis }) => {
  const withRedis = (): Promise<Machine> => Machine.with({ 'redis-server': redis.path });

  it('starts what is on the PATH, and leaves it alone when it runs', async () => {
    const machine = await withRedis();
    const { code, said } = await machine.run(['start', 'redis']);
    expect([code, said]).toEqual([0, expect.stringContaining('1 of 1 up')]);
    const first = await machine.redis();
    expect(first).toMatchObject({ how: 'PATH', url: `redis://127.0.0.1:${first.port}` });
    expect(await readFile(join(machine.cache, 'redis.pid'), 'utf8')).toBe(`${first.pid}\n`);
    expect(await ask(first.url, 'PING')).toBe('PONG');
    await machine.run(['start', 'redis']);
    expect(await machine.redis()).toEqual(first);
  });

  it('starts again, at the same URL and with the same data, what was killed', async () => {
    const machine = await withRedis();
    await machine.run(['start', 'redis']);
    const first = await machine.redis();
    await ask(first.url, 'SET', 'key', 'kept');
    process.kill(first.pid, 'SIGKILL');
    await until(() => !isAlive(first.pid));
    expect((await machine.run(['start', 'redis'])).code).toBe(0);
    const second = await machine.redis();
    expect(second.url).toBe(first.url);
    expect(second.pid).not.toBe(first.pid);
    expect(await ask(second.url, 'GET', 'key')).toBe('kept');
  });

  it('starts without the data of an earlier run when it cannot start with it', async () => {
    const machine = await withRedis();
    await mkdir(join(machine.cache, 'data', 'redis', 'appendonlydir'), { recursive: true });
    await writeFile(join(machine.cache, 'data', 'redis', 'appendonlydir', 'appendonly.aof.manifest'), 'torn\n');
    const { code, said } = await machine.run(['start', 'redis']);
    expect([code, said]).toEqual([0, expect.stringContaining('does not start with the data of an earlier run')]);
    expect(await ask((await machine.redis()).url, 'PING')).toBe('PONG');
  });

  it('replaces one that takes connections and answers nothing', async () => {
    const machine = await withRedis();
    await machine.run(['start', 'redis']);
    const first = await machine.redis();
    process.kill(first.pid, 'SIGSTOP');
    expect((await machine.run(['start', 'redis'])).code).toBe(0);
    expect(isAlive(first.pid)).toBe(false);
    expect(await ask((await machine.redis()).url, 'PING')).toBe('PONG');
  });

  it('takes another port when another program has taken the one it had', async () => {
    const machine = await withRedis();
    await machine.run(['start', 'redis']);
    const first = await machine.redis();
    process.kill(first.pid, 'SIGKILL');
    await until(() => !isAlive(first.pid));
    const squatter = await squat(first.port);
    expect((await machine.run(['start', 'redis'])).code).toBe(0);
    squatter.close();
    const second = await machine.redis();
    expect(second.port).not.toBe(first.port);
    expect(await ask(second.url, 'PING')).toBe('PONG');
  });

  it('starts one server for all who ask at once', async () => {
    const machine = await withRedis();
    const answers = await Promise.all([1, 2, 3, 4].map(() => machine.run(['start', 'redis'])));
    expect(answers.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    const { pid, url } = await machine.redis();
    for (const { said } of answers) expect(said).toMatch(new RegExp(`redis +${url} +${String(pid)} `));
  });

  it('takes over the lock of one that was killed', async () => {
    const machine = await withRedis();
    await machine.run(['stop']);
    const numbers = (await readdir(join(machine.cache, 'lock'))).map(Number);
    const dead = spawn(process.execPath, ['-e', '']);
    await once(dead, 'exit');
    await symlink(`${String(dead.pid)} 1`, join(machine.cache, 'lock', String(Math.max(...numbers) + 1)));
    expect((await machine.run(['start', 'redis'])).code).toBe(0);
  });

  it('takes the lock of a process for nobody’s whose number another has got', async () => {
    const machine = await withRedis();
    await machine.run(['stop']);
    await symlink(`${String(process.pid)} long ago`, join(machine.cache, 'lock', '99'));
    expect((await machine.run(['start', 'redis'])).code).toBe(0);
  });

  it('ends them at stop, with their data', async () => {
    const machine = await withRedis();
    await machine.run(['start', 'redis']);
    const { pid, url } = await machine.redis();
    expect(await machine.run(['stop'])).toEqual({ code: 0, said: 'redis: ended\n' });
    expect(isAlive(pid)).toBe(false);
    await expect(ask(url, 'PING')).rejects.toThrow();
    expect(await readdir(machine.cache)).toEqual(['bin', 'lock', 'log', 'users']);
    expect(await machine.run(['stop'])).toEqual({ code: 0, said: '' });
  });

  it('keeps them while anybody who runs wants them', async () => {
    const machine = await withRedis();
    const other = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
    const me = String(process.pid);
    bystanders.push(other);
    await machine.run(['start', 'redis', '--for', String(other.pid)]);
    await machine.run(['start', 'redis', '--for', me]);
    await machine.run(['start', 'redis']);
    const { pid } = await machine.redis();
    expect((await machine.run(['stop', '--for', me])).said).toContain(`wanted by process ${String(other.pid)}`);
    expect((await machine.run(['stop'])).said).toContain(`wanted by process ${String(other.pid)}`);
    expect(isAlive(pid)).toBe(true);
    other.kill('SIGKILL'); // one that could not say that it is done
    await once(other, 'exit');
    await machine.run(['stop']);
    expect(isAlive(pid)).toBe(false);
  });

  it('keeps those that were started by hand when a run that used them ends', async () => {
    const machine = await withRedis();
    const me = String(process.pid);
    await machine.run(['start', 'redis']);
    await machine.run(['start', 'redis', '--for', me]);
    const { pid } = await machine.redis();
    expect((await machine.run(['stop', '--for', me])).said).toContain('wanted by npm run services by hand');
    expect(isAlive(pid)).toBe(true);
  });
});

describeWithPrograms(['postgres'], 'npm run services', () => {
  it('starts PostgreSQL with a database of its own, and ends it at stop while a client is connected', async () => {
    const machine = await Machine.with();
    const env = { PATH: process.env['PATH'] };
    expect(await machine.run(['start', 'postgres'], env)).toMatchObject({ code: 0 });
    const { pid, url } = (await machine.state())['postgres']!;
    const client = new Client({ connectionString: url });
    client.on('error', () => {});
    await client.connect();
    const { rows } = await client.query("SELECT current_user, current_setting('data_directory') AS folder");
    expect(rows).toEqual([{ current_user: 'postgres', folder: expect.stringMatching(/[/]pg$/) }]);
    expect(await machine.run(['stop'], env)).toEqual({ code: 0, said: 'postgres: ended\n' });
    expect([isAlive(pid), existsSync(rows[0].folder)]).toEqual([false, false]);
  });
});

describe('npm run services', () => {
  it('is alone in its folder: of many who add one to a number, each does', async () => {
    const machine = await Machine.with();
    await machine.run(['stop']);
    const number = join(machine.cache, 'number');
    await writeFile(number, '0');
    const code = `import(${JSON.stringify(join(script, '../services/cache.mjs'))}).then(async ({ alone }) => {
      const { readFileSync, writeFileSync } = require('node:fs');
      for (let times = 0; times < 250; times += 1) {
        await alone(async () => {
          const seen = Number(readFileSync(${JSON.stringify(number)}, 'utf8'));
          await new Promise(setImmediate);
          writeFileSync(${JSON.stringify(number)}, String(seen + 1));
        }, { pollMs: 0 });
      }
    })`;
    const env = { NESTJS_EVENT_TRACKING_CACHE: machine.cache };
    const adders = [1, 2, 3, 4].map(() => spawn(process.execPath, ['-e', code], { env, stdio: 'ignore' }));
    bystanders.push(...adders);
    await Promise.all(adders.map((adder) => once(adder, 'exit')));
    expect(await readFile(number, 'utf8')).toBe('1000');
  });

  it('names what cannot be had, and why, and fails', async () => {
    const machine = await Machine.with();
    const { code, said } = await machine.run(['start'], { CHROMIUM_PATH: '/nowhere/chromium' });
    expect(code).toBe(1);
    expect(said.split('\n').slice(0, 10)).toEqual([
      expect.stringMatching(/^redis .*redis-server is not on the PATH; no apt-get.*; docker is not on the PATH$/),
      expect.stringMatching(/^mongo .*mongod is not on the PATH; go is not on the PATH.*; docker is not on the PATH$/),
      expect.stringMatching(/^postgres .*sh is not on the PATH; docker is not on the PATH$/),
      expect.stringMatching(/^toxiproxy .*toxiproxy-server is not on the PATH; go is not on the PATH/),
      expect.stringMatching(/^kafka .*java is not on the PATH.*KAFKA_BROKERS.*; docker is not on the PATH$/),
      expect.stringMatching(/^registry .*java is not on the PATH.*SCHEMA_REGISTRY_URL/),
      expect.stringMatching(/^lrs .*python3 is not on the PATH.*LRS_URL/),
      expect.stringMatching(/^chromium .*there is no \/nowhere\/chromium, which CHROMIUM_PATH names$/),
      '',
      expect.stringContaining('0 of 8 up'),
    ]);
  });

  it('says what a server says that does not start', async () => {
    const machine = await Machine.with({ 'redis-server': process.execPath });
    const { code, said } = await machine.run(['start', 'redis']);
    expect(code).toBe(1);
    expect(said).toMatch(
      /redis +NOT TO BE HAD +\S+redis-server does not start: it ended, exit code 9: .*bad option: --port/,
    );
    expect(await machine.state()).toEqual({});
  });

  it('takes the URL of the environment as it is, shows it without a password, and notes it nowhere', async () => {
    const server = await squat(0);
    const { port } = server.address() as AddressInfo;
    const machine = await Machine.with();
    const given = { REDIS_URL: `redis://ann:secret@localhost:${String(port)}/2` };
    const { code, said } = await machine.run(['start', 'redis'], given);
    await new Promise((resolve) => server.close(resolve));
    expect(code).toBe(0);
    expect(said).toContain(`redis://***@localhost:${String(port)}/2`);
    expect(said).not.toContain('secret');
    expect(await readdir(machine.cache)).not.toContain('services.json');
    const without = await machine.run(['start', 'redis'], given);
    expect(without).toEqual({
      code: 1,
      said: expect.stringContaining('nothing answers at REDIS_URL (redis://***@localhost'),
    });
  });

  it('says what it can do when asked for anything else', async () => {
    const machine = await Machine.with();
    expect(await machine.run(['start', 'rabbit'])).toEqual({
      code: 2,
      said: expect.stringMatching(
        /cannot do "start rabbit"[^]*\[redis\] \[mongo\] \[postgres\] \[toxiproxy\] \[kafka\]/,
      ),
    });
  });
});
