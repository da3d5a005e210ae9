import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { LogHandle } from '../../../src/backends/logger/log-handle';
import { type LongLineNotice } from '../../../src/backends/logger/pipe-pieces';
import { LogFolder } from '../../support/log-folder';
import { until } from '../../support/until';

let folder: LogFolder;
let log: LogHandle;
beforeEach(() => {
  folder = new LogFolder();
  log = new LogHandle(folder.file(), 0o640, 0);
});
afterEach(() => {
  log.close();
});

function write(text: string): number {
  return log.write(Buffer.from(text), 0, 0);
}

describe('LogHandle: a file', () => {
  it('is created with its folders, and closed', () => {
    log = new LogHandle(folder.file('deep/er/log'), 0o640, 0);
    log.open();
    expect(write('a\n')).toBe(2);
    expect(log.size()).toBe(2n);
    const { fd } = log;
    log.close();
    expect(() => fstatSync(fd)).toThrow('EBADF');
    expect(log.fd).toBe(-1);
    expect(folder.text('deep/er/log')).toBe('a\n');
  });

  it('is appended to from the given byte on', () => {
    writeFileSync(folder.file(), 'a\n');
    log.open();
    expect(log.write(Buffer.from('abc\n'), 2, 0)).toBe(2);
    expect(folder.text()).toBe('a\nc\n');
  });

  it('gets a newline first if it ends in a fragment', () => {
    writeFileSync(folder.file(), 'half');
    log.open();
    write('a\n');
    appendFileSync(folder.file(), 'half');
    write('b\n'); // what another process appends in the meantime is not looked for
    expect(folder.text()).toBe('half\na\nhalfb\n');
  });

  it('has a sink in the background, which closes it', async () => {
    log.open();
    const written: number[] = [];
    const sink = log.background({ written: (bytes) => written.push(bytes), failed: () => undefined })!;
    sink.write(Buffer.from('a\n'));
    await until(() => written.length > 0);
    expect(folder.text()).toBe('a\n');
    sink.release();
    expect(log.fd).toBe(-1);
  });

  it('has moved once another file, or none, is at its path', () => {
    log.open();
    expect(log.hasMoved()).toBe(false);
    renameSync(folder.file(), folder.file('old'));
    expect(log.hasMoved()).toBe(true);
    writeFileSync(folder.file(), '');
    expect(log.hasMoved()).toBe(true);
    log.close();
    log.open();
    expect(log.hasMoved()).toBe(false);
  });

  it('is checked no more often than it should be', () => {
    log = new LogHandle(folder.file(), 0o640, 1_000_000);
    log.open();
    renameSync(folder.file(), folder.file('old'));
    expect(log.hasMoved()).toBe(false);
  });

  it('loses a fragment at its end, and only there', () => {
    log.open();
    write('a\nfrag');
    log.removeFragment(Buffer.from('frag'));
    expect(folder.text()).toBe('a\n');
    write('b\nfrag');
    appendFileSync(folder.file(), 'other\n');
    log.removeFragment(Buffer.from('frag'));
    expect(folder.text()).toBe('a\nb\nfragother\n');
  });

  it('stays as it is without a fragment', () => {
    log.open();
    write('a\n');
    log.removeFragment(Buffer.alloc(0));
    expect(folder.text()).toBe('a\n');
    expect(log.isEndUnknown).toBe(false);
  });

  it('has no size while it is closed', () => {
    expect(log.size()).toBeUndefined();
    expect(log.release()).toBeUndefined();
  });
});

const onPosix = process.platform === 'win32' ? describe.skip : describe;

onPosix('LogHandle: a named pipe', () => {
  let reader: number;
  beforeEach(() => {
    execFileSync('mkfifo', [folder.file('pipe')]);
    reader = openSync(folder.file('pipe'), constants.O_RDONLY | constants.O_NONBLOCK);
    log = new LogHandle(folder.file('pipe'), 0o640, 0);
    log.open();
  });
  afterEach(() => {
    closeSync(reader);
  });

  function read(): string {
    const bytes = Buffer.alloc(65_536);
    return bytes.toString('utf8', 0, readSync(reader, bytes));
  }

  it('has no sink in the background and no size', () => {
    expect(log).toMatchObject({ isPipe: true, isFile: false });
    expect(log.background({ written: () => undefined, failed: () => undefined })).toBeUndefined();
    expect(log.size()).toBeUndefined();
  });

  it('gets one piece of whole lines with each write, and its size is reported', () => {
    const pieces: number[] = [];
    log = new LogHandle(folder.file('pipe'), 0o640, 0, {
      given: (bytes: number) => pieces.push(bytes),
    } as unknown as LongLineNotice);
    log.open();
    const bytes = Buffer.from(`${'x'.repeat(2999)}\n`.repeat(2));
    expect(log.write(bytes, 0, 0)).toBe(3000);
    expect(log.write(bytes, 3000, 0)).toBe(3000);
    expect(pieces).toEqual([3000, 3000]);
    expect(read()).toHaveLength(6000);
  });

  it('gets a newline after a fragment, which cannot be removed', () => {
    write('frag');
    log.removeFragment(Buffer.from('frag'));
    write('a\n');
    write('b\n');
    expect(read()).toBe('frag\na\nb\n');
  });

  it('throws while it is full', () => {
    expect(() => {
      for (;;) log.write(Buffer.from(`${'x'.repeat(4000)}\n`), 0, 0);
    }).toThrow('EAGAIN');
  });
});

describe('LogHandle: standard output', () => {
  it('is neither closed nor rotated', () => {
    log = new LogHandle(undefined, 0o640, 0);
    log.open();
    expect(log.fd).toBeGreaterThanOrEqual(0);
    expect(log.hasMoved()).toBe(false);
    const { fd } = log;
    expect(log.release()).toBeUndefined();
    expect(fstatSync(fd)).toBeDefined();
  });
});
