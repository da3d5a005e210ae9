import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { application, namesIn, refused, run, TO_WAREHOUSE } from './replay-support';
import { platformLines } from './support';

describe('event-tracking replay --dead-letters', () => {
  it('sends the dead letters of a stopped application through the branch, under their ids, once', async () => {
    const folder = application();
    const { app, tracker } = await refused(folder, 'a', 'b');
    const ids = tracker.deadLetters.list({ path: 'warehouse' }).map(({ event }) => event.id);
    await app.close();
    const { code, out, err } = await run(folder, '--dead-letters', 'delivery', ...TO_WAREHOUSE, '--json');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toMatchObject({ lines: 2, imported: 2, backends: { warehouse: { delivered: 2 } } });
    expect(folder.events('warehouse.log').map(({ id }) => id)).toEqual(ids);
    expect(folder.text('other.log')).toBe('');
    expect((await run(folder, '--dead-letters', 'delivery', ...TO_WAREHOUSE)).out).toContain('0 events imported.');
    // The letters of the other destination are where they were.
    const letters = ['--dead-letters', 'delivery', '--letters-of', 'lrs'];
    expect((await run(folder, ...letters, '--dry-run')).out).toContain('2 events would be imported.');
    expect((await run(folder, ...letters, ...TO_WAREHOUSE)).out).toContain('2 events imported.');
    expect(namesIn(folder, 'warehouse.log')).toEqual(['a', 'b', 'a', 'b']);
  }, 60_000);

  it('keeps a letter that the branch refuses again, or that a filter leaves out', async () => {
    const folder = application();
    const { app } = await refused(folder, 'a', 'bad', 'c');
    await app.close();
    const first = await run(folder, '--dead-letters', 'delivery', ...TO_WAREHOUSE, '--except', 'c');
    expect(first.code).toBe(1);
    expect(first.out).toContain('warehouse: 1 delivered, 1 dead-lettered');
    const second = await run(folder, '--dead-letters', 'delivery', '--letters-of', 'warehouse', '--dry-run', '--json');
    expect(JSON.parse(second.out)).toMatchObject({ names: { bad: expect.any(Number), c: 1 } });
    expect(namesIn(folder, 'warehouse.log')).toEqual(['a']);
  }, 60_000);

  it('does not run the processors of the destination again, which its letters have passed', async () => {
    const folder = application('processors: [({ data }) => ({ data: { ...data, seen: (data.seen ?? 0) + 1 } })],');
    const { app } = await refused(folder, 'a');
    await app.close();
    expect((await run(folder, '--dead-letters', 'delivery', ...TO_WAREHOUSE)).code).toBe(0);
    expect(folder.events('warehouse.log')[0]?.data).not.toHaveProperty('seen');
  }, 60_000);

  it('sends a letter that was refused again once, and removes both of its copies', async () => {
    const folder = application();
    const { app } = await refused(folder, 'bad');
    await app.close();
    for (let times = 0; times < 3; times++) {
      const { out } = await run(folder, '--dead-letters', 'delivery', ...TO_WAREHOUSE, '--json');
      expect(JSON.parse(out)).toMatchObject({ imported: 1, backends: { warehouse: { 'dead-lettered': 1 } } });
    }
  }, 60_000);

  it('counts a letter that cannot be read, and sends the others', async () => {
    const folder = application();
    const { app } = await refused(folder, 'a', 'b');
    await app.close();
    const files = readdirSync(folder.file('delivery'), { recursive: true, encoding: 'utf8' });
    const segment = files.find((name) => /warehouse.*dead.*\.seg$/.test(name))!;
    const bytes = readFileSync(folder.file(`delivery/${segment}`));
    const at = bytes.lastIndexOf('"name"');
    bytes[at + 1] = bytes[at + 1]! ^ 1;
    writeFileSync(folder.file(`delivery/${segment}`), bytes);
    const { code, out } = await run(folder, '--dead-letters', 'delivery', ...TO_WAREHOUSE, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ broken: 1, imported: 1 });
  }, 60_000);

  it('asks whose letters are read', async () => {
    const folder = application();
    const { code, err } = await run(folder, '--dead-letters', 'delivery', '--dry-run');
    expect([code, err]).toEqual([2, expect.stringContaining('--branch or --letters-of is needed')]);
  });

  it('names the destinations that have dead letters for a name that has none', async () => {
    const folder = application();
    const { app } = await refused(folder, 'a');
    await app.close();
    for (const words of [
      ['--letters-of', 'warehuose', '--dry-run'],
      ['--letters-of', 'warehuose', ...TO_WAREHOUSE],
      ['--branch', 'warehuose', '--dry-run'],
    ]) {
      const { code, out, err } = await run(folder, '--dead-letters', 'delivery', ...words);
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err.replace(/\n +/g, '\n')).toContain(
        'there are no dead letters of "warehuose" in the folder of --dead-letters.\nFix: --letters-of lrs, warehouse',
      );
    }
    // A backend of the module may have none.
    const { code, out } = await run(folder, '--dead-letters', 'delivery', ...TO_WAREHOUSE, '--letters-of', 'other');
    expect([code, out]).toEqual([0, expect.stringContaining('0 events imported.')]);
    expect((await run(folder, '--dead-letters', 'delivery', ...TO_WAREHOUSE)).out).toContain('1 event imported.');
  }, 60_000);

  it('leaves the directory of a running application alone', async () => {
    const folder = application();
    const { app, tracker } = await refused(folder, 'a');
    const { code, err } = await run(folder, '--dead-letters', 'delivery', ...TO_WAREHOUSE);
    expect(code).toBe(2);
    expect(err).toContain('a running application uses the directory of --dead-letters.');
    expect(tracker.deadLetters.list()).toHaveLength(2);
    await app.close();
  });
});

describe('event-tracking replay', () => {
  it('sends the events of a log through one branch', async () => {
    const folder = application();
    writeFileSync(folder.file('a.log'), platformLines(3));
    const { code, out } = await run(folder, 'a.log', '--module', 'app.module.js', '--branch', 'other');
    expect(code).toBe(0);
    expect(out).toContain('  other: 3 delivered');
    expect(folder.lines('other.log')).toHaveLength(3);
    expect(existsSync(folder.file('warehouse.log'))).toBe(false);
  });

  it.each([
    [['a.log', '--module', 'app.module.js'], '--module and --branch are needed'],
    [TO_WAREHOUSE, 'there is no source of events.'],
    [['a.log', '--mongo', 'mongodb://x', ...TO_WAREHOUSE], 'there are several sources of events.'],
    [['--dead-letters', 'nowhere', ...TO_WAREHOUSE], 'there is no delivery directory of the tracker "default"'],
    [['a.log', '--module', 'app.module.js', '--branch', 'x'], 'has no backend "x".\nFix: name one of other, warehouse'],
    [['--mongo', 'nothing', ...TO_WAREHOUSE], 'the database of --mongo cannot be used'],
  ])('ends with 2 for %j', async (words, message) => {
    const folder = application();
    writeFileSync(folder.file('a.log'), platformLines(1));
    const { code, out, err } = await run(folder, ...words);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err.replace(/\n +/g, '\n')).toContain(message);
  });
});
