import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { LineWriter, type LineWriterOptions } from '../../../src/backends/logger/line-writer';
import { LogFolder } from '../../support/log-folder';
import { until } from '../../support/until';

const onPosix = process.platform === 'win32' ? describe.skip : describe;

onPosix.each([false, true])('A log path that is a named pipe (sync: %s)', (sync) => {
  let path: string;
  let warnings: string[];
  let writer: LineWriter;
  const readers: number[] = [];

  function create(options: Partial<LineWriterOptions> = {}): LineWriter {
    const defaults = { mode: 0o640, sync, bufferBytes: 1000, maxWaitMs: 20, maxHeldBytes: 2 ** 24 };
    return new LineWriter({ path, ...defaults, rotationCheckMs: 1000, ...options }, (text) => warnings.push(text));
  }

  function openReader(): number {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    readers.push(fd);
    return fd;
  }

  function closeReader(fd: number): void {
    readers.splice(readers.indexOf(fd), 1);
    closeSync(fd);
  }

  /** What is in the pipe now. */
  function drain(fd: number): string {
    const bytes = Buffer.alloc(65_536);
    let text = '';
    for (;;) {
      try {
        const count = readSync(fd, bytes);
        if (count === 0) return text;
        text += bytes.toString('utf8', 0, count);
      } catch {
        return text;
      }
    }
  }

  beforeEach(() => {
    path = new LogFolder().file('pipe');
    execFileSync('mkfifo', [path]);
    warnings = [];
    writer = create();
  });
  afterEach(async () => {
    await writer.end(0);
    for (const fd of [...readers]) closeReader(fd);
  });

  it('does not stop the start without a reader: lines are held, and come once it is read', async () => {
    writer.open();
    for (let at = 0; at < 100; at++) writer.write(`line ${String(at)}`);
    await writer.flush();
    expect(writer.counts()).toEqual({ accepted: 100, delivered: 0, dropped: {}, pending: 100 });
    expect(warnings).toEqual([expect.stringMatching(/ENXIO.*start the process that reads from this pipe/)]);
    const reader = openReader();
    writer.reopen();
    await writer.flush();
    const lines = drain(reader).split('\n');
    expect(lines).toHaveLength(101);
    expect(lines[99]).toBe('line 99');
    expect(warnings).toHaveLength(2);
  });

  it('holds no more than maxHeldBytes without a reader, and counts the rest at the end', async () => {
    writer = create({ maxHeldBytes: 1000 });
    const refused = Array.from({ length: 100 }, () => writer.write('x'.repeat(49))).filter((why) => why !== undefined);
    expect(refused).toEqual(Array.from({ length: 80 }, () => 'log-unwritable'));
    await writer.end(60_000);
    expect(writer.counts()).toEqual({ accepted: 20, delivered: 0, dropped: { shutdown: 20 }, pending: 0 });
    expect(writer.write('late')).toBe('log-unwritable');
  });

  it('is taken up again by a new reader when the first has left', async () => {
    const first = openReader();
    writer.write('a');
    await writer.flush();
    expect(drain(first)).toBe('a\n');
    closeReader(first);
    writer.write('b');
    await writer.flush();
    expect(writer.counts()).toMatchObject({ delivered: 1, pending: 1 });
    const second = openReader();
    writer.reopen();
    await writer.flush();
    expect(drain(second)).toBe('b\n');
  });

  it('holds up neither writes nor the event loop while its reader stalls, and loses nothing', async () => {
    const reader = openReader();
    let longestMs = 0;
    for (let at = 0; at < 3000; at++) {
      const startedAt = performance.now();
      expect(writer.write(`${String(at)} ${'x'.repeat(100)}`)).toBeUndefined();
      longestMs = Math.max(longestMs, performance.now() - startedAt);
      if (at % 500 === 0) await new Promise(setImmediate);
    }
    expect(longestMs).toBeLessThan(2000); // 20 ms on an idle machine, 10 s if the pipe were waited for
    expect(writer.counts().pending).toBeGreaterThan(0);
    let text = '';
    await until(() => {
      text += drain(reader);
      return writer.counts().pending === 0;
    });
    text += drain(reader);
    expect(text.split('\n').map((line) => line.split(' ')[0])).toEqual([
      ...Array.from({ length: 3000 }, (_line, at) => String(at)),
      '',
    ]);
  });

  it('begins a long line once more when the reader left in its middle', async () => {
    const first = openReader();
    writer.write('x'.repeat(200_000));
    await until(() => drain(first).length > 0);
    closeReader(first);
    await until(() => warnings.length > 0);
    const second = openReader();
    writer.reopen();
    let text = '';
    await until(() => {
      text += drain(second);
      return writer.counts().pending === 0;
    });
    text += drain(second);
    expect(text.split('\n').map(({ length }) => length)).toContain(200_000);
  });
});
