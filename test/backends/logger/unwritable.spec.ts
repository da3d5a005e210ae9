import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { backend, LoggerBackend, type LoggerBackendOptions, type NodeCounts } from 'nestjs-event-tracking';
import { LogFolder } from '../../support/log-folder';
import { expectBalance, RecordingLogger, startTracking, type BuiltTracking } from '../../support/start-tracking';

let folder: LogFolder;
let logger: RecordingLogger;
beforeEach(() => {
  folder = new LogFolder();
  logger = new RecordingLogger();
});
afterEach(() => {
  jest.useRealTimers();
});

function start(options: LoggerBackendOptions): Promise<BuiltTracking> {
  return startTracking({ logger, backends: { log: backend(LoggerBackend, { rotationCheckMs: 0, ...options }) } });
}

function log({ ledger }: BuiltTracking): NodeCounts {
  expectBalance(ledger);
  return ledger.node('log')!;
}

/** What was told of the log itself. */
function told(): string[] {
  return logger.warnings.filter((text) => text.startsWith('backends.log (LoggerBackend)'));
}

/** Each second the writer tries again: lets that second pass. */
function passRetry(): void {
  jest.advanceTimersByTime(1000);
}

function numbersIn(path: string): number[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  expect(lines.pop()).toBe(''); // a torn line at the end
  return lines.map((line) => (JSON.parse(line) as { data: { at: number } }).data.at);
}

function upTo(end: number, from = 0): number[] {
  return Array.from({ length: end - from }, (_number, at) => from + at);
}

const modes: [what: string, options: LoggerBackendOptions][] = [
  ['in the background', { bufferBytes: 300 }],
  ['each at once', { sync: true }],
];

describe.each(modes)('A log that cannot be written (%s)', (_what, options) => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance', 'Date'] });
  });

  it('from the start, since its path runs through a file, is no error; it is told once, with its node and a fix', async () => {
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

  it('gets what was held, in order, as soon as it can be written, and that is told once', async () => {
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

  it('tells each change once, however often it changes', async () => {
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

  it('may be so because its directory was replaced by a file', async () => {
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

  it('does not hold up flush', async () => {
    const path = folder.file('log');
    mkdirSync(path);
    const run = await start({ ...options, path });
    run.tracker.emit('e', { at: 0 });
    await run.tracker.flush();
    expect(log(run).delivery).toMatchObject({ pending: 1 });
  });

  it('is tried a last time when the application closes', async () => {
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

  it('loses what it still held when the application closes, counted as shutdown and told', async () => {
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

  onLinux('does not hold up the start for ever', async () => {
    // Node's own recursive mkdir never returns from here.
    const run = await start({ path: '/proc/nowhere/tracking.log' });
    run.tracker.emit('e');
    expect(told()).toEqual([expect.stringContaining('/proc/nowhere/tracking.log cannot be written')]);
  });
});

/** A disk of 64 KB; undefined where nothing may be mounted. */
function mountSmallDisk(): string | undefined {
  const path = mkdtempSync(join(tmpdir(), 'tracking-disk-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path]);
  if (status === 0) return path;
  rmSync(path, { recursive: true });
  return undefined;
}

function unmount(path: string): void {
  spawnSync('umount', ['--lazy', path]); // lazy: the background closes a file after it has answered
  rmSync(path, { recursive: true });
}

const probe = mountSmallDisk();
if (probe !== undefined) unmount(probe);
// Aloud in the list of tests: only root may mount a disk that is small enough to be filled.
const onSmallDisk = probe === undefined ? describe.skip : describe;

onSmallDisk.each(modes)('A disk that is full (%s; skipped where none can be mounted)', (_what, options) => {
  let disk: string;
  let path: string;
  let ballast: string;

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance', 'Date'] });
    disk = mountSmallDisk()!;
    path = join(disk, 'tracking.log');
    ballast = join(disk, 'ballast');
  });
  afterEach(() => {
    unmount(disk);
  });

  it('costs no line: what it has not taken follows in order, and a line taken by half is whole', async () => {
    writeFileSync(ballast, Buffer.alloc(40_960));
    const run = await start({ ...options, path });
    for (let at = 0; at < 600; at++) {
      // Multi-byte characters of several lengths, so that the disk is full within one of them.
      run.tracker.emit('e', { at, text: 'é\u{1f600}'.repeat(at % 7) });
      expectBalance(run.ledger);
      if (at % 20 === 0) await turn();
    }
    await run.tracker.flush();
    const { delivery } = log(run);
    expect(delivery!.delivered).toBeGreaterThan(0);
    expect(delivery!.pending).toBeGreaterThan(300);
    passRetry(); // the file can be opened, yet it takes nothing
    await run.tracker.flush();
    expect(told()).toEqual([expect.stringMatching(/ENOSPC.*Fix: free the disk/)]);

    spawnSync('mount', ['-o', 'remount,size=1m', disk]);
    passRetry();
    await run.tracker.flush();
    expect(numbersIn(path)).toEqual(upTo(600));
    expect(log(run).delivery).toEqual({ accepted: 600, delivered: 600, dropped: {}, pending: 0 });
    expect(told()).toEqual([expect.stringContaining('ENOSPC'), expect.stringContaining('can be written again')]);
  });

  it('that is left for a new file by a rotation has no line twice and none torn in the new one', async () => {
    writeFileSync(ballast, Buffer.alloc(57_344));
    const run = await start({ ...options, path });
    for (let at = 0; at < 200; at++) run.tracker.emit('e', { at, text: 'é'.repeat(at % 5) });
    await run.tracker.flush();
    const before = readFileSync(path, 'utf8');
    rmSync(path);
    rmSync(ballast);
    passRetry();
    await run.tracker.flush();
    const whole = before.slice(0, before.lastIndexOf('\n') + 1);
    const first = whole.split('\n').length - 1;
    expect(first).toBeGreaterThan(0);
    expect(numbersIn(path)).toEqual(upTo(200, first));
    expect(log(run).delivery).toEqual({ accepted: 200, delivered: 200, dropped: {}, pending: 0 });
  });

  it('within a burst larger than what may be held costs only what is counted', async () => {
    writeFileSync(ballast, Buffer.alloc(32_768));
    const run = await start({ ...options, path, maxHeldBytes: 20_000 });
    for (let at = 0; at < 2000; at++) run.tracker.emit('e', { at });
    await run.tracker.flush();
    const { passed, dropped, delivery } = log(run);
    expect(dropped).toEqual({ 'log-unwritable': 2000 - passed });
    rmSync(ballast);
    passRetry();
    await run.tracker.flush();
    expect(delivery!.accepted).toBe(passed);
    expect(numbersIn(path).length).toBe(passed);
    expect(new Set(numbersIn(path)).size).toBe(passed);
    expect(log(run).delivery).toEqual({ accepted: passed, delivered: passed, dropped: {}, pending: 0 });
  });
});
