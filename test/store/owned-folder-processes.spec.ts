import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { Child } from './child-process';
import { scratchFolder } from './scratch-folder';
import { NOTHING, type Owner, claim, start } from './owned-folder-parts';

const canUnshare = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0;
if (!canUnshare) console.warn('skipped: pid 1 in a namespace of its own (unshare --pid is not permitted here)');

describe('OwnedFolder, between processes,', () => {
  it('is adopted after kill -9 and not before', async () => {
    const directory = scratchFolder();
    const [one, other] = await Promise.all([start(directory), start(directory)]);
    expect(await one.child.ask<string[]>('adopt')).toEqual([]);
    expect(await other.child.ask<string[]>('adopt')).toEqual([]);

    await other.child.kill();
    const [path] = await one.child.ask<string[]>('adopt');
    expect(readFileSync(join(path!, 'content'), 'utf8')).toBe(String(other.pid));
    expect(readdirSync(path!)).toEqual(['content']);
    expect(existsSync(other.folder)).toBe(false);
  });

  it('includes the folders that its owner had adopted, however many owners died', async () => {
    const directory = scratchFolder();
    const first = await start(directory);
    await first.child.kill();
    const second = await start(directory);
    expect(await second.child.ask<string[]>('adopt')).toHaveLength(1);
    await second.child.kill();
    const third = await start(directory);
    expect(await third.child.ask<string[]>('adopt')).toHaveLength(2);
    await third.child.kill();

    const last = await claim(directory);
    const paths = (await last.adoptOrphans()).taken;
    expect(new Set(paths.map((path) => readFileSync(join(path, 'content'), 'utf8')))).toEqual(
      new Set([first, second, third].map(({ pid }) => String(pid))),
    );
    // Side by side, not one in the other.
    expect(readdirSync(join(last.folder, 'adopted'))).toHaveLength(3);
    expect(paths.map((path) => readdirSync(path))).toEqual([['content'], ['content'], ['content']]);
  });

  it('is not adopted from an owner that is blocked or stopped', async () => {
    const directory = scratchFolder();
    const [blocked, stopped] = await Promise.all([start(directory), start(directory)]);
    expect(await blocked.child.ask('block')).toBe('blocked');
    stopped.child.signal('SIGSTOP');
    const owner = await claim(directory);
    // More than one look: each one's connection stays in the queue of the blocked owner.
    for (let look = 0; look < 20; look++) expect(await owner.adoptOrphans()).toEqual(NOTHING);
    expect(existsSync(join(blocked.folder, 'content')) && existsSync(join(stopped.folder, 'content'))).toBe(true);

    await Promise.all([blocked.child.kill(), stopped.child.kill()]);
    expect((await owner.adoptOrphans()).taken).toHaveLength(2);
  });

  it('is not adopted from an owner that is stopped and no longer reachable', async () => {
    const directory = scratchFolder();
    const { child, folder } = await start(directory);
    child.signal('SIGSTOP');
    const waiting: Socket[] = [];
    let refusal: string | undefined;
    while (refusal === undefined && waiting.length < 10_000) {
      const connection = connect({ path: join(folder, 'own.sock') });
      waiting.push(connection);
      refusal = await new Promise<string | undefined>((resolve) => {
        connection.on('connect', () => resolve(undefined));
        connection.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code));
      });
    }
    expect(refusal).toBe('EAGAIN');

    const owner = await claim(directory);
    expect(await owner.adoptOrphans()).toEqual(NOTHING);
    expect(existsSync(folder)).toBe(true);
    for (const connection of waiting) connection.destroy();
  });

  it('is separate for each worker of a cluster', async () => {
    const directory = scratchFolder();
    const primary = new Child('owner.child.ts', [directory, 'cluster']);
    const workers: Owner[] = [];
    for (let worker = 0; worker < 3; worker++) workers.push((await primary.said<Owner>())!);
    const owner = await claim(directory);
    expect(await owner.adoptOrphans()).toEqual(NOTHING);

    primary.signal('SIGSTOP'); // it has no part in this: what a dead worker owned must not wait for it
    const [killed] = workers;
    process.kill(killed!.pid, 'SIGKILL');
    let adopted: readonly string[] = [];
    // The kernel refuses from the moment of its death, which no event of ours tells.
    while (adopted.length === 0) adopted = (await owner.adoptOrphans()).taken;
    expect(adopted.map((path) => readFileSync(join(path, 'content'), 'utf8'))).toEqual([String(killed!.pid)]);
    expect(workers.map(({ folder }) => existsSync(folder))).toEqual([false, true, true]);
  });

  it('is adopted by exactly one of twenty processes that try at once', async () => {
    const directory = scratchFolder();
    const dead = await start(directory);
    await dead.child.kill();
    const racers = await Promise.all(Array.from({ length: 20 }, () => start(directory)));
    const taken = await Promise.all(racers.map(({ child }) => child.ask<string[]>('adopt')));

    expect(taken.flat()).toHaveLength(1);
    expect(readFileSync(join(taken.flat()[0]!, 'content'), 'utf8')).toBe(String(dead.pid));
    expect(racers.every(({ folder }) => existsSync(join(folder, 'content')))).toBe(true);
  }, 60_000);

  it('may have a path of any length if only its directory is writable', async () => {
    const directory = join(scratchFolder(), 'long'.repeat(20), 'longer'.repeat(20));
    const env = ['env', `TMPDIR=${join(scratchFolder(), 'not there')}`];
    const [one, other] = await Promise.all([start(directory, 'obey', env), start(directory, 'obey', env)]);
    expect(Buffer.byteLength(join(one.folder, 'own.sock'))).toBeGreaterThan(108);
    expect(readdirSync(one.folder)).toEqual(['content', 'own.sock']);
    expect(await one.child.ask<string[]>('adopt')).toEqual([]);
    await other.child.kill();
    expect(await one.child.ask<string[]>('adopt')).toHaveLength(1);
  });

  const withoutProc = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none /proc && exec "$0" "$@"'];
  const canHideProc = spawnSync(withoutProc[0]!, [...withoutProc.slice(1), 'true']).status === 0;
  if (!canHideProc) console.warn('skipped: a process without /proc (unshare --mount is not permitted here)');
  (canHideProc ? it : it.skip)('may have a path of any length without /proc, by a temporary link', async () => {
    const directory = join(scratchFolder(), 'long'.repeat(20), 'longer'.repeat(20));
    const temporary = scratchFolder();
    const env = [...withoutProc, 'env', `TMPDIR=${temporary}`];
    const [one, other] = await Promise.all([start(directory, 'obey', env), start(directory, 'obey', env)]);
    expect(await one.child.ask<string[]>('adopt')).toEqual([]);
    await other.child.kill();
    expect(await one.child.ask<string[]>('adopt')).toHaveLength(1);
    expect(readdirSync(temporary)).toEqual([]);
  });

  (canUnshare ? it : it.skip)('is not confused if every process has the id 1', async () => {
    const directory = scratchFolder();
    const namespace = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];
    const [one, other] = await Promise.all([start(directory, 'obey', namespace), start(directory, 'obey', namespace)]);
    expect([one.pid, other.pid]).toEqual([1, 1]);
    expect(await one.child.ask<string[]>('adopt')).toEqual([]);
    expect(await other.child.ask<string[]>('adopt')).toEqual([]);

    await other.child.kill();
    let adopted: string[] = [];
    // What was killed is `unshare`: the kernel kills its child, of which no event of ours tells.
    while (adopted.length === 0) adopted = await one.child.ask<string[]>('adopt');
    expect(adopted).toHaveLength(1);
    await one.child.kill();
  });
});
