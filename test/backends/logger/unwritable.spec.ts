import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { folder, log, logger, modes, numbersIn, passRetry, start, told, upTo } from './unwritable-parts';

afterEach(() => {
  jest.useRealTimers();
});

describe.each(modes)('A log that cannot be written (%s)', (_what, options) => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance', 'Date'] });
  });

  it('from the start, because its path contains a file, is not an error; it is reported once, with its node and a fix', async () => {
    writeFileSync(folder.file('file'), '');
    const run = await start({ ...options, path: folder.file('file/child.log') });
    for (let at = 0; at < 5; at++) {
      run.tracker.emit('e', { at });
      passRetry();
    }
    expect(told()).toEqual([
      expect.stringMatching(
        /^backends\.log \(LoggerBackend\): .*file\/child\.log cannot be written.*Fix: give the path/,
      ),
    ]);
    expect(log(run)).toMatchObject({
      passed: 5,
      dropped: {},
      delivery: { accepted: 5, delivered: 0, dropped: {}, pending: 5 },
    });
  });

  it('receives the held lines, in order, as soon as it can be written, which is reported once', async () => {
    writeFileSync(folder.file('file'), '');
    const path = folder.file('file/child.log');
    const run = await start({ ...options, path });
    for (let at = 0; at < 50; at++) run.tracker.emit('e', { at, text: 'é' });
    passRetry();
    rmSync(folder.file('file'));
    passRetry();
    for (let at = 50; at < 60; at++) run.tracker.emit('e', { at });
    await run.tracker.flush();
    expect(numbersIn(path)).toEqual(upTo(60));
    expect(log(run).delivery).toEqual({ accepted: 60, delivered: 60, dropped: {}, pending: 0 });
    expect(told()).toEqual([
      expect.stringContaining('cannot be written'),
      expect.stringMatching(/^backends\.log \(LoggerBackend\): .*can be written again/),
    ]);
  });

  it('reports each change once, however often it changes', async () => {
    const path = folder.file('log');
    const run = await start({ ...options, path });
    for (let round = 0; round < 3; round++) {
      rmSync(path);
      mkdirSync(path);
      run.tracker.emit('e', { at: round * 2 });
      await run.tracker.flush();
      passRetry();
      passRetry();
      rmSync(path, { recursive: true });
      passRetry();
      run.tracker.emit('e', { at: round * 2 + 1 });
      await run.tracker.flush();
      expect(numbersIn(path)).toEqual([round * 2, round * 2 + 1]);
    }
    expect(told().map((text) => (text.includes('again') ? 'on' : 'off'))).toEqual([
      'off',
      'on',
      'off',
      'on',
      'off',
      'on',
    ]);
  });

  it('holds up to maxHeldBytes, refuses more as log-unwritable, and writes what it held', async () => {
    const path = folder.file('log');
    mkdirSync(path);
    const run = await start({ ...options, path, maxHeldBytes: 2000 });
    for (let at = 0; at < 40; at++) {
      run.tracker.emit('e', { at: at + 1000 });
      const { passed, dropped, delivery } = log(run);
      expect({ passed, dropped: dropped['log-unwritable'] ?? 0 }).toEqual({
        passed: delivery!.accepted,
        dropped: at + 1 - passed,
      });
    }
    const { passed } = log(run);
    expect(passed).toBeGreaterThan(10);
    expect(passed).toBeLessThan(20);
    expect(told()).toEqual([
      expect.stringContaining('cannot be written'),
      expect.stringMatching(/'log-unwritable'.*maxHeldBytes/),
    ]);
    rmSync(path, { recursive: true });
    passRetry();
    await run.tracker.flush();
    const sizes = readFileSync(path).length;
    expect(sizes).toBeLessThanOrEqual(2000);
    expect(numbersIn(path)).toEqual(upTo(1000 + passed, 1000));
    run.tracker.emit('e', { at: 1 });
    await run.tracker.flush();
    expect(log(run)).toMatchObject({ passed: passed + 1, delivery: { delivered: passed + 1, pending: 0 } });
  });

  it('may have had its directory replaced by a file', async () => {
    const path = folder.file('dir/log');
    const run = await start({ ...options, path });
    run.tracker.emit('e', { at: 0 });
    await run.tracker.flush();
    rmSync(folder.file('dir'), { recursive: true });
    writeFileSync(folder.file('dir'), '');
    run.tracker.emit('e', { at: 1 });
    run.tracker.emit('e', { at: 2 });
    await run.tracker.flush();
    expect(log(run).delivery).toEqual({ accepted: 3, delivered: 1, dropped: {}, pending: 2 });
    rmSync(folder.file('dir'));
    passRetry();
    await run.tracker.flush();
    expect(numbersIn(path)).toEqual([1, 2]);
    expect(log(run).delivery).toEqual({ accepted: 3, delivered: 3, dropped: {}, pending: 0 });
  });

  it('does not block flush', async () => {
    const path = folder.file('log');
    mkdirSync(path);
    const run = await start({ ...options, path });
    run.tracker.emit('e', { at: 0 });
    await run.tracker.flush();
    expect(log(run).delivery).toMatchObject({ pending: 1 });
  });

  it('is retried a last time when the application closes', async () => {
    const path = folder.file('log');
    mkdirSync(path);
    const run = await start({ ...options, path });
    run.tracker.emit('e', { at: 0 });
    await run.tracker.flush();
    rmSync(path, { recursive: true });
    await run.app.close();
    expect(numbersIn(path)).toEqual([0]);
    expect(log(run).delivery).toEqual({ accepted: 1, delivered: 1, dropped: {}, pending: 0 });
  });

  it('loses the lines that are still held when the application closes, counted as shutdown and reported', async () => {
    const path = folder.file('log');
    mkdirSync(path);
    const run = await start({ ...options, path });
    const confirmed = run.tracker.emitConfirmed('e', { at: 0 });
    run.tracker.emit('e', { at: 1 });
    await run.app.close();
    expect(log(run).delivery).toEqual({ accepted: 2, delivered: 0, dropped: { shutdown: 2 }, pending: 0 });
    expect(told().at(-1)).toMatch(/log could not take the last lines .*2 dropped \('shutdown'\)/);
    expect(logger.warnings.at(-1)).toContain('2 shutdown');
    await expect(confirmed).rejects.toMatchObject({ destinations: { log: 'dropped' } });
    run.tracker.emit('e', { at: 2 });
    expect(log(run)).toMatchObject({ dropped: { 'log-unwritable': 1 } });
  });
});

describe('A path in which nothing can be made', () => {
  const onLinux = process.platform === 'linux' ? it : it.skip;

  onLinux('does not block the start forever', async () => {
    // Node's own recursive mkdir never returns from here.
    const run = await start({ path: '/proc/nowhere/tracking.log' });
    run.tracker.emit('e');
    expect(told()).toEqual([expect.stringContaining('/proc/nowhere/tracking.log cannot be written')]);
  });
});
