import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { BackgroundSink, type BackgroundFile } from '../../../src/backends/logger/background-sink';
import { LogFolder } from '../../support/log-folder';
import { until } from '../../support/until';
import { systemError } from './fake-log';

/** A real file that the sink writes to, and closes. */
class OpenFile implements BackgroundFile {
  readonly path = new LogFolder().file();
  readonly fd: number;
  readonly calls: string[] = [];
  beginError: Error | undefined;
  /** Size to report instead of the real one. */
  sizeSeen: bigint | undefined | null = null;

  constructor(flags = 'a') {
    if (flags === 'r') closeSync(openSync(this.path, 'a'));
    this.fd = openSync(this.path, flags);
  }

  size(): bigint | undefined {
    return this.sizeSeen === null ? fstatSync(this.fd, { bigint: true }).size : this.sizeSeen;
  }

  beginLine(): void {
    this.calls.push('beginLine');
    if (this.beginError !== undefined) throw this.beginError;
  }

  release(): void {
    this.calls.push('release');
  }

  get text(): string {
    return readFileSync(this.path, 'utf8');
  }
}

describe('BackgroundSink', () => {
  let file: OpenFile;
  let sink: BackgroundSink;
  let events: (number | string)[];

  function create(flags?: string): void {
    file = new OpenFile(flags);
    events = [];
    sink = new BackgroundSink(file, {
      written: (bytes) => events.push(bytes),
      failed: (error) => events.push((error as NodeJS.ErrnoException).code!),
    });
  }

  beforeEach(() => {
    create();
  });
  afterEach(() => {
    sink.release();
  });

  it('writes bytes in the background, on a line of their own, and reports how many', async () => {
    sink.write(Buffer.from('a\né\n'));
    expect(file.calls).toEqual(['beginLine']);
    expect(sink.isUnderWay).toBe(true);
    await until(() => events.length > 0);
    expect(events).toEqual([5]);
    expect(file.text).toBe('a\né\n');
    expect(sink.isUnderWay).toBe(false);
  });

  it('is not under way while it reports the end, so that the next write can start', async () => {
    const seen: boolean[] = [];
    const other = new OpenFile();
    const chained = new BackgroundSink(other, {
      written: () => seen.push(chained.isUnderWay),
      failed: () => undefined,
    });
    chained.write(Buffer.from('a\n'));
    await until(() => seen.length > 0);
    expect(seen).toEqual([false]);
    chained.release();
  });

  it('starts nothing if the first newline fails', () => {
    file.beginError = systemError('ENOSPC');
    expect(() => {
      sink.write(Buffer.from('a\n'));
    }).toThrow('ENOSPC');
    expect(sink.isUnderWay).toBe(false);
  });

  it('reports a failed write, which stays under way until the release', async () => {
    create('r');
    sink.write(Buffer.from('a\n'));
    await until(() => events.length > 0);
    expect(events).toEqual(['EBADF']);
    expect(sink.isUnderWay).toBe(true);
    sink.release();
    expect(sink.isUnderWay).toBe(false);
  });

  it('sees the end of a write by the size of the file, before it is reported', () => {
    expect(sink.awaitEnd(0)).toBe(true);
    sink.write(Buffer.from('a\n'));
    expect(sink.awaitEnd(10_000)).toBe(true);
    expect(file.text).toBe('a\n');
    expect(events).toEqual([]);
    expect(sink.isUnderWay).toBe(true);
  });

  it('waits no longer than asked for a write that does not end', () => {
    file.sizeSeen = 0n;
    sink.write(Buffer.from('a\n'));
    const startedAt = performance.now();
    expect(sink.awaitEnd(10)).toBe(false);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(9);
    file.sizeSeen = undefined;
    expect(sink.awaitEnd(10)).toBe(true);
  });

  it('reports nothing after the release, and closes the file', async () => {
    sink.write(Buffer.from('a\n'));
    sink.release();
    expect(file.calls).toEqual(['beginLine', 'release']);
    expect(sink.isUnderWay).toBe(false);
    await until(() => isClosed(file.fd));
    expect(file.text).toBe('a\n');
    expect(events).toEqual([]);
  });
});

function isClosed(fd: number): boolean {
  try {
    fstatSync(fd);
    return false;
  } catch {
    return true;
  }
}
