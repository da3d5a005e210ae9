import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { OwnedFolder } from '../../src/store/owned-folder';
import { OwnedFolderException } from '../../src/store/owned-folder.exception';
import { Child } from './child-process';
import { scratchFolder } from './scratch-folder';

const owners: OwnedFolder[] = [];
const NOTHING = { taken: [], failed: [] };

async function claim(directory: string): Promise<OwnedFolder> {
  const owner = await OwnedFolder.claim(directory);
  owners.push(owner);
  return owner;
}

afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(owners.splice(0).map((owner) => owner.release()));
});

interface Owner {
  readonly pid: number;
  readonly folder: string;
}

async function start(directory: string, mode = 'obey', before: readonly string[] = []) {
  const child = new Child('owner.child.ts', [directory, mode], before);
  const { folder, pid } = (await child.said<Owner>())!;
  return { child, folder, pid };
}

const canUnshare = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0;
if (!canUnshare) console.warn('skipped: pid 1 in a namespace of its own (unshare --pid is not permitted here)');

describe('OwnedFolder', () => {
  it('is a new folder in the directory, and gone after release if nothing is left in it', async () => {
    const directory = join(scratchFolder(), 'made', 'if', 'need', 'be');
    const owner = await claim(directory);
    expect(readdirSync(directory)).toEqual([owner.folder.slice(directory.length + 1)]);
    expect(readdirSync(owner.folder)).toEqual(['own.sock']);

    mkdirSync(join(owner.folder, 'lrs'));
    await owner.release();
    await owner.release();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is left for others after release if something is in it', async () => {
    const directory = scratchFolder();
    const owner = await claim(directory);
    writeFileSync(join(owner.folder, 'content'), 'x');
    await owner.release();
    expect(readdirSync(owner.folder)).toEqual(['content']);

    const next = await claim(directory);
    const [path] = (await next.adoptOrphans()).taken;
    expect(path!.startsWith(join(next.folder, 'adopted'))).toBe(true);
    expect(readFileSync(join(path!, 'content'), 'utf8')).toBe('x');
    expect((await next.adoptOrphans()).taken).toEqual([]);
  });

  it('says what to do if the directory cannot be made', async () => {
    const file = join(scratchFolder(), 'file');
    writeFileSync(file, '');
    const failure = await OwnedFolder.claim(join(file, 'below')).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(OwnedFolderException);
    expect(failure).toMatchObject({ code: 'ENOTDIR', message: expect.stringContaining('Fix: ') });
  });

  it('is not taken from an owner that lives in the same process', async () => {
    const directory = scratchFolder();
    const [one, other] = [await claim(directory), await claim(directory)];
    writeFileSync(join(one.folder, 'content'), 'x');
    expect(await other.adoptOrphans()).toEqual(NOTHING);
    expect(await one.adoptOrphans()).toEqual(NOTHING);
    expect(existsSync(join(one.folder, 'content'))).toBe(true);
  });

  it('is not taken while it is being made, and what a death in the making left is cleared', async () => {
    const directory = scratchFolder();
    const owner = await claim(directory);
    const id = (digit: string) => join(directory, `tracking-${digit.repeat(24)}.new`);
    mkdirSync(id('a')); // its socket is still to come
    mkdirSync(id('b'));
    const maker = createServer().listen({ path: join(id('b'), 'own.sock') });
    const dead = await start(directory);
    await dead.child.kill();
    renameSync(dead.folder, id('c'));
    writeFileSync(join(id('c'), 'content'), ''); // never so, but then it must not be lost
    const emptied = await start(directory);
    await emptied.child.kill();
    renameSync(emptied.folder, id('d'));
    spawnSync('rm', [join(id('d'), 'content')]);

    expect(await owner.adoptOrphans()).toEqual(NOTHING);
    expect(existsSync(id('a'))).toBe(true);
    expect(existsSync(join(id('b'), 'own.sock'))).toBe(true);
    expect(existsSync(join(id('c'), 'content'))).toBe(true);
    expect(existsSync(id('d'))).toBe(false);
    await new Promise((resolve) => maker.close(resolve));
  });

  it.each([
    ['goes on', 60_000],
    ['stands still', 0],
    ['is set back each time', -86_400_000],
  ])('is adopted in the order in which the folders were made, while the clock %s', async (_how, stepMs) => {
    const directory = scratchFolder();
    const made: string[] = [];
    let time = 1_700_000_000_000;
    jest.spyOn(Date, 'now').mockImplementation(() => (time += stepMs));
    for (let at = 0; at < 4; at++) {
      const dead = await OwnedFolder.claim(directory);
      made.push(dead.folder.slice(directory.length + 1));
      writeFileSync(join(dead.folder, 'content'), '');
      await dead.release();
    }
    mkdirSync(join(directory, 'tracking-ffffffffffffffffffffffff')); // of a version whose names held none
    writeFileSync(join(directory, 'tracking-ffffffffffffffffffffffff', 'content'), '');
    const { taken } = await (await claim(directory)).adoptOrphans();
    expect(taken.map((path) => path.slice(path.lastIndexOf('/') + 1))).toEqual([
      'tracking-ffffffffffffffffffffffff',
      ...made,
    ]);
  });

  it('names what it may not adopt, and takes the others', async () => {
    const directory = scratchFolder();
    const owner = await claim(directory);
    const [bad, good] = ['a', 'b'].map((digit) => join(directory, `tracking-${digit.repeat(24)}`));
    for (const folder of [bad!, good!]) {
      mkdirSync(folder);
      writeFileSync(join(folder, 'content'), '');
    }
    mkdirSync(join(owner.folder, 'adopted', `tracking-${'a'.repeat(24)}`, 'in the way'), { recursive: true });
    const { taken, failed } = await owner.adoptOrphans();
    expect(taken.map((path) => path.endsWith(`tracking-${'b'.repeat(24)}`))).toEqual([true]);
    expect(failed).toEqual([{ path: bad, error: expect.objectContaining({ code: 'ENOTEMPTY' }) }]);
    expect(existsSync(join(bad!, 'content'))).toBe(true);
  });

  it('leaves alone whatever else stands in the directory', async () => {
    const directory = scratchFolder();
    for (const name of ['lost+found', 'adopted', 'tracking-1', 'TRACKING-' + 'a'.repeat(24)]) {
      mkdirSync(join(directory, name));
      writeFileSync(join(directory, name, 'content'), '');
    }
    writeFileSync(join(directory, 'tracking-' + 'b'.repeat(24)), 'a file of such a name');
    const before = readdirSync(directory);
    const owner = await claim(directory);
    await owner.adoptOrphans();
    await owner.release();
    expect(readdirSync(directory).filter((name) => existsSync(join(directory, name, 'content')))).toEqual(
      before.filter((name) => !name.endsWith('b')),
    );
  });

  it('does not keep its process alive', async () => {
    const { child } = await start(scratchFolder(), 'exit');
    await child.exited;
  });
});

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

  it('comes with what its owner had adopted, however many died', async () => {
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

  it('is not taken from an owner that is blocked or stopped', async () => {
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

  it('is not taken from an owner that is stopped and to whom nobody gets through any more', async () => {
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

  it('is owned by each worker of a cluster by itself', async () => {
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

  it('is adopted by exactly one of twenty that try at once', async () => {
    const directory = scratchFolder();
    const dead = await start(directory);
    await dead.child.kill();
    const racers = await Promise.all(Array.from({ length: 20 }, () => start(directory)));
    const taken = await Promise.all(racers.map(({ child }) => child.ask<string[]>('adopt')));

    expect(taken.flat()).toHaveLength(1);
    expect(readFileSync(join(taken.flat()[0]!, 'content'), 'utf8')).toBe(String(dead.pid));
    expect(racers.every(({ folder }) => existsSync(join(folder, 'content')))).toBe(true);
  }, 60_000);

  it('may have a path of any length where nothing but its directory can be written', async () => {
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
  (canHideProc ? it : it.skip)(
    'may have a path of any length without /proc, by a link that does not stay',
    async () => {
      const directory = join(scratchFolder(), 'long'.repeat(20), 'longer'.repeat(20));
      const temporary = scratchFolder();
      const env = [...withoutProc, 'env', `TMPDIR=${temporary}`];
      const [one, other] = await Promise.all([start(directory, 'obey', env), start(directory, 'obey', env)]);
      expect(await one.child.ask<string[]>('adopt')).toEqual([]);
      await other.child.kill();
      expect(await one.child.ask<string[]>('adopt')).toHaveLength(1);
      expect(readdirSync(temporary)).toEqual([]);
    },
  );

  (canUnshare ? it : it.skip)('is not mistaken where every process is number 1', async () => {
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
