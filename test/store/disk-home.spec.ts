import type * as fs from 'node:fs';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DiskHome } from '../../src/store/disk-home';
import { OwnedFolder } from '../../src/store/owned-folder';
import { eventually } from '../support/eventually';
import { scratchFolder } from './scratch-folder';

const disk: typeof fs = jest.requireActual('node:fs');
const homes: DiskHome[] = [];

function open(directory: string): { readonly home: DiskHome; readonly news: string[] } {
  const news: string[] = [];
  const home = new DiskHome(directory, {
    onLost: (error) => news.push(`lost: ${String((error as NodeJS.ErrnoException).code)}`),
    onFound: () => news.push('found'),
    onDistrusted: (why) => news.push(why),
  });
  homes.push(home);
  return { home, news };
}

afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(homes.splice(0).map((home) => home.release()));
});

/** Another process, which would take what is not owned. */
async function othersCanTake(directory: string): Promise<boolean> {
  const other = await OwnedFolder.claim(directory);
  const { taken } = await other.adoptOrphans();
  await other.release();
  return taken.length > 0;
}

describe('DiskHome', () => {
  it('has no folder and no error while it is not claimed, and says so', async () => {
    const { home, news } = open(scratchFolder());
    expect(home.folder).toBeUndefined();
    expect(home.error.message).toContain('is not open yet');
    await home.claim();
    await home.claim();
    expect(news).toEqual(['found']);
    expect(existsSync(home.folder!)).toBe(true);
  });

  it('tries again with each check where it cannot have a folder, and tells once', async () => {
    const directory = join(scratchFolder(), 'tracking');
    writeFileSync(directory, 'a file');
    const { home, news } = open(directory);
    await home.claim();
    home.check();
    await home.claim();
    expect(home.folder).toBeUndefined();
    expect(news).toEqual(['lost: ENOTDIR']);
    rmSync(directory);
    home.check();
    await eventually(() => expect(home.folder).toBeDefined());
    expect(news).toEqual(['lost: ENOTDIR', 'found']);
  });

  it('makes another folder when its own was removed, which it owns', async () => {
    const directory = scratchFolder();
    const { home, news } = open(directory);
    await home.claim();
    const before = home.folder!;
    rmSync(before, { recursive: true });
    home.check();
    expect(home.folder).toBeUndefined();
    await eventually(() => expect(home.folder).toBeDefined());
    expect(home.folder).not.toBe(before);
    expect(news).toEqual(['found', 'lost: ENOENT', 'found']);
    writeFileSync(join(home.folder!, 'content'), '');
    await expect(othersCanTake(directory)).resolves.toBe(false);
  });

  it('owns the same folder again when its socket alone was removed', async () => {
    const directory = scratchFolder();
    const { home } = open(directory);
    await home.claim();
    const { folder } = home;
    writeFileSync(join(folder!, 'content'), '');
    rmSync(join(folder!, 'own.sock'));
    home.check();
    await eventually(() => expect(home.folder).toBe(folder));
    await expect(othersCanTake(directory)).resolves.toBe(false);
    expect(readdirSync(folder!).sort()).toEqual(['content', 'own.sock']);
  });

  it('keeps its folder on a file system whose inode numbers change', async () => {
    const { home, news } = open(scratchFolder());
    await home.claim();
    const { folder } = home;
    const { statSync } = disk;
    let inode = 1000;
    jest.spyOn(disk, 'statSync').mockImplementation(((path: string, options: object) => {
      const found = statSync(path, options) as fs.Stats | undefined;
      return path.endsWith('own.sock') && found !== undefined ? Object.assign(found, { ino: inode++ }) : found;
    }) as typeof disk.statSync);
    for (let look = 0; look < 3; look++) {
      home.check();
      await home.claim();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(home.folder).toBe(folder);
    expect(news).toEqual(['found']);
  });

  it('writes at the exit of the process to a folder that others take only when it is finished', async () => {
    const directory = scratchFolder();
    const { home } = open(directory);
    await home.claim();
    rmSync(home.folder!, { recursive: true });
    home.claimForExit();
    mkdirSync(join(home.folder!, 'gate'));
    writeFileSync(join(home.folder!, 'gate', 'content'), '');
    await expect(othersCanTake(directory)).resolves.toBe(false);
    home.finishExit();
    await expect(othersCanTake(directory)).resolves.toBe(true);
  });

  it('keeps its folder at the exit of the process if it is there', async () => {
    const { home } = open(scratchFolder());
    await home.claim();
    const { folder } = home;
    home.claimForExit();
    expect(home.folder).toBe(folder);
  });
});
