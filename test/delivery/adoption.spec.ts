/** What is left of a process that has ended: one folder that is bad holds up only itself. */
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Adoption } from '../../src/delivery/adoption';
import { Deliveries } from '../../src/delivery/deliveries';
import { DiskHomes } from '../../src/delivery/disk-homes';
import type { RecordStore } from '../../src/store/record-store';
import { Notices } from '../../src/common/notices';
import { eventually } from '../support/eventually';
import { backend } from '../../src/entries';
import { RecordingLogger, startTracking } from '../support/start-tracking';
import { scratchFolder } from '../store/scratch-folder';
import { down, Gate, quick } from './gate';

const PATHS = ['a', 'b', 'c'];

/** A directory in which a process has left two events and a dead letter for each path. */
async function left(): Promise<{ readonly directory: string; readonly orphan: string }> {
  const directory = scratchFolder();
  const backends = Object.fromEntries(PATHS.map((path) => [path, backend(Gate)]));
  const run = await startTracking({ delivery: { ...quick, directory }, shutdownTimeoutMs: 50, backends });
  for (const path of PATHS) {
    run.tracker.backend<Gate>(path).behave = () => Promise.resolve([{ index: 0, reason: 'no', retryable: false }]);
  }
  run.tracker.emit('dead');
  await run.tracker.flush();
  for (const path of PATHS) run.tracker.backend<Gate>(path).behave = down;
  for (const name of ['one', 'two']) run.tracker.emit(name);
  await run.app.close();
  const [name] = readdirSync(join(directory, 'default'));
  return { directory, orphan: join(directory, 'default', name!) };
}

/** Something bad in the place of a folder. @returns what puts it right */
function spoil(folder: string): () => void {
  renameSync(folder, `${folder}.good`);
  writeFileSync(folder, 'a file');
  return () => {
    rmSync(folder);
    renameSync(`${folder}.good`, folder);
  };
}

describe('Adoption', () => {
  it.each(['queue', 'dead'])(
    'goes on with all others when a folder cannot be opened (%s), and names it',
    async (part) => {
      const { directory, orphan } = await left();
      spoil(join(orphan, 'a', part));
      const logger = new RecordingLogger();
      const backends = Object.fromEntries(PATHS.map((path) => [path, backend(Gate)]));
      const run = await startTracking({ delivery: { ...quick, directory }, logger, backends });
      const counts = (path: string) => run.ledger.destination(path)!;
      await eventually(() => {
        for (const path of ['b', 'c']) expect(counts(path)).toMatchObject({ delivered: 2, deadLetters: 1 });
        expect(counts('a')).toMatchObject(part === 'queue' ? { deadLetters: 1 } : { delivered: 2 });
      });
      const warnings = logger.warnings.filter((text) => text.includes(join('a', part)));
      expect(warnings).toEqual([expect.stringMatching(/could not be taken over: [^]*Fix: /)]);
    },
  );

  it('tries again what could not be opened, and gives nothing twice', async () => {
    const { directory, orphan } = await left();
    spoil(join(orphan, 'a', 'queue'));
    const logger = new RecordingLogger();
    const notices = new Notices(logger);
    const homes = new DiskHomes('default', notices, () => undefined);
    await homes.claim([directory]);
    const adoption = new Adoption(homes, notices);
    await adoption.look();
    const got: RecordStore[] = [];
    const heir = {
      path: 'a',
      isClosed: false,
      adopt: (queue: RecordStore | undefined, dead: RecordStore | undefined) => {
        for (const store of [queue, dead]) if (store !== undefined) got.push(store);
      },
    };
    adoption.giveTo(heir);
    expect(got.map(({ count }) => count)).toEqual([1]); // the dead letter
    expect(adoption.foldersOf('a')).toHaveLength(1);

    const [home] = homes.all();
    const moved = join(home!.folder!, 'adopted', orphan.split('/').at(-1)!);
    expect(existsSync(moved)).toBe(true);
    rmSync(join(moved, 'a', 'queue'));
    renameSync(join(moved, 'a', 'queue.good'), join(moved, 'a', 'queue'));
    await adoption.look();
    adoption.giveTo({ ...heir, isClosed: true });
    expect(got).toHaveLength(1);
    adoption.giveTo(heir);
    adoption.giveTo(heir);
    expect(got.map(({ count }) => count)).toEqual([1, 2]);
    expect([...adoption.pathsLeft('queue')].sort()).toEqual(['b', 'c']);
    for (const store of got) store.close();
    await homes.release();
  });

  it('gives nothing to a tracker that has closed while the folders were searched', async () => {
    const directory = scratchFolder();
    const deliveries = new Deliveries('default', { ...quick, directory }, new Notices(new RecordingLogger()));
    await deliveries.claim([directory]);
    const settings = deliveries.settingsFor(undefined, undefined);
    const delivery = deliveries.open('a', 'backends.a', new Gate(), settings);
    const { orphan } = await left();
    renameSync(orphan, join(directory, 'default', basename(orphan)));

    const adopting = deliveries.beginAdopting();
    delivery.flushSync();
    await deliveries.close();
    await adopting;
    expect(delivery.counts()).toMatchObject({ recovered: 0, pending: 0, handedOver: 0 });
    expect(deliveries.letters.list({})).toEqual([]);

    const next = await startTracking({ delivery: { ...quick, directory }, backends: { a: backend(Gate) } });
    await eventually(() => expect(next.ledger.destination('a')).toMatchObject({ delivered: 2, deadLetters: 1 }));
  });

  it('reads what the version before left, and removes it when it is delivered', async () => {
    const directory = scratchFolder();
    const frozen = join(__dirname, '../store/format-1');
    mkdirSync(join(directory, 'default'));
    for (const name of readdirSync(frozen)) {
      cpSync(join(frozen, name), join(directory, 'default', name), { recursive: true });
    }
    const run = await startTracking({
      delivery: { ...quick, directory, ordered: true },
      backends: { gate: backend(Gate) },
    });
    await eventually(() => expect(run.ledger.destination('gate')?.delivered).toBe(53));
    const gate = run.tracker.backend<Gate>('gate');
    expect(gate.names).toEqual(Array.from({ length: 53 }, (_none, at) => `frozen.${String(at + 7)}`));
    expect(run.tracker.deadLetters.list().map(({ event }) => event.name)).toEqual(['frozen.5', 'frozen.6']);
    expect(await run.tracker.deadLetters.purge({})).toBe(2);
    await run.app.close();
    expect(readdirSync(directory)).toEqual(['default']);
    expect(readdirSync(join(directory, 'default'))).toEqual([]);
  });
});
