import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { backend, LoggerBackend, type LoggerBackendOptions } from 'nestjs-event-tracking';
import { expectBalance, RecordingLogger, startTracking, type BuiltTracking } from '../../support/start-tracking';
import { until } from '../../support/until';
import { delivery, folder, start, useFakeTimers } from './file-parts';

afterEach(() => {
  jest.useRealTimers();
});

describe('The file of a LoggerBackend', () => {
  it('exists when the application has started, with its directory', async () => {
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

  it('stays in its place when the working directory changes', async () => {
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

  it('is opened with the first line if the backend is registered at run time, and contains that line once', async () => {
    const { tracker, ledger } = await startTracking();
    const log = new LoggerBackend({ path: folder.file() });
    expect(existsSync(folder.file())).toBe(false);
    tracker.registerBackend('log', log);
    tracker.emit('e');
    await tracker.flush();
    expect(folder.lines()).toHaveLength(1);
    expect(ledger.node('log')?.delivery).toEqual({ accepted: 1, delivered: 1, dropped: {}, pending: 0 });
  });

  it('may be shared with another backend: no line is torn', async () => {
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
    'accepts a line of exactly that many bytes, and no longer one (%s)',
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

  it('is reported once, with a fix, and never cuts a line', async () => {
    const warnings: string[] = [];
    const logger = { warn: (text: unknown) => void warnings.push(String(text)), log: () => {}, error: () => {} };
    const run = await start({ maxEventBytes: 200, sync: true }, { logger });
    for (let at = 0; at < 3; at++) run.tracker.emit('e', { text: 'x'.repeat(500) });
    expect(folder.text()).toBe('');
    expect(warnings).toEqual([expect.stringMatching(/backends\.log \(LoggerBackend\).*'too-large'.*maxEventBytes/)]);
    expect(delivery(run)).toEqual({ accepted: 0, delivered: 0, dropped: {}, pending: 0 });
  });

  it('has no limit by default', async () => {
    const { tracker, ledger } = await start({ sync: true });
    tracker.emit('e', { text: 'x'.repeat(900_000) });
    expect(folder.lines()[0]!.length).toBeGreaterThan(900_000);
    expect(ledger.node('log')?.dropped).toEqual({});
  });
});

describe('A resource that a LoggerBackend opens', () => {
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

  it('leaves no listener on the process', async () => {
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

  it('is logged once the application has started, with a fix', async () => {
    expect(await warningsAfterASecond({})).toEqual([
      expect.stringMatching(/nothing listens for SIGTERM.*Fix: app\.enableShutdownHooks\(\)/),
    ]);
  });

  it('is not logged if shutdown hooks are enabled, or every line is written at once', async () => {
    expect(await warningsAfterASecond({}, ({ app }) => void app.enableShutdownHooks())).toEqual([]);
    expect(await warningsAfterASecond({ sync: true })).toEqual([]);
    expect(
      await warningsAfterASecond({ path: undefined, logger: { log: () => {}, error: () => {}, warn: () => {} } }),
    ).toEqual([]);
  });
});
