import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { expectBalance } from '../../support/start-tracking';
import { log, modes, numbersIn, passRetry, start, told, upTo } from './unwritable-parts';

afterEach(() => {
  jest.useRealTimers();
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
