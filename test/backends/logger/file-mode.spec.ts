import { chmodSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { backend, LoggerBackend, type LoggerBackendOptions } from 'nestjs-event-tracking';
import { LogFolder } from '../../support/log-folder';
import { startTracking, type BuiltTracking } from '../../support/start-tracking';

let folder: LogFolder;
let umask: number;
beforeEach(() => {
  folder = new LogFolder();
  umask = process.umask(0);
});
afterEach(() => {
  process.umask(umask);
});

function start(options: LoggerBackendOptions): Promise<BuiltTracking> {
  return startTracking({ backends: { log: backend(LoggerBackend, { rotationCheckMs: 0, ...options }) } });
}

async function write({ tracker }: BuiltTracking): Promise<void> {
  tracker.emit('e', { a: 1 });
  await tracker.flush();
}

function modeOf(name?: string): string {
  return (statSync(folder.file(name)).mode & 0o777).toString(8);
}

describe.each([
  ['in the background', {}],
  ['each line at once', { sync: true }],
])('A log file that is made (%s)', (_how, given) => {
  it('is readable by its owner and group, and so are the folders that are made for it', async () => {
    await write(await start({ ...given, path: folder.file('a/b/log') }));
    expect([modeOf('a'), modeOf('a/b'), modeOf('a/b/log')]).toEqual(['750', '750', '640']);
  });

  it.each([
    [0o600, '700', '600'],
    [0o644, '755', '644'],
    [0o660, '770', '660'],
    [0o604, '705', '604'],
  ])('has the mode %d that was asked for, and its folders those to match', async (mode, ofFolder, ofFile) => {
    await write(await start({ ...given, path: folder.file('a/log'), mode }));
    expect([modeOf('a'), modeOf('a/log')]).toEqual([ofFolder, ofFile]);
  });

  it.each([
    [0o022, 0o664, '755', '644'],
    [0o077, undefined, '700', '600'],
  ])('is narrowed by the umask %d', async (mask, mode, ofFolder, ofFile) => {
    process.umask(mask);
    await write(await start({ ...given, path: folder.file('a/log'), mode }));
    expect([modeOf('a'), modeOf('a/log')]).toEqual([ofFolder, ofFile]);
  });

  it('leaves the modes of a file and of folders that are there as they are', async () => {
    mkdirSync(folder.file('a'));
    chmodSync(folder.file('a'), 0o701);
    writeFileSync(folder.file('a/log'), '');
    chmodSync(folder.file('a/log'), 0o606);
    await write(await start({ ...given, path: folder.file('a/log'), mode: 0o600 }));
    expect([modeOf('a'), modeOf('a/log')]).toEqual(['701', '606']);
  });

  it('has the same mode after a rotation, after it was deleted with its folder, and after reopen', async () => {
    const run = await start({ ...given, path: folder.file('a/log'), mode: 0o600 });
    await write(run);
    renameSync(folder.file('a/log'), folder.file('a/log.1'));
    await write(run);
    expect(modeOf('a/log')).toBe('600');

    rmSync(folder.file('a'), { recursive: true });
    await write(run);
    expect([modeOf('a'), modeOf('a/log')]).toEqual(['700', '600']);

    rmSync(folder.file('a/log'));
    run.tracker.backend<LoggerBackend>('log').reopen();
    await write(run);
    expect(modeOf('a/log')).toBe('600');
  });

  it('has the same mode where it is made by an event that comes after the end', async () => {
    const run = await start({ ...given, path: folder.file('log') });
    await write(run);
    await run.app.close();
    rmSync(folder.file('log'));
    run.tracker.emit('late');
    expect(modeOf('log')).toBe('640');
  });

  it('has the same mode where it becomes writable later', async () => {
    writeFileSync(folder.file('a'), 'a file in the place of the folder');
    const run = await start({ ...given, path: folder.file('a/log') });
    await write(run);
    rmSync(folder.file('a'));
    run.tracker.backend<LoggerBackend>('log').reopen();
    await run.tracker.flush();
    expect([modeOf('a'), modeOf('a/log')]).toEqual(['750', '640']);
  });
});
