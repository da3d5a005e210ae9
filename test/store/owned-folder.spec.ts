import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { OwnedFolder } from '../../src/store/owned-folder';
import { OwnedFolderException } from '../../src/store/owned-folder.exception';
import { scratchFolder } from './scratch-folder';
import { NOTHING, claim, start } from './owned-folder-parts';

describe('OwnedFolder', () => {
  it('is a new folder in the directory, which is removed at release if it is empty', async () => {
    const directory = join(scratchFolder(), 'made', 'if', 'need', 'be');
    const owner = await claim(directory);
    expect(readdirSync(directory)).toEqual([owner.folder.slice(directory.length + 1)]);
    expect(readdirSync(owner.folder)).toEqual(['own.sock']);

    mkdirSync(join(owner.folder, 'lrs'));
    await owner.release();
    await owner.release();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is kept for others at release if it is not empty', async () => {
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

  it('reports the fix if the directory cannot be created', async () => {
    const file = join(scratchFolder(), 'file');
    writeFileSync(file, '');
    const failure = await OwnedFolder.claim(join(file, 'below')).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(OwnedFolderException);
    expect(failure).toMatchObject({ code: 'ENOTDIR', message: expect.stringContaining('Fix: ') });
  });

  it('is not adopted from an owner in the same process', async () => {
    const directory = scratchFolder();
    const [one, other] = [await claim(directory), await claim(directory)];
    writeFileSync(join(one.folder, 'content'), 'x');
    expect(await other.adoptOrphans()).toEqual(NOTHING);
    expect(await one.adoptOrphans()).toEqual(NOTHING);
    expect(existsSync(join(one.folder, 'content'))).toBe(true);
  });

  it('is not adopted while it is being created, and remains of an interrupted creation are removed', async () => {
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
  ])('is adopted in the order in which the folders were created, while the clock %s', async (_how, stepMs) => {
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

  it('reports folders that it may not adopt, and adopts the others', async () => {
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

  it('does not change anything else in the directory', async () => {
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
