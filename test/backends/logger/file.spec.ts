import { pbkdf2 } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { backend, LoggerBackend, type LoggerBackendOptions, type TrackingModuleOptions } from 'nestjs-event-tracking';
import { LogFolder } from '../../support/log-folder';
import { expectBalance, RecordingLogger, startTracking, type BuiltTracking } from '../../support/start-tracking';
import { until } from '../../support/until';

const derive = promisify(pbkdf2);

let folder: LogFolder;
beforeEach(() => {
  folder = new LogFolder();
});

function start(options: LoggerBackendOptions = {}, more: TrackingModuleOptions = {}): Promise<BuiltTracking> {
  return startTracking({ backends: { log: backend(LoggerBackend, { path: folder.file(), ...options }) }, ...more });
}

function delivery({ ledger }: BuiltTracking): unknown {
  expectBalance(ledger);
  return ledger.node('log')?.delivery;
}

/** Lets time pass for our timers without waiting for it; files and promises go on as they are. */
function useFakeTimers(): void {
  jest.useFakeTimers({
    doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance', 'Date', 'setInterval'],
  });
}
afterEach(() => {
  jest.useRealTimers();
});

describe('The file of a LoggerBackend', () => {
  it('is there when the application has started, with its directory', async () => {
    const path = folder.file('a/b/c/tracking.log');
    await start({ path });
    expect(readFileSync(path, 'utf8')).toBe('');
  });

  it('is appended to', async () => {
    writeFileSync(folder.file(), 'earlier\n');
    const { tracker } = await start();
    tracker.emit('e');
    await tracker.flush();
    expect(folder.lines()).toEqual(['earlier', expect.stringContaining('"name":"e"')]);
  });

  it('has the lines in the order of emit', async () => {
    const { tracker } = await start();
    for (let at = 0; at < 5000; at++) tracker.emit('e', { at });
    await tracker.flush();
    expect(folder.events().map(({ data }) => data['at'])).toEqual(Array.from({ length: 5000 }, (_line, at) => at));
  });

  it('may be relative to the working directory', async () => {
    const before = process.cwd();
    process.chdir(folder.path);
    try {
      const run = await start({ path: 'relative.log', sync: true });
      run.tracker.emit('e');
      await run.app.close();
    } finally {
      process.chdir(before);
    }
    expect(folder.lines('relative.log')).toHaveLength(1);
  });

  it('stays where it was at the start when the working directory changes', async () => {
    const before = process.cwd();
    process.chdir(folder.path);
    try {
      const run = await start({ path: 'relative.log', rotationCheckMs: 0 });
      process.chdir(before);
      run.tracker.emit('a');
      await run.tracker.flush();
      await run.app.close();
      run.tracker.emit('b');
    } finally {
      process.chdir(before);
    }
    expect(folder.events('relative.log').map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('is not opened for a backend that is switched off', async () => {
    await startTracking({
      backends: {
        log: backend(LoggerBackend, { useFactory: () => false as const }),
        sink: backend(LoggerBackend, { path: folder.file('other') }),
      },
    });
    await startTracking({ enabled: false, backends: { log: backend(LoggerBackend, { path: folder.file() }) } });
    expect(readdirSync(folder.path)).toEqual(['other']);
  });

  it('is opened with the first line when the backend was registered at run time, and has that line once', async () => {
    const { tracker, ledger } = await startTracking();
    const log = new LoggerBackend({ path: folder.file() });
    expect(existsSync(folder.file())).toBe(false);
    tracker.registerBackend('log', log);
    tracker.emit('e');
    await tracker.flush();
    expect(folder.lines()).toHaveLength(1);
    expect(ledger.node('log')?.delivery).toEqual({ accepted: 1, delivered: 1, dropped: {}, pending: 0 });
  });

  it('may be that of another backend, too: no line is torn', async () => {
    const path = folder.file();
    const { tracker } = await startTracking({
      backends: {
        a: backend(LoggerBackend, { path, bufferBytes: 1000 }),
        b: backend(LoggerBackend, { path, format: 'reference', bufferBytes: 700 }),
        c: backend(LoggerBackend, { path, sync: true }),
      },
    });
    for (let at = 0; at < 2000; at++) tracker.emit('e', { at, text: 'é'.repeat(at % 50) });
    await tracker.flush();
    const times = new Map<unknown, number>();
    for (const { data } of folder.events()) times.set(data['at'], (times.get(data['at']) ?? 0) + 1);
    expect(times.size).toBe(2000);
    expect(new Set(times.values())).toEqual(new Set([3]));
  });
});

describe('A line of a LoggerBackend', () => {
  it('is held back until the first one has waited maxWaitMs', async () => {
    useFakeTimers();
    const run = await start({ maxWaitMs: 100 });
    run.tracker.emit('a');
    jest.advanceTimersByTime(60);
    run.tracker.emit('b');
    jest.advanceTimersByTime(39);
    expect(folder.text()).toBe('');
    expect(delivery(run)).toEqual({ accepted: 2, delivered: 0, dropped: {}, pending: 2 });
    jest.advanceTimersByTime(1);
    jest.useRealTimers();
    await until(() => folder.text() !== '');
    expect(folder.events().map(({ name }) => name)).toEqual(['a', 'b']);
    await until(() => run.ledger.node('log')?.delivery?.pending === 0);
    expect(delivery(run)).toEqual({ accepted: 2, delivered: 2, dropped: {}, pending: 0 });
  });

  it('waits 100 ms by default', async () => {
    useFakeTimers();
    const { tracker } = await start();
    tracker.emit('a');
    jest.advanceTimersByTime(99);
    expect(folder.text()).toBe('');
    jest.advanceTimersByTime(1);
    jest.useRealTimers();
    await until(() => folder.text() !== '');
  });

  it('is held back until bufferBytes are together', async () => {
    const run = await start({ bufferBytes: 1000, maxWaitMs: 1_000_000 });
    run.tracker.emit('a', { text: 'x'.repeat(400) });
    expect(folder.text()).toBe('');
    run.tracker.emit('b', { text: 'x'.repeat(400) });
    await until(() => folder.text() !== '');
    expect(folder.events().map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('waits for 16 KB by default', async () => {
    const { tracker } = await start({ maxWaitMs: 1_000_000 });
    // A line has 107 characters besides the text.
    const line = (length: number): object => ({ text: 'x'.repeat(length) });
    tracker.emit('e', line(15_000));
    await new Promise(setImmediate);
    expect(folder.text()).toBe('');
    tracker.emit('e', line(2000));
    await until(() => folder.text() !== '');
  });

  it('waits as long as a maxWaitMs beyond what a timer can hold says, or nearly', async () => {
    useFakeTimers();
    const { tracker } = await start({ maxWaitMs: 2 ** 40 });
    tracker.emit('a');
    jest.advanceTimersByTime(2 ** 31 - 2);
    expect(folder.text()).toBe('');
    jest.useRealTimers();
    await tracker.flush();
    expect(folder.lines()).toHaveLength(1);
  });

  it('is there when emit returns, with sync', async () => {
    const run = await start({ sync: true });
    for (let at = 1; at <= 20; at++) {
      run.tracker.emit('e', { at });
      expect(folder.events()).toHaveLength(at);
      expect(delivery(run)).toEqual({ accepted: at, delivered: at, dropped: {}, pending: 0 });
    }
  });

  it('is there after flush', async () => {
    const run = await start({ maxWaitMs: 1_000_000 });
    run.tracker.emit('a');
    await run.tracker.flush();
    expect(folder.lines()).toHaveLength(1);
    expect(delivery(run)).toEqual({ accepted: 1, delivered: 1, dropped: {}, pending: 0 });
  });

  it('is there after every one of several flushes at once', async () => {
    const { tracker } = await start({ maxWaitMs: 1_000_000 });
    const sizes: Promise<number>[] = [];
    for (let at = 1; at <= 5; at++) {
      tracker.emit('e', { text: 'x'.repeat(20_000) });
      // The line after it may be half written by then.
      sizes.push(tracker.flush().then(() => folder.text().split('\n').length - 1));
    }
    const counted = await Promise.all(sizes);
    counted.forEach((count, at) => {
      expect(count).toBeGreaterThanOrEqual(at + 1);
    });
  });

  it('is there when the application has closed', async () => {
    const run = await start({ maxWaitMs: 1_000_000 });
    for (let at = 0; at < 100; at++) run.tracker.emit('e', { text: 'x'.repeat(1000) });
    await run.app.close();
    expect(folder.lines()).toHaveLength(100);
    expect(delivery(run)).toEqual({ accepted: 100, delivered: 100, dropped: {}, pending: 0 });
  });

  it('is there when emitConfirmed resolves', async () => {
    const { tracker } = await start({ maxWaitMs: 1_000_000 });
    const { destinations } = await tracker.emitConfirmed('e');
    expect(destinations).toEqual({ log: 'delivered' });
    expect(folder.lines()).toHaveLength(1);
  });

  it('is written at once when it is emitted after the application has closed', async () => {
    const run = await start();
    run.tracker.emit('a');
    await run.app.close();
    run.tracker.emit('b');
    expect(folder.events().map(({ name }) => name)).toEqual(['a', 'b']);
    await expect(run.tracker.emitConfirmed('c')).resolves.toMatchObject({ destinations: { log: 'delivered' } });
    expect(folder.lines()).toHaveLength(3);
    expect(delivery(run)).toEqual({ accepted: 3, delivered: 3, dropped: {}, pending: 0 });
  });

  it('may be a single one of several megabytes', async () => {
    const { tracker } = await start({}, { limits: { maxTextLength: 30_000_000 } });
    tracker.emit('e', { text: 'é'.repeat(5_000_000) });
    tracker.emit('f');
    await tracker.flush();
    expect(folder.events().map(({ name }) => name)).toEqual(['e', 'f']);
  });

  it('is not lost in a burst that is larger than what may be held, while the file can be written', async () => {
    const run = await start({ maxHeldBytes: 100_000, bufferBytes: 1000 });
    for (let at = 0; at < 5000; at++) run.tracker.emit('e', { at, text: 'x'.repeat(400) });
    await run.tracker.flush();
    expect(run.ledger.node('log')?.dropped).toEqual({});
    expect(delivery(run)).toEqual({ accepted: 5000, delivered: 5000, dropped: {}, pending: 0 });
    expect(folder.events().map(({ data }) => data['at'])).toEqual(Array.from({ length: 5000 }, (_line, at) => at));
  });

  it('does not hold up a burst while the background cannot write: what is over the bound is counted', async () => {
    const busy = Array.from({ length: 8 }, () => derive('a', 'b', 400_000, 64, 'sha512'));
    const run = await start({ maxHeldBytes: 50_000, bufferBytes: 100 });
    const startedAt = performance.now();
    for (let at = 0; at < 3000; at++) run.tracker.emit('e', { at, text: 'x'.repeat(400) });
    // The background is waited for once, for 20 ms; for each event it would be a minute.
    expect(performance.now() - startedAt).toBeLessThan(5000);
    const { passed, dropped } = run.ledger.node('log')!;
    expect(dropped).toEqual({ 'log-unwritable': 3000 - passed });
    await run.tracker.flush();
    await Promise.all(busy);
    expect(folder.events().map(({ data }) => data['at'])).toEqual(Array.from({ length: passed }, (_line, at) => at));
    expect(delivery(run)).toEqual({ accepted: passed, delivered: passed, dropped: {}, pending: 0 });
    run.tracker.emit('f');
    await run.tracker.flush();
    expect(folder.lines()).toHaveLength(passed + 1);
  });

  it('is refused when it alone is larger than what may be held', async () => {
    const logger = new RecordingLogger();
    const run = await start({ maxHeldBytes: 1000 }, { logger });
    run.tracker.emit('e', { text: 'x'.repeat(2000) });
    run.tracker.emit('f');
    await run.tracker.flush();
    expect(folder.events().map(({ name }) => name)).toEqual(['f']);
    expect(run.ledger.node('log')?.dropped).toEqual({ 'too-large': 1 });
    expect(logger.warnings).toEqual([expect.stringMatching(/'too-large'.* maxHeldBytes\. Fix: raise that/)]);
  });
});

describe('maxEventBytes of a LoggerBackend', () => {
  async function sizeOf(data: object, format: 'json' | 'reference'): Promise<number> {
    const path = folder.file('probe');
    const { tracker } = await startTracking({
      clock: () => 0,
      backends: { log: backend(LoggerBackend, { path, sync: true, format }) },
    });
    tracker.emit('e', data);
    return readFileSync(path).length - 1;
  }

  it.each(['json', 'reference'] as const)(
    'lets a line of exactly so many bytes pass, and no longer one (%s)',
    async (format) => {
      const data = { text: 'é\u{1f600}' };
      const size = await sizeOf(data, format);
      const run = await start({ maxEventBytes: size, sync: true, format }, { clock: () => 0 });
      run.tracker.emit('e', data);
      run.tracker.emit('e', { text: `${data.text}x` });
      expect(folder.lines().map((line) => Buffer.byteLength(line))).toHaveLength(1);
      expect(run.ledger.node('log')).toMatchObject({ received: 2, passed: 1, dropped: { 'too-large': 1 } });
      expectBalance(run.ledger);
    },
  );

  it('is told once, with what can be done, and never cuts a line', async () => {
    const warnings: string[] = [];
    const logger = { warn: (text: unknown) => void warnings.push(String(text)), log: () => {}, error: () => {} };
    const run = await start({ maxEventBytes: 200, sync: true }, { logger });
    for (let at = 0; at < 3; at++) run.tracker.emit('e', { text: 'x'.repeat(500) });
    expect(folder.text()).toBe('');
    expect(warnings).toEqual([expect.stringMatching(/backends\.log \(LoggerBackend\).*'too-large'.*maxEventBytes/)]);
    expect(delivery(run)).toEqual({ accepted: 0, delivered: 0, dropped: {}, pending: 0 });
  });

  it('is not there by default', async () => {
    const { tracker, ledger } = await start({ sync: true });
    tracker.emit('e', { text: 'x'.repeat(900_000) });
    expect(folder.lines()[0]!.length).toBeGreaterThan(900_000);
    expect(ledger.node('log')?.dropped).toEqual({});
  });
});

describe('What a LoggerBackend opens', () => {
  const openFiles = (): string[] => readdirSync('/proc/self/fd');
  const onLinux = process.platform === 'linux' ? it : it.skip;

  onLinux('is closed with the application', async () => {
    mkdirSync(join(folder.path, 'many'));
    const before = openFiles().length;
    for (let at = 0; at < 50; at++) {
      const run = await start({ path: join(folder.path, 'many', String(at)), sync: at % 2 === 0 });
      run.tracker.emit('e');
      await run.app.close();
    }
    // The background closes a file after it has answered.
    await until(
      () => openFiles().length <= before,
      () => openFiles().length - before,
    );
  });

  it('leaves no listener of the process behind', async () => {
    const listeners = (): number => process.listenerCount('exit') + process.listenerCount('SIGTERM');
    const before = listeners();
    const runs = await Promise.all(Array.from({ length: 3 }, (_run, at) => start({ path: folder.file(String(at)) })));
    expect(listeners()).toBe(before + 3);
    await Promise.all(runs.map((run) => run.app.close()));
    expect(listeners()).toBe(before);
  });
});

describe('The warning that nothing listens for SIGTERM', () => {
  async function warningsAfterASecond(
    log: LoggerBackendOptions,
    prepare: (run: BuiltTracking) => void = () => {},
  ): Promise<string[]> {
    useFakeTimers();
    const logger = new RecordingLogger();
    const run = await start(log, { logger });
    prepare(run);
    jest.advanceTimersByTime(1000);
    return logger.warnings;
  }

  it('comes once the application has started, with what can be done', async () => {
    expect(await warningsAfterASecond({})).toEqual([
      expect.stringMatching(/nothing listens for SIGTERM.*Fix: app\.enableShutdownHooks\(\)/),
    ]);
  });

  it('does not come when shutdown hooks are enabled, or every line is written at once', async () => {
    expect(await warningsAfterASecond({}, ({ app }) => void app.enableShutdownHooks())).toEqual([]);
    expect(await warningsAfterASecond({ sync: true })).toEqual([]);
    expect(
      await warningsAfterASecond({ path: undefined, logger: { log: () => {}, error: () => {}, warn: () => {} } }),
    ).toEqual([]);
  });
});
