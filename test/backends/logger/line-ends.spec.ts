import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { LineWriter, type LineWriterOptions } from '../../../src/backends/logger/line-writer';
import { LogHandle } from '../../../src/backends/logger/log-handle';
import { LogFolder } from '../../support/log-folder';

let folder: LogFolder;
const writers: LineWriter[] = [];
beforeEach(() => {
  folder = new LogFolder();
});
afterEach(async () => {
  for (const writer of writers.splice(0)) await writer.end(0);
});

function writerOf(path: string, options: Partial<LineWriterOptions> = {}): LineWriter {
  const defaults = { mode: 0o640, sync: false, bufferBytes: 16_384, maxWaitMs: 20, maxHeldBytes: 2 ** 24 };
  const writer = new LineWriter({ path, ...defaults, rotationCheckMs: 1000, ...options }, () => undefined);
  writers.push(writer);
  return writer;
}

/** The lines of a file that are whole, and how many are not. */
function read(path: string): { whole: string[]; broken: number } {
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  const whole = lines.filter((line) => /^[a-z]\d+:y*;$/.test(line));
  return { whole, broken: lines.length - whole.length };
}

const lineOf = (letter: string, at: number, length: number): string => `${letter}${String(at)}:${'y'.repeat(length)};`;

describe.each([false, true])('A log whose last line has no newline (sync: %s)', (sync) => {
  it('swallows no line of the next process', async () => {
    const path = folder.file();
    writeFileSync(path, 'a1:;\na2:yy');
    const writer = writerOf(path, { sync });
    for (let at = 0; at < 3; at++) writer.write(lineOf('b', at, 5));
    await writer.flush();
    expect(readFileSync(path, 'utf8')).toBe('a1:;\na2:yy\nb0:yyyyy;\nb1:yyyyy;\nb2:yyyyy;\n');
  });

  it('swallows no line that comes after the end either', async () => {
    const path = folder.file();
    const writer = writerOf(path, { sync });
    writer.write(lineOf('a', 0, 1));
    await writer.end(1000);
    appendFileSync(path, 'b0:y');
    writer.write(lineOf('a', 1, 1));
    expect(read(path)).toEqual({ whole: ['a0:y;', 'a1:y;'], broken: 1 });
  });
});

it('A log that is empty or ends with a newline gets no empty line', async () => {
  for (const text of ['', 'a0:;\n']) {
    writeFileSync(folder.file(), text);
    const writer = writerOf(folder.file());
    writer.write('a1:;');
    await writer.flush();
    expect(folder.text()).toBe(`${text}a1:;\n`);
  }
});

describe('A half line', () => {
  it('is cut off the file, unless another process has appended to it', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n', 'é'), maxLength: 20 });
    fc.assert(
      fc.property(text, text, text, (before, fragment, after) => {
        writeFileSync(folder.file(), before + fragment + after);
        const log = new LogHandle(folder.file(), 0o640, 1000);
        log.open();
        log.removeFragment(Buffer.from(fragment));
        log.close();
        const kept = (before + fragment + after).endsWith(fragment)
          ? (before + fragment + after).slice(0, (before + fragment + after).length - fragment.length)
          : before + fragment + after;
        expect(folder.text()).toBe(kept);
      }),
      { numRuns: 50 },
    );
  });
});

describe('A line after the flush at the exit of the process', () => {
  it.each([false, true])('is in the file when write returns, and counted as delivered (sync: %s)', (sync) => {
    const writer = writerOf(folder.file(), { sync, maxWaitMs: 60_000 });
    writer.open();
    writer.write('a0:;');
    writer.flushSync();
    for (let at = 1; at < 4; at++) {
      expect(writer.write(lineOf('a', at, 0))).toBeUndefined();
      expect(read(folder.file()).whole).toHaveLength(at + 1);
    }
    expect(writer.counts()).toEqual({ accepted: 4, delivered: 4, dropped: {}, pending: 0 });
  });

  it('is refused where the log cannot be written, rather than accepted and lost', () => {
    const writer = writerOf(folder.path);
    writer.flushSync();
    expect(writer.write('a0:;')).toBe('log-unwritable');
    expect(writer.counts()).toMatchObject({ accepted: 0 });
  });
});

/** A disk of 64 KB; undefined where nothing may be mounted. */
function mountSmallDisk(): string | undefined {
  const path = mkdtempSync(join(tmpdir(), 'tracking-disk-'));
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path]).status === 0) return path;
  rmSync(path, { recursive: true });
  return undefined;
}

function unmount(path: string): void {
  spawnSync('umount', ['--lazy', path]);
  rmSync(path, { recursive: true });
}

const probe = mountSmallDisk();
if (probe !== undefined) unmount(probe);
const onSmallDisk = probe === undefined ? describe.skip : describe;

onSmallDisk.each([false, true])('A disk that was full (sync: %s; skipped where none can be mounted)', (sync) => {
  let disk: string;
  let path: string;
  beforeEach(() => {
    disk = mountSmallDisk()!;
    path = join(disk, 'log');
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(40_000));
  });
  afterEach(() => {
    unmount(disk);
  });

  it('costs no line of two processes, of which the second writes before the first tries again', async () => {
    const first = writerOf(path, { sync });
    const second = writerOf(path, { sync });
    second.open();
    for (let at = 0; at < 80; at++) first.write(lineOf('a', at, 600));
    await first.flush();
    expect(first.counts().pending).toBeGreaterThan(0);
    rmSync(join(disk, 'ballast'));
    for (let at = 0; at < 5; at++) second.write(lineOf('b', at, 50));
    await second.flush();
    first.reopen();
    await first.flush();
    const { whole, broken } = read(path);
    expect(broken).toBe(0);
    expect(new Set(whole).size).toBe(85);
    expect(first.counts().delivered + second.counts().delivered).toBe(85);
  });

  it('has as many lines as the counters say when it is full to the end, and no half line', async () => {
    const writer = writerOf(path, { sync });
    for (let at = 0; at < 100; at++) writer.write(lineOf('a', at, 600));
    await writer.flush();
    await writer.end(0);
    const { whole, broken } = read(path);
    expect(broken).toBe(0);
    expect(whole.length).toBeGreaterThan(10);
    expect(writer.counts()).toMatchObject({ delivered: whole.length, dropped: { shutdown: 100 - whole.length } });
    expect(readFileSync(path, 'utf8').endsWith(';\n')).toBe(true);
  });
});
