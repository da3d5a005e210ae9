/** What a delivery makes of a directory that is removed, renamed or replaced while it is in use. */
import fc from 'fast-check';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { eventually } from '../support/eventually';
import { imbalance } from './books';
import { asUser } from '../store/as-user';
import { scratchFolder } from '../store/scratch-folder';
import { afterKill, DiskRun } from './disk-run';
import { down } from './gate';

/**
 * What is removed, and how. Each gives what ends the state of affairs that keeps the disk from
 * being used.
 */
const REMOVALS: Readonly<Record<string, (run: DiskRun) => unknown>> = {
  'rm -rf of the directory': ({ directory }) => rmSync(directory, { recursive: true, force: true }),
  'rm -rf of what is in the directory': ({ directory }) => {
    for (const name of entriesOf(directory)) rmSync(join(directory, name), { recursive: true, force: true });
  },
  'rm -rf of the folder of the destination': (run) =>
    rmSync(join(run.folder, 'gate'), { recursive: true, force: true }),
  'rm of the socket': (run) => rmSync(join(run.folder, 'own.sock'), { force: true }),
  'rm of each segment': (run) => removeEach(run, '.seg'),
  'rm of each file of marks': (run) => removeEach(run, '.done'),
  'mv of the directory': ({ directory }) => renameSync(directory, `${directory}.${String(Math.random())}`),
  'mv of the folder': (run) => renameSync(run.folder, join(scratchFolder(), basename(run.folder))),
  'a file in place of the directory': ({ directory }) => {
    rmSync(directory, { recursive: true, force: true });
    writeFileSync(directory, 'a file');
    return () => rmSync(directory, { force: true });
  },
  'a link in place of the directory': ({ directory }) => {
    const elsewhere = scratchFolder();
    for (const name of entriesOf(directory)) {
      const filter = (file: string): boolean => !lstatSync(file).isSocket();
      cpSync(join(directory, name), join(elsewhere, name), { recursive: true, filter });
    }
    rmSync(directory, { recursive: true, force: true });
    symlinkSync(elsewhere, directory);
  },
  'a link to nowhere in place of the directory': ({ directory }) => {
    rmSync(directory, { recursive: true, force: true });
    symlinkSync(join(scratchFolder(), 'nowhere'), directory);
    return () => rmSync(directory, { force: true });
  },
};

/** @returns what makes the disk usable again, where it is not */
function remove(run: DiskRun, how: string): (() => void) | undefined {
  const repair = REMOVALS[how]!(run);
  return typeof repair === 'function' ? (repair as () => void) : undefined;
}

