import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { backend, LoggerBackend, type LoggerBackendOptions } from 'nestjs-event-tracking';
import { LogFolder } from '../../support/log-folder';
import { expectBalance, startTracking, type BuiltTracking } from '../../support/start-tracking';
import { until } from '../../support/until';

let folder: LogFolder;
beforeEach(() => {
  folder = new LogFolder();
});

function start(options: LoggerBackendOptions = {}): Promise<BuiltTracking> {
  const path = folder.file();
  return startTracking({ backends: { log: backend(LoggerBackend, { path, rotationCheckMs: 0, ...options }) } });
}

function numbersIn(name?: string): number[] {
  return folder.events(name).map(({ data }) => data['at'] as number);
}

function upTo(end: number, from = 0): number[] {
  return Array.from({ length: end - from }, (_number, at) => from + at);
}

function expectAllDelivered({ ledger }: BuiltTracking, count: number): void {
  expectBalance(ledger);
  expect(ledger.node('log')?.delivery).toEqual({ accepted: count, delivered: count, dropped: {}, pending: 0 });
}

describe('A log that is renamed while 10,000 events are written', () => {
  it.each<readonly [what: string, options: LoggerBackendOptions]>([
    ['in the background', { bufferBytes: 500 }],
    ['in large chunks', { bufferBytes: 50_000 }],
    ['each at once', { sync: true }],
  ])('has every line whole in exactly one of the files, in order (%s)', async (_what, options) => {
    const run = await start(options);
    const parts: string[] = [];
    for (let at = 0; at < 10_000; at++) {
      run.tracker.emit('e', { at, text: 'é'.repeat(at % 30) });
      if (at % 100 === 99) await turn();
      if (at % 2500 === 1250) {
        parts.push(`part-${String(at)}`);
        renameSync(folder.file(), folder.file(parts.at(-1)));
        await until(() => {
          run.tracker.emit('again', { at: -1 });
          return existsSync(folder.file());
        });
      }
    }
    await run.tracker.flush();
    const all = [...parts, undefined].map(numbersIn);
    expect(all.flat().filter((at) => at >= 0)).toEqual(upTo(10_000));
    for (const part of all) expect(part.length).toBeGreaterThan(0);
    const { delivery } = run.ledger.node('log')!;
    expect(delivery).toEqual({ accepted: all.flat().length, delivered: all.flat().length, dropped: {}, pending: 0 });
  });

  it('goes to the new file while the load goes on, though a chunk is always waiting', async () => {
    const run = await start({ bufferBytes: 100 });
    let at = 0;
    let isLoaded = true as boolean;
    const load = (async () => {
      while (isLoaded) {
        for (let burst = 0; burst < 50; burst++) run.tracker.emit('e', { at: at++ });
        await turn();
      }
    })();
    await until(() => at > 500);
    renameSync(folder.file(), folder.file('old'));
    try {
      await until(() => existsSync(folder.file()));
    } finally {
      isLoaded = false;
      await load;
    }
    await run.tracker.flush();
    expect([...numbersIn('old'), ...numbersIn()]).toEqual(upTo(at));
    expectAllDelivered(run, at);
  });
});

