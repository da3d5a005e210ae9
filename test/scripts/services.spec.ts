import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { describeWithPrograms } from '../support/services';
import { until } from '../support/until';
import { Machine, bystanders, squat } from './services-parts';

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

  it('starts a program from the PATH, and keeps it if it runs already', async () => {
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

  it('restarts a killed server at the same URL and with the same data', async () => {
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

  it('replaces a server that accepts connections but never answers', async () => {
    const machine = await withRedis();
    await machine.run(['start', 'redis']);
    const first = await machine.redis();
    process.kill(first.pid, 'SIGSTOP');
    expect((await machine.run(['start', 'redis'])).code).toBe(0);
    expect(isAlive(first.pid)).toBe(false);
    expect(await ask((await machine.redis()).url, 'PING')).toBe('PONG');
  });

  it('uses another port if another program uses the previous one', async () => {
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

  it('starts one server for all concurrent runs', async () => {
    const machine = await withRedis();
    const answers = await Promise.all([1, 2, 3, 4].map(() => machine.run(['start', 'redis'])));
    expect(answers.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    const { pid, url } = await machine.redis();
    for (const { said } of answers) expect(said).toMatch(new RegExp(`redis +${url} +${String(pid)} `));
  });

  it('takes over the lock of a killed process', async () => {
    const machine = await withRedis();
    await machine.run(['stop']);
    const numbers = (await readdir(join(machine.cache, 'lock'))).map(Number);
    const dead = spawn(process.execPath, ['-e', '']);
    await once(dead, 'exit');
    await symlink(`${String(dead.pid)} 1`, join(machine.cache, 'lock', String(Math.max(...numbers) + 1)));
    expect((await machine.run(['start', 'redis'])).code).toBe(0);
  });

  it('ignores the lock of a process whose id belongs to another process now', async () => {
    const machine = await withRedis();
    await machine.run(['stop']);
    await symlink(`${String(process.pid)} long ago`, join(machine.cache, 'lock', '99'));
    expect((await machine.run(['start', 'redis'])).code).toBe(0);
  });

  it('stops the servers and deletes their data', async () => {
    const machine = await withRedis();
    await machine.run(['start', 'redis']);
    const { pid, url } = await machine.redis();
    expect(await machine.run(['stop'])).toEqual({ code: 0, said: 'redis: ended\n' });
    expect(isAlive(pid)).toBe(false);
    await expect(ask(url, 'PING')).rejects.toThrow();
    expect(await readdir(machine.cache)).toEqual(['bin', 'lock', 'log', 'users']);
    expect(await machine.run(['stop'])).toEqual({ code: 0, said: '' });
  });

  it('keeps the servers while another run uses them', async () => {
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

  it('keeps servers that were started by hand when a run that used them ends', async () => {
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
