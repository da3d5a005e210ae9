import { LineWriter, type LineWriterOptions } from '../../../src/backends/logger/line-writer';
import { FakeLog, systemError } from './fake-log';

let log: FakeLog;
let lateLog: FakeLog;
let writer: LineWriter;
let warnings: string[];

function create(options: Partial<LineWriterOptions> = {}, hasBackground = true): void {
  log = new FakeLog(hasBackground);
  lateLog = new FakeLog(false);
  warnings = [];
  const logs = [log, lateLog];
  const defaults = { path: '/log', mode: 0o640, sync: false, bufferBytes: 10, maxWaitMs: 100, maxHeldBytes: 20 };
  writer = new LineWriter(
    { ...defaults, rotationCheckMs: 1000, ...options },
    (text) => warnings.push(text),
    () => logs.shift()!,
  );
}

/** True once the promise is settled, without waiting for more than what is already due. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let isOver = false;
  const end = (): void => {
    isOver = true;
  };
  promise.then(end, end);
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  return isOver;
}

beforeEach(() => {
  jest.useFakeTimers();
  create();
});
afterEach(async () => {
  const end = writer.end(0);
  await jest.advanceTimersByTimeAsync(0);
  await end;
  jest.useRealTimers();
});

describe('LineWriter: write', () => {
  it('hands lines over when they fill a chunk', () => {
    writer.write('1234');
    expect(log.files).toEqual([]);
    writer.write('6789');
    expect(log.sink.bytes?.toString()).toBe('1234\n6789\n');
    expect(jest.getTimerCount()).toBe(0);
  });

  it('hands fewer lines over maxWaitMs after the first', () => {
    writer.write('a');
    jest.advanceTimersByTime(60);
    writer.write('b');
    jest.advanceTimersByTime(39);
    expect(log.files).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(log.sink.bytes?.toString()).toBe('a\nb\n');
    writer.write('c');
    log.sink.finish();
    jest.advanceTimersByTime(100);
    expect(log.sink.bytes?.toString()).toBe('c\n');
  });

  it('takes a wait that is longer than a timer can be', () => {
    create({ maxWaitMs: 2 ** 40 });
    writer.write('a');
    jest.advanceTimersByTime(1000);
    expect(log.files).toEqual([]);
  });

  it('writes each line before it returns, with sync', () => {
    create({ sync: true });
    for (const line of ['a', 'b']) {
      expect(writer.write(line)).toBeUndefined();
      expect(log.text.endsWith(`${line}\n`)).toBe(true);
    }
    expect(writer.counts()).toEqual({ accepted: 2, delivered: 2, dropped: {}, pending: 0 });
  });

  it('refuses a line that is larger than all that may be held, even if nothing is held', () => {
    expect(writer.write('x'.repeat(20))).toBe('too-large');
    expect(writer.write('x'.repeat(19))).toBeUndefined();
    expect(writer.counts().accepted).toBe(1);
  });

  it('writes in this thread when the limit is reached, and refuses lines only if that fails', () => {
    create({ bufferBytes: 1000 });
    log.maxBytesPerWrite = 5;
    for (let at = 0; at < 10; at++) expect(writer.write('12345678')).toBeUndefined();
    expect(log.text).toHaveLength(72);
    log.writeError = systemError('ENOSPC');
    expect([1, 2, 3].map(() => writer.write('12345678'))).toEqual(Array(3).fill('log-unwritable'));
    expect(writer.counts()).toEqual({ accepted: 10, delivered: 8, dropped: {}, pending: 2 });
  });

  it('closes collected lines into a chunk of at most about 1 MB during a slow write', () => {
    create({ maxHeldBytes: 10_000_000, bufferBytes: 1 });
    for (let at = 0; at < 5; at++) writer.write('x'.repeat(600_000));
    const sizes: number[] = [];
    while (log.sink.isUnderWay) {
      sizes.push(log.sink.bytes!.length);
      log.sink.finish();
    }
    expect(sizes).toEqual([600_001, 1_200_002, 1_200_002]);
  });

  it('opens the log for a first line that is a chunk of its own', () => {
    create({ maxHeldBytes: 10_000_000 });
    writer.write('x'.repeat(1_100_000));
    expect(log.sink.bytes).toHaveLength(1_100_001);
  });
});

describe('LineWriter: flush and written', () => {
  it.each(['flush', 'written'] as const)(
    '%s waits for the lines accepted before it, not for later ones',
    async (method) => {
      writer.write('a');
      const wait = writer[method]();
      writer.write('b');
      expect(await isSettled(wait)).toBe(false);
      log.sink.finish();
      expect(await isSettled(wait)).toBe(true);
      await wait;
      expect(writer.counts()).toMatchObject({ delivered: 1, pending: 1 });
    },
  );

  it('resolve at once when nothing is held, without opening the log', async () => {
    await writer.flush();
    await writer.written();
    expect(log.files).toEqual([]);
  });

  it('differ when the log is unwritable: only flush resolves', async () => {
    log.openError = systemError('EACCES');
    writer.write('a');
    const written = writer.written();
    await writer.flush();
    expect(await isSettled(written)).toBe(false);
    log.openError = undefined;
    jest.advanceTimersByTime(1000);
    log.sink.finish();
    await written;
  });

  it('written rejects when its line is dropped at the end', async () => {
    log.openError = systemError('EACCES');
    writer.write('a');
    const written = writer.written();
    const outcome = expect(written).rejects.toThrow('/log could not be written');
    await writer.end(1000);
    await outcome;
  });
});

describe('LineWriter: reopen', () => {
  it('opens the log again at its path, and writes the collected lines there', () => {
    writer.open();
    writer.write('a');
    writer.reopen();
    expect(log.files).toHaveLength(2);
    expect(log.sink.bytes?.toString()).toBe('a\n');
  });

  it('tries an unwritable log at once', () => {
    log.openError = systemError('EACCES');
    writer.write('a');
    writer.open();
    log.openError = undefined;
    writer.reopen();
    expect(log.sink.bytes?.toString()).toBe('a\n');
  });
});

describe('LineWriter: exiting', () => {
  it('writes the held lines, and each later line, before the call returns', () => {
    writer.open();
    writer.write('a');
    writer.flushSync();
    expect(log.text).toBe('a\n');
    expect(writer.write('b')).toBeUndefined();
    expect(lateLog.text).toBe('b\n');
    expect(writer.counts()).toEqual({ accepted: 2, delivered: 2, dropped: {}, pending: 0 });
    expect(warnings).toEqual([]);
  });

  it('opens nothing if nothing is held', () => {
    writer.flushSync();
    expect(log.files).toEqual([]);
  });

  it('reports lines that the log did not take', () => {
    log.openError = systemError('EACCES');
    writer.write('a');
    writer.flushSync();
    expect(warnings.at(-1)).toBe('/log could not take the last lines before the process ended: 1 are lost.');
  });

  it('refuses a later line that the log does not take', () => {
    writer.flushSync();
    lateLog.openError = systemError('EACCES');
    expect(writer.write('a')).toBe('log-unwritable');
    expect(writer.counts().accepted).toBe(0);
  });

  it('begins a later line on a line of its own, once, after a log that ended in half a line', () => {
    writer.open();
    writer.flushSync();
    log.isEndUnknown = true;
    writer.write('a');
    expect(lateLog.isEndUnknown).toBe(true);
    expect(log.isEndUnknown).toBe(false);
  });
});

describe('LineWriter: ended', () => {
  it('writes what is held, then closes the log; later lines are written at once', async () => {
    writer.write('a');
    const end = writer.end(1000);
    log.sink.finish();
    await end;
    expect(log).toMatchObject({ text: 'a\n', isOpen: false });
    expect(jest.getTimerCount()).toBe(0);
    writer.write('b');
    await writer.flush();
    expect(lateLog).toMatchObject({ text: 'b\n', isOpen: false });
    expect(writer.counts()).toEqual({ accepted: 2, delivered: 2, dropped: {}, pending: 0 });
  });

  it('drops what is not written in time, counted and reported', async () => {
    writer.write('12345678');
    writer.write('a');
    const end = writer.end(500);
    await jest.advanceTimersByTimeAsync(499);
    expect(await isSettled(end)).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    await end;
    expect(writer.counts()).toEqual({ accepted: 2, delivered: 0, dropped: { shutdown: 2 }, pending: 0 });
    expect(warnings).toEqual([
      "/log could not take the last lines before the application closed: 2 dropped ('shutdown').",
    ]);
    await writer.end(500);
    expect(warnings).toHaveLength(1);
  });

  it('tries an unwritable log once more before it drops lines', async () => {
    log.openError = systemError('EACCES');
    writer.write('a');
    await writer.flush();
    log.openError = undefined;
    const end = writer.end(1000);
    log.sink.finish();
    await end;
    expect(writer.counts()).toMatchObject({ delivered: 1, dropped: {} });
  });

  it('opens nothing on reopen, open and flushSync', async () => {
    await writer.end(0);
    writer.open();
    writer.reopen();
    writer.flushSync();
    expect(log.files).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
  });
});