describe('A log that is gone from its path', () => {
  it('is made anew before the next line, when it was deleted', async () => {
    const run = await start({ sync: true });
    run.tracker.emit('e', { at: 0 });
    rmSync(folder.file());
    run.tracker.emit('e', { at: 1 });
    run.tracker.emit('e', { at: 2 });
    expect(numbersIn()).toEqual([1, 2]);
  });

  it('is made anew before the next chunk in the background, too', async () => {
    const run = await start();
    run.tracker.emit('e', { at: 0 });
    await run.tracker.flush();
    rmSync(folder.file());
    run.tracker.emit('e', { at: 1 });
    await run.tracker.flush();
    expect(numbersIn()).toEqual([1]);
    expectAllDelivered(run, 2);
  });

  it('is made anew with its directory', async () => {
    const path = folder.file('deep/er/log');
    const run = await start({ path, sync: true });
    rmSync(folder.file('deep'), { recursive: true });
    run.tracker.emit('e', { at: 1 });
    expect(numbersIn('deep/er/log')).toEqual([1]);
  });

  it('is followed to the file that stands there now', async () => {
    const run = await start({ sync: true });
    run.tracker.emit('e', { at: 0 });
    renameSync(folder.file(), folder.file('old'));
    writeFileSync(folder.file(), '{"data":{"at":100}}\n');
    run.tracker.emit('e', { at: 1 });
    expect(numbersIn('old')).toEqual([0]);
    expect(numbersIn()).toEqual([100, 1]);
  });

  it('is noticed no more often than rotationCheckMs, a second by default', async () => {
    const run = await startTracking({ backends: { log: backend(LoggerBackend, { path: folder.file(), sync: true }) } });
    renameSync(folder.file(), folder.file('old'));
    const movedAt = performance.now();
    await until(() => {
      run.tracker.emit('e', { at: performance.now() - movedAt });
      return existsSync(folder.file());
    });
    // Timed from the rename, which comes a moment after the file was opened.
    expect(performance.now() - movedAt).toBeGreaterThan(800);
    expect(numbersIn('old').length).toBeGreaterThan(0);
  });
});

describe('A log that is copied and truncated', () => {
  it('goes on at the start of the file, with whole lines', async () => {
    const run = await start({ bufferBytes: 200 });
    for (let at = 0; at < 100; at++) run.tracker.emit('e', { at });
    await run.tracker.flush();
    copyFileSync(folder.file(), folder.file('copy'));
    truncateSync(folder.file());
    for (let at = 100; at < 200; at++) run.tracker.emit('e', { at });
    await run.tracker.flush();
    expect(numbersIn('copy')).toEqual(upTo(100));
    expect(numbersIn()).toEqual(upTo(200, 100));
    expectAllDelivered(run, 200);
  });
});

describe('reopen of a LoggerBackend', () => {
  const never = { rotationCheckMs: 1_000_000 };

  it('goes to the new file at once', async () => {
    const run = await start({ ...never, sync: true });
    const log = run.tracker.backend<LoggerBackend>('log');
    run.tracker.emit('e', { at: 0 });
    renameSync(folder.file(), folder.file('old'));
    run.tracker.emit('e', { at: 1 });
    log.reopen();
    run.tracker.emit('e', { at: 2 });
    expect(numbersIn('old')).toEqual([0, 1]);
    expect(numbersIn()).toEqual([2]);
  });

  it('writes what was held before into one of the files, whole and in order', async () => {
    const run = await start(never);
    const log = run.tracker.backend<LoggerBackend>('log');
    for (let at = 0; at < 3000; at++) {
      run.tracker.emit('e', { at });
      if (at % 100 === 0) await turn();
      if (at === 1500) {
        renameSync(folder.file(), folder.file('old'));
        log.reopen();
      }
    }
    await run.tracker.flush();
    expect([...numbersIn('old'), ...numbersIn()]).toEqual(upTo(3000));
    expect(numbersIn().length).toBeGreaterThan(1000);
    expectAllDelivered(run, 3000);
  });

  it('is without harm when nothing has changed, and after the application has closed', async () => {
    const run = await start({ ...never, sync: true });
    const log = run.tracker.backend<LoggerBackend>('log');
    for (let at = 0; at < 3; at++) {
      log.reopen();
      run.tracker.emit('e', { at });
    }
    await run.app.close();
    log.reopen();
    run.tracker.emit('e', { at: 3 });
    expect(numbersIn()).toEqual([0, 1, 2, 3]);
  });

  it('tries at once whether a log that could not be written can be', async () => {
    const path = folder.file('in-the-way');
    mkdirSync(path);
    const run = await start({ path, ...never });
    run.tracker.emit('e', { at: 1 });
    await run.tracker.flush();
    rmSync(path, { recursive: true });
    run.tracker.backend<LoggerBackend>('log').reopen();
    await run.tracker.flush();
    expect(numbersIn('in-the-way')).toEqual([1]);
  });
});
