import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../../../src/cli/program';
import { Terminal } from '../../../src/cli/terminal';
import { ownDatabase } from '../../backends/mongo/support';
import type { LogFolder } from '../../support/log-folder';
import { describeWithServices } from '../../support/services';
import { until } from '../../support/until';
import { application, ROOT, run, TO_WAREHOUSE, Written } from './replay-support';
import { platformLines } from './support';

const STATE = 'event-tracking-import.json';
const EVENTS = 6000;

/**
 * Runs the command in a process of its own, and kills it when it has saved a position.
 * @returns the id at this position
 */
async function killedInTheMiddle(folder: LogFolder, words: readonly string[]): Promise<string> {
  const script = [join(ROOT, 'scripts/swc-register.cjs'), join(ROOT, 'src/cli/main.ts')];
  const child = spawn(process.execPath, ['-r', ...script, 'replay', ...words], { cwd: folder.path, stdio: 'ignore' });
  const ended = once(child, 'exit');
  const position = (): string | undefined => {
    if (!existsSync(folder.file(STATE))) return undefined;
    const { logs } = JSON.parse(readFileSync(folder.file(STATE), 'utf8')) as { logs: { position?: string }[] };
    return logs[0]?.position;
  };
  await until(
    () => position() !== undefined,
    () => child.exitCode,
    60_000,
  );
  child.kill('SIGKILL');
  await ended;
  return (JSON.parse(position() ?? '') as { id: string }).id;
}

describeWithServices(['mongo'], 'event-tracking replay --mongo', ({ mongo }) => {
  it('sends the stored events through one branch, under their ids, and filters them', async () => {
    const folder = application();
    const database = ownDatabase(mongo);
    writeFileSync(folder.file('a.log'), platformLines(1200));
    const terminal = new Terminal(new Written(), new Written(), folder.path);
    expect(await runCommand(['import', 'a.log', '--to', `mongo=${database.url}`], terminal)).toBe(0);
    const collection = await database.collection();
    const stored = await collection.find().sort({ _id: 1 }).toArray();
    await collection.insertOne({ _id: 'zzz', other: 1 });
    const { code, out } = await run(folder, '--mongo', database.url, ...TO_WAREHOUSE, '--name', 'play_video');
    expect(code).toBe(1); // one document is no event
    expect(out).toContain('600 events imported.');
    expect(out).toContain('line 1,201 is a document without name');
    expect(folder.events('warehouse.log').map(({ id }) => id)).toEqual(
      stored.filter(({ name }) => name === 'play_video').map(({ _id }) => _id),
    );
  }, 60_000);

  it('continues an interrupted run behind its last event, although older events were removed', async () => {
    const folder = application('', 'slow');
    const database = ownDatabase(mongo);
    const collection = await database.collection();
    const ids = Array.from({ length: EVENTS }, (_, at) => `id-${String(at).padStart(5, '0')}`);
    const fields = { name: 'a', timestamp: new Date(0), context: {}, data: {} };
    await collection.insertMany(ids.map((_id) => ({ _id, ...fields })));
    const words = ['--mongo', database.url, ...TO_WAREHOUSE];
    const position = await killedInTheMiddle(folder, words);
    expect(ids.slice(1, -1)).toContain(position);
    await collection.deleteMany({ _id: { $lte: position } }); // by a TTL

    writeFileSync(folder.file('warehouse.log'), '');
    writeFileSync(folder.file('go'), '');
    const { code, out, err } = await run(folder, ...words, '--json');
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('interrupted continues') });
    const left = ids.slice(ids.indexOf(position) + 1);
    expect(JSON.parse(out)).toMatchObject({ lines: left.length, imported: left.length });
    expect(
      folder
        .events('warehouse.log')
        .map(({ id }) => id)
        .sort(),
    ).toEqual(left);
    expect(existsSync(folder.file(STATE))).toBe(false);
  }, 120_000);

  it('names the collections of the database for one that does not exist', async () => {
    const folder = application();
    const database = ownDatabase(mongo);
    const empty = await run(folder, '--mongo', database.url, ...TO_WAREHOUSE);
    expect([empty.code, empty.err.replace(/\n +/g, '\n')]).toEqual([
      2,
      expect.stringContaining(
        `there is no collection ${database.name}.events in the database of --mongo.\nFix: check the name of the database`,
      ),
    ]);
    for (const name of ['tracking', 'events'])
      await (
        await database.collection(name)
      ).insertOne({ _id: 'a', name: 'a', timestamp: new Date(), context: {}, data: {} });
    const { code, out, err } = await run(folder, '--mongo', database.url, '--collection', 'evnts', '--dry-run');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err.replace(/\n +/g, '\n')).toContain('Fix: --collection events, tracking');
    await (await database.collection('tracking')).deleteMany({});
    const none = await run(folder, '--mongo', database.url, '--collection', 'tracking', '--dry-run');
    expect([none.code, none.out]).toEqual([0, expect.stringContaining('0 events would be imported.')]);
  }, 60_000);
});
