import { closeSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { fixFor, openForAppending, statOf } from '../../../src/backends/logger/log-file';
import { LogFolder } from '../../support/log-folder';
import { systemError } from './fake-log';

describe('openForAppending', () => {
  let folder: LogFolder;
  let umask: number;
  beforeEach(() => {
    folder = new LogFolder();
    umask = process.umask(0o002);
  });
  afterEach(() => {
    process.umask(umask);
  });

  function modeOf(name: string): string {
    return (statSync(folder.file(name)).mode & 0o777).toString(8);
  }

  function open(name: string, mode: number): void {
    closeSync(openForAppending(folder.file(name), mode));
  }

  it('creates a file and its folders, which everyone who may read may enter', () => {
    open('a/b/log', 0o640);
    expect([modeOf('a/b/log'), modeOf('a/b'), modeOf('a')]).toEqual(['640', '750', '750']);
  });

  it('applies the umask to both', () => {
    open('a/log', 0o666);
    expect([modeOf('a/log'), modeOf('a')]).toEqual(['664', '775']);
  });

  it('keeps the permissions of what exists', () => {
    mkdirSync(folder.file('a'), 0o700);
    writeFileSync(folder.file('a/log'), 'text', { mode: 0o600 });
    open('a/log', 0o640);
    expect([modeOf('a/log'), modeOf('a')]).toEqual(['600', '700']);
    expect(folder.text('a/log')).toBe('text');
  });

  it.each([
    ['a folder', 'a', 'EISDIR'],
    ['a path through a file', 'file/log', 'ENOTDIR'],
  ])('throws the error of the system for %s', (_what, name, code) => {
    mkdirSync(folder.file('a'));
    writeFileSync(folder.file('file'), '');
    expect(() => openForAppending(folder.file(name), 0o640)).toThrow(code);
  });

  (process.platform === 'linux' ? it : it.skip)('returns for a folder in which nothing can be created', () => {
    expect(() => openForAppending('/proc/tracking/deep/log', 0o640)).toThrow(/ENOENT|EACCES/);
  });
});

describe('statOf', () => {
  it('is undefined for a path that leads nowhere', () => {
    const folder = new LogFolder();
    expect(statOf(folder.file())).toBeUndefined();
    expect(statOf(folder.path)?.isDirectory()).toBe(true);
  });
});

describe('fixFor', () => {
  it.each([
    ['ENOSPC', 'free the disk'],
    ['EPIPE', 'start the process that reads from this pipe'],
    ['EACCES', 'give the process the right to write there, or another path'],
    ['ENOTDIR', 'give the path of a file in a directory that can be made'],
    ['EIO', 'see the error'],
  ])('has a fix for %s', (code, fix) => {
    expect(fixFor(systemError(code))).toBe(fix);
  });
});