function entriesOf(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function removeEach(run: DiskRun, kind: string): void {
  const queue = join(run.folder, 'gate', 'queue');
  for (const name of entriesOf(queue)) if (name.endsWith(kind)) rmSync(join(queue, name), { force: true });
}

const MODES = { durable: { durable: true }, overflow: { durable: false } };

describe.each(Object.entries(MODES))('A delivery whose disk is removed, %s,', (_mode, options) => {
  it.each(Object.keys(REMOVALS))(
    'counts what is lost, says so, and loses nothing that comes after: %s',
    async (removal) => {
      const run = await DiskRun.start(join(scratchFolder(), 'tracking'), { ...options, ordered: true });
      run.gate.behave = down;
      for (let n = 0; n < 30; n++) run.emit();
      const repair = remove(run, removal);
      await run.look();
      expect(imbalance(run.delivery.counts())).toBe(0);
      if (repair !== undefined) {
        expect(run.delivery.counts().isDiskFailing).toBe(true);
        expect(run.emitClaimed()).toBe(options.durable ? 'not yet' : 'refused'); // memory is full already
        repair();
        await run.look();
      }
      expect(run.delivery.counts().isDiskFailing).toBe(false);
      const { pending, dropped } = run.delivery.counts();
      const lost = dropped['disk-removed'] ?? 0;
      expect(pending + lost).toBe(run.accepted.length);
      if (lost > 0) expect(run.said.filter((text) => text.includes("'disk-removed'"))).toHaveLength(1);

      const after = run.accepted.length;
      for (let n = 0; n < 5; n++) {
        expect(run.emitClaimed()).toBe('stored');
      }
      const onDisk = new Set(afterKill(run.directory));
      expect(run.accepted.slice(after).filter((name) => !onDisk.has(name))).toEqual([]);

      run.gate.behave = () => Promise.resolve();
      await eventually(() => expect(run.delivery.counts().pending).toBe(0));
      expect(new Set(run.gate.names).size).toBe(run.accepted.length - lost);
      expect(numbersOf(run.gate.names)).toEqual([...numbersOf(run.gate.names)].sort((a, b) => a - b));
      expect(imbalance(run.delivery.counts())).toBe(0);
    },
  );
});

function numbersOf(names: readonly string[]): number[] {
  return names.map((name) => Number(name.slice(1)));
}

describe('A delivery whose directory is removed', () => {
  it('keeps all that is in the file that it writes, and what is under way', async () => {
    const run = await DiskRun.start(join(scratchFolder(), 'tracking'), { durable: true });
    run.gate.behave = down;
    for (let n = 0; n < 3; n++) run.emit(); // less than a segment
    rmSync(run.directory, { recursive: true });
    await run.look();
    expect(run.delivery.counts()).toMatchObject({ pending: 3, dropped: {} });
    expect(afterKill(run.directory)).toEqual(['e0', 'e1', 'e2']);
    expect(run.changes).toContain('disk-failed');
    expect(run.changes.at(-1)).toBe('disk-recovered');
  });

  it('does not say of an event that it is stored which would not survive a kill', async () => {
    const run = await DiskRun.start(join(scratchFolder(), 'tracking'), { durable: true });
    run.gate.behave = down;
    expect(run.emitClaimed()).toBe('stored');
    rmSync(run.directory, { recursive: true });
    expect(run.emitClaimed()).toBe('pending'); // noticed before it is said, without a look
    expect(run.delivery.counts().isDiskFailing).toBe(true);
    await run.look();
    expect(run.emitClaimed()).toBe('stored');
    expect(afterKill(run.directory)).toEqual(['e0', 'e1', 'e2']);
  });

  it('keeps dead letters in memory meanwhile, and has them on disk again', async () => {
    const run = await DiskRun.start(join(scratchFolder(), 'tracking'), { durable: true });
    run.gate.behave = (events) =>
      Promise.resolve(events.map((_, index) => ({ index, reason: 'no', retryable: false })));
    run.emit();
    await eventually(() => expect(run.delivery.counts().deadLetters).toBe(1));
    rmSync(run.directory, { recursive: true });
    writeFileSync(run.directory, 'a file');
    await run.look();
    run.emit();
    await eventually(() => expect(run.delivery.counts().deadLettered).toBe(2));
    expect(run.delivery.counts()).toMatchObject({ deadLetters: 2, isDiskFailing: true, forgottenDeadLetters: 0 });
    rmSync(run.directory);
    await run.look();
    await run.look();
    expect(afterKill(run.directory, 'dead').sort()).toEqual(['e0', 'e1']);
    expect(run.delivery.counts()).toMatchObject({ deadLetters: 2, isDiskFailing: false, forgottenDeadLetters: 0 });
  });

  it('counts dead letters as forgotten that were in files it did not hold open', async () => {
    const run = await DiskRun.start(join(scratchFolder(), 'tracking'), { durable: true });
    run.gate.behave = (events) =>
      Promise.resolve(events.map((_, index) => ({ index, reason: 'no', retryable: false })));
    for (let n = 0; n < 12; n++) run.emit();
    await eventually(() => expect(run.delivery.counts().deadLetters).toBe(12));
    rmSync(run.directory, { recursive: true });
    await run.look();
    const { deadLetters, forgottenDeadLetters } = run.delivery.counts();
    expect(forgottenDeadLetters).toBeGreaterThan(0);
    expect(deadLetters + forgottenDeadLetters).toBe(12);
  });

  it('hands what it holds over to the next start at its end, wherever that is', async () => {
    const run = await DiskRun.start(join(scratchFolder(), 'tracking'), { durable: true });
    run.gate.behave = down;
    for (let n = 0; n < 3; n++) run.emit();
    rmSync(run.directory, { recursive: true });
    await run.look();
    await run.close();
    expect(run.delivery.counts()).toMatchObject({ handedOver: 3, dropped: {}, pending: 0 });
    expect(afterKill(run.directory)).toEqual(['e0', 'e1', 'e2']);
  });

  it('counts at its end what it can put nowhere', async () => {
    const run = await DiskRun.start(join(scratchFolder(), 'tracking'), { durable: true });
    run.gate.behave = down;
    for (let n = 0; n < 3; n++) run.emit();
    rmSync(run.directory, { recursive: true });
    writeFileSync(run.directory, 'a file');
    await run.look();
    await run.close();
    expect(run.delivery.counts()).toMatchObject({ handedOver: 0, dropped: { shutdown: 3 }, pending: 0 });
    expect(imbalance(run.delivery.counts())).toBe(0);
  });

  it('is used again when its permissions are back', async () => {
    const run = await DiskRun.start(join(scratchFolder(), 'tracking'), { durable: true });
    run.gate.behave = down;
    for (let n = 0; n < 6; n++) run.emit();
    const queue = join(run.folder, 'gate', 'queue');
    asUser(dirname(run.directory), () => {
      chmodSync(queue, 0);
      run.delivery.checkDisk();
      run.emit();
      expect(run.delivery.counts()).toMatchObject({ isDiskFailing: true, pending: 7, dropped: {} });
      chmodSync(queue, 0o700);
      run.delivery.checkDisk();
    });
    expect(run.delivery.counts()).toMatchObject({ isDiskFailing: false, pending: 7, dropped: {} });
    expect(run.changes).toEqual(expect.arrayContaining(['disk-failed', 'disk-recovered']));
    expect(afterKill(run.directory)).toHaveLength(7);
  });
});

type Step =
  | { readonly do: 'emit' | 'confirm' | 'look' | 'up' | 'down' | 'turn'; readonly n: number }
  | { readonly do: 'remove'; readonly how: string };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constantFrom('emit', 'confirm', 'look', 'up', 'down', 'turn'), n: fc.nat(8) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('remove' as const), how: fc.constantFrom(...Object.keys(REMOVALS)) }),
  },
);

