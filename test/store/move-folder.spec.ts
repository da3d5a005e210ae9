import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as disk from 'node:fs/promises';
import { join } from 'node:path';
import { OwnedFolder } from '../../src/store/owned-folder';
import { startGate } from '../delivery/gate';
import { RecordingLogger } from '../support/start-tracking';
import { until } from '../support/until';
import { scratchFolder } from './scratch-folder';

jest.mock('node:fs/promises', () => ({ __esModule: true, ...jest.requireActual<typeof disk>('node:fs/promises') }));
const { rename } = jest.requireActual<typeof disk>('node:fs/promises');
const refusal = (): Error => Object.assign(new Error('EXDEV: cross-device link not permitted'), { code: 'EXDEV' });

/**
 * As an overlay file system does: folders of a lower layer, those with these names, cannot be
 * renamed.
 */
function refuseFolders(name: string): void {
  jest.spyOn(disk, 'rename').mockImplementation((from, to) => {
    const isRefused = String(from).endsWith(name) && disk.lstat(from).then((found) => found.isDirectory());
    return Promise.resolve(isRefused).then((refused) => (refused ? Promise.reject(refusal()) : rename(from, to)));
  });
}

afterEach(() => jest.restoreAllMocks());

/** What a process left that has ended: its folder's name. */
async function orphan(directory: string): Promise<string> {
  const owner = await OwnedFolder.claim(directory);
  mkdirSync(join(owner.folder, 'lrs', 'queue'), { recursive: true });
  for (const file of ['a.seg', 'a.done', 'b.seg']) writeFileSync(join(owner.folder, 'lrs', 'queue', file), file);
  await owner.release();
  return owner.folder.slice(directory.length + 1);
}

/** Leaves 50 events on the disk. */
async function leftEvents(directory: string): Promise<void> {
  const behave = (): Promise<never> => Promise.reject(new Error('down'));
  const { app, tracker } = await startGate({ directory, durable: true }, { behave, shutdownTimeoutMs: 1 });
  for (let at = 0; at < 50; at++) tracker.emit(`e${String(at)}`);
  await app.close();
}

describe('A folder that the file system cannot rename (EXDEV)', () => {
  it('is adopted file by file', async () => {
    const directory = scratchFolder();
    const name = await orphan(directory);
    refuseFolders(name);
    const owner = await OwnedFolder.claim(directory);
    const { taken, failed } = await owner.adoptOrphans();
    expect(failed).toEqual([]);
    expect(taken).toEqual([join(owner.folder, 'adopted', name)]);
    const queue = join(taken[0] ?? '', 'lrs', 'queue');
    expect(readdirSync(queue).sort()).toEqual(['a.done', 'a.seg', 'b.seg']);
    expect(readFileSync(join(queue, 'b.seg'), 'utf8')).toBe('b.seg');
    expect(existsSync(join(directory, name))).toBe(false);
    await owner.release();
  });

  it('is adopted by several owners at once, each file by one', async () => {
    const directory = scratchFolder();
    const name = await orphan(directory);
    refuseFolders(name);
    const owners = await Promise.all([1, 2, 3].map(() => OwnedFolder.claim(directory)));
    const adopted = await Promise.all(owners.map((owner) => owner.adoptOrphans()));
    expect(adopted.flatMap(({ failed }) => failed)).toEqual([]);
    const files = adopted.flatMap(({ taken }) => taken.flatMap((path) => readdirSync(join(path, 'lrs', 'queue'))));
    expect(files.sort()).toEqual(['a.done', 'a.seg', 'b.seg']);
    expect(existsSync(join(directory, name))).toBe(false);
    await Promise.all(owners.map((owner) => owner.release()));
  });

  it('is continued where an attempt before has ended', async () => {
    const directory = scratchFolder();
    const name = await orphan(directory);
    const owner = await OwnedFolder.claim(directory);
    refuseFolders(name);
    const refusing = jest.mocked(disk.rename).getMockImplementation();
    jest.mocked(disk.rename).mockImplementation((from, to) => {
      return String(from).endsWith('b.seg') ? Promise.reject(refusal()) : refusing!(from, to);
    });
    const { taken, failed } = await owner.adoptOrphans();
    expect(taken).toEqual([]);
    expect(failed).toEqual([{ path: join(directory, name), error: expect.objectContaining({ code: 'EXDEV' }) }]);
    jest.mocked(disk.rename).mockImplementation(refusing);
    const [path] = (await owner.adoptOrphans()).taken;
    expect(readdirSync(join(path ?? '', 'lrs', 'queue')).sort()).toEqual(['a.done', 'a.seg', 'b.seg']);
    await owner.release();
  });

  it('is completed by others, each file by one, when its adopter ends in the middle', async () => {
    const directory = scratchFolder();
    const name = await orphan(directory);
    refuseFolders(name);
    const refusing = jest.mocked(disk.rename).getMockImplementation();
    const first = await OwnedFolder.claim(directory);
    jest.mocked(disk.rename).mockImplementation((from, to) => {
      return String(from).endsWith('b.seg') ? new Promise(() => undefined) : refusing!(from, to);
    });
    void first.adoptOrphans(); // the process ends before the last file is moved
    await until(() => existsSync(join(first.folder, 'adopted', name, 'lrs', 'queue', 'a.seg')));
    await first.release();
    jest.mocked(disk.rename).mockImplementation(refusing);

    const second = await OwnedFolder.claim(directory);
    const { taken, failed } = await second.adoptOrphans();
    expect(failed).toEqual([]);
    const queues = taken.map((path) => join(path, 'lrs', 'queue')).filter((path) => existsSync(path));
    const files = queues.flatMap((path) => readdirSync(path));
    expect(files.sort()).toEqual(['a.done', 'a.seg', 'b.seg']);
    expect(readdirSync(directory)).toEqual([second.folder.slice(directory.length + 1)]);
    await second.release();
  });

  it('gives its events to the next start, each once', async () => {
    const directory = scratchFolder();
    await leftEvents(directory);
    refuseFolders('');
    jest
      .mocked(disk.rename)
      .mockImplementation((from, to) =>
        String(to).includes('adopted') && !/\.\w+$/.test(String(from)) ? Promise.reject(refusal()) : rename(from, to),
      );
    const second = await startGate({ directory });
    await second.tracker.flush();
    expect(second.gate.names).toEqual(Array.from({ length: 50 }, (_, at) => `e${String(at)}`));
    expect(second.counts()).toMatchObject({ recovered: 50, delivered: 50 });
  });

  it('is reported with its own fix where its files cannot be moved either', async () => {
    const directory = scratchFolder();
    await leftEvents(directory);
    jest.spyOn(disk, 'rename').mockImplementation((from, to) => {
      return String(to).includes('adopted') ? Promise.reject(refusal()) : rename(from, to);
    });
    const logger = new RecordingLogger();
    await startGate({ directory }, { logger });
    expect(logger.warnings).toContainEqual(
      expect.stringMatching(/could not be taken over.*Fix: keep the delivery directory on one volume/),
    );
  });
});
