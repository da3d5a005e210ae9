/**
 * An application starts whatever its disk is like, says what is wrong, and uses the disk when it
 * heals.
 */
import { chmodSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { backend } from '../../src/entries';
import { eventually } from '../support/eventually';
import { HttpSink } from '../support/http-sink';
import { RecordingLogger, startTracking } from '../support/start-tracking';
import { scratchFolder } from '../store/scratch-folder';
import { afterKill } from './disk-run';
import { DiskApp, isPermitted, withMounts } from './disk-app';
import { down, Gate } from './gate';

interface Illness {
  readonly what: string;
  /** Of the system, as the warning names it. */
  readonly code: string;
  /** What goes before the application. */
  readonly before: (directory: string) => string[];
  /** What a shell in the same mounts does to heal it. */
  readonly cure: (directory: string) => string;
}

const onLoop = (first: string) => (directory: string) => {
  const image = join(scratchFolder(), 'disk.img');
  return withMounts(
    `truncate -s 2M '${image}' && mkfs.ext4 -q -b 1024 -N 64 '${image}' && mount -o loop '${image}' '${directory}' && ${first.replaceAll('@', directory)}`,
  );
};

const ILLNESSES: readonly Illness[] = [
  {
    what: 'no inodes are left',
    code: 'ENOSPC',
    before: (directory) =>
      withMounts(`mount -t tmpfs -o size=1m,nr_inodes=2 none '${directory}' && touch '${directory}/of-others'`),
    cure: (directory) => `mount -o remount,nr_inodes=1000 '${directory}'`,
  },
  {
    what: 'the disk is full',
    code: 'ENOSPC',
    before: onLoop(`(for n in 1 2 3; do dd if=/dev/zero bs=1k >> '@/of-others' 2>/dev/null; sync -f '@'; done; true)`),
    cure: (directory) => `rm '${directory}/of-others'`,
  },
  {
    what: 'the disk is read-only',
    code: 'EROFS',
    before: (directory) => withMounts(`mount -t tmpfs none '${directory}' && mount -o remount,ro '${directory}'`),
    cure: (directory) => `mount -o remount,rw '${directory}'`,
  },
];

let sink: HttpSink;
beforeEach(async () => {
  sink = await HttpSink.listen();
});
afterEach(() => sink.close());

describe('An application with a directory', () => {
  for (const { what, code, before, cure } of ILLNESSES) {
    const canRun = isPermitted(before(scratchFolder()));
    (canRun ? it : it.skip)(
      `starts while ${what}, keeps events in memory and takes the disk into use when it heals`,
      async () => {
        const directory = scratchFolder();
        sink.misbehaveAlways({ status: 503 });
        const app = new DiskApp(sink.url, { durable: true }, { directory, before: before(directory) });
        const ill = await app.does('emit 5');
        expect(ill.counts).toMatchObject({ accepted: 5, pending: 5, isDiskFailing: true, diskBytes: 0 });
        const told = ill.warnings.filter((text) => text.includes(code));
        expect(told.length).toBeGreaterThan(0);
        expect(told.every((text) => text.includes('Fix: '))).toBe(true);
        expect((await app.does('confirm')).confirmed).toEqual(['pending']);

        await app.does(`shell ${cure(directory)}`);
        const healed = await app.until(({ counts }) => !counts.isDiskFailing && counts.diskBytes > 5 * 700);
        expect(healed.counts).toMatchObject({ accepted: 6, pending: 6 }); // what was held is on disk
        expect((await app.does('confirm')).confirmed).toEqual(['pending', 'stored']);

        sink.misbehaveAlways(undefined);
        expect((await app.settled()).counts).toMatchObject({ delivered: 7, dropped: {} });
        expect(sink.taken.size).toBe(7);
        await app.does('close');
      },
    );
  }

  const asNobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
  const canBeNobody = process.getuid?.() === 0 && isPermitted(asNobody);
  (canBeNobody ? it : it.skip)('starts where it may not write', async () => {
    const parent = scratchFolder();
    chmodSync(parent, 0o755);
    sink.misbehaveAlways({ status: 503 });
    const app = new DiskApp(sink.url, { durable: true }, { directory: join(parent, 'a', 'b'), before: asNobody });
    const ill = await app.does('emit 3');
    expect(ill.counts).toMatchObject({ pending: 3, isDiskFailing: true });
    expect(ill.warnings.some((text) => text.includes('EACCES'))).toBe(true);
    chmodSync(parent, 0o777);
    await app.until(({ counts }) => !counts.isDiskFailing && counts.diskBytes > 0);
    expect((await app.does('confirm')).confirmed).toEqual(['stored']);
    await app.does('close');
  });

  it('starts while a file is in the place of the directory, and is not told of a fault of the configuration', async () => {
    const directory = join(scratchFolder(), 'tracking');
    writeFileSync(directory, '');
    const logger = new RecordingLogger();
    const run = await startTracking({
      ...{ logger, shutdownTimeoutMs: 50, delivery: { directory, durable: true } },
      backends: { gate: backend(Gate) },
    });
    const gate = run.tracker.backend<Gate>('gate');
    gate.behave = down;
    run.tracker.emit('held');
    expect(logger.warnings).toEqual(expect.arrayContaining([expect.stringMatching(/ENOTDIR[^]*Fix: /)]));
    rmSync(directory);
    await eventually(() => expect(run.ledger.destination('gate')?.isDiskFailing).toBe(false));
    expect(afterKill(directory)).toEqual(['held']);
  });

  it('keeps the dead letters of the process before when the disk is full at its start', async () => {
    const onSmallDisk = (folder: string): string[] => withMounts(`mount -t tmpfs -o size=512k none '${folder}'`);
    if (!isPermitted(onSmallDisk(scratchFolder()))) return;
    const directory = scratchFolder();
    sink.misbehaveAlways({ status: 400 });
    const app = new DiskApp(sink.url, { durable: true }, { directory, before: onSmallDisk(directory) });
    await app.does('emit 100');
    expect((await app.settled()).counts).toMatchObject({ deadLetters: 100 });
    await app.does('fill');
    const again = await app.does('restart');
    expect(again.counts).toMatchObject({ deadLetters: 100, forgottenDeadLetters: 0 });
    await app.does('free');
    await app.until(({ counts }) => !counts.isDiskFailing);
    expect((await app.does('restart')).counts).toMatchObject({ deadLetters: 100, forgottenDeadLetters: 0 });
    await app.does('close');
  });

  it('takes up again what it called stored, when it is killed after its directory was removed', async () => {
    const directory = join(scratchFolder(), 'tracking');
    sink.misbehaveAlways({ status: 503 });
    const app = new DiskApp(sink.url, { durable: true }, { directory });
    await app.does('emit 5');
    rmSync(directory, { recursive: true });
    await app.until(({ warnings }) => warnings.some((text) => text.includes('removed or replaced')));
    await app.until(({ counts }) => !counts.isDiskFailing);
    for (let n = 0; n < 5; n++) await app.does('confirm');
    const last = await app.does('counts');
    expect(last.confirmed).toEqual(Array.from({ length: 5 }, () => 'stored'));
    await app.kill();
    expect(afterKill(directory).length).toBe(last.counts.pending);

    sink.misbehaveAlways(undefined);
    const next = new DiskApp(sink.url, { durable: true }, { directory });
    const { counts } = await next.settled();
    expect(counts.delivered).toBe(last.counts.pending);
    await next.does('close');
  });

  it('leaves what it holds for the next start when it exits after its directory was removed', async () => {
    const directory = join(scratchFolder(), 'tracking');
    sink.misbehaveAlways({ status: 503 });
    const app = new DiskApp(sink.url, { durable: true, maxDiskBytes: 1e7 }, { directory });
    await app.does('emit 5');
    rmSync(directory, { recursive: true });
    app.tell('exit');
    await app.exited;
    expect(afterKill(directory)).toHaveLength(5);
    const [folder] = readdirSync(join(directory, 'default'));
    expect(folder).toMatch(/^tracking-[0-9a-f]{24}$/); // which the next start adopts
  });
});