describe('A delivery whose files are removed at any time', () => {
  it.each(Object.entries(MODES))(
    'balances, and loses nothing that it called stored since (%s)',
    async (_mode, options) => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), fc.boolean(), async (steps, ordered) => {
          const run = await DiskRun.start(join(scratchFolder(), 'tracking'), { ...options, ordered });
          let stored: string[] = [];
          let repairs: (() => void)[] = [];
          for (const each of steps) {
            if (each.do === 'emit') for (let n = 0; n < each.n; n++) run.emit();
            if (each.do === 'confirm' && run.emitClaimed() === 'stored') stored.push(run.accepted.at(-1)!);
            if (each.do === 'up') run.gate.behave = () => Promise.resolve();
            if (each.do === 'down') run.gate.behave = down;
            if (each.do === 'turn') await new Promise((resolve) => setTimeout(resolve, each.n));
            if (each.do === 'look') {
              for (const repair of repairs) repair();
              repairs = [];
              await run.look();
            }
            if (each.do === 'remove' && existsSync(run.directory) && repairs.length === 0) {
              try {
                const repair = remove(run, each.how);
                if (repair !== undefined) repairs.push(repair);
                stored = [];
              } catch (error) {
                if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error; // nothing is there to be removed
              }
            }
            expect(imbalance(run.delivery.counts())).toBe(0);
          }
          const onDisk = new Set([...afterKill(run.directory), ...run.gate.names]);
          expect(stored.filter((name) => !onDisk.has(name))).toEqual([]);

          for (const repair of repairs) repair();
          await run.look();
          run.gate.behave = () => Promise.resolve();
          await eventually(() => expect(run.delivery.counts()).toMatchObject({ pending: 0, isDiskFailing: false }));
          const { dropped } = run.delivery.counts();
          const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
          const delivered = new Set(run.gate.names);
          expect(run.accepted.filter((name) => !delivered.has(name)).length).toBeLessThanOrEqual(lost);
          expect(imbalance(run.delivery.counts())).toBe(0);
          await run.close();
        }),
        { numRuns: 40 },
      );
    },
    120_000,
  );
});
