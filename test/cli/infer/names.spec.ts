import { PassThrough } from 'node:stream';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { NameCounts } from '../../../src/cli/infer/name-counts';
import { CommandFolder, logLine } from '../validate/command-run';
import { draftOf, linesOf } from './draft';

// The first command loads all that the others need.
jest.setTimeout(60_000);

const REAL = Array.from({ length: 10 }, (_, at) => `video.real_${String(at)}`);
const JUNK = Array.from({ length: 1500 }, (_, at) => `/courses/course-v1:x+${String(at)}/about`);

describe('draftCatalog: the names of a draft', () => {
  let folder: CommandFolder;

  beforeAll(() => {
    folder = new CommandFolder();
    const late = REAL.flatMap((name) => Array.from({ length: 20 }, (_, at) => logLine(name, { at, [name]: 'x' })));
    const early = REAL.map((name) => logLine(name, { once: true }));
    folder.write('tracking.log', [...JUNK.map((name) => logLine(name, {})), ...early, ...late].join('\n'));
  });

  afterAll(() => {
    folder.remove();
  });

  const defined = (draft: string): string[] => [...draft.matchAll(/defineEvent\('(.*?)'/g)].map(([, name]) => name!);

  it('are the most frequent, however late they come, with all that was seen of them', async () => {
    const { code, out, err } = await folder.run('infer', 'tracking.log');
    expect(code).toBe(0);
    expect(defined(out)).toHaveLength(1000);
    expect(defined(out)).toEqual(expect.arrayContaining(REAL));
    // Also of the lines that came before it was known to be frequent.
    expect(out).toMatch(/\/\/ 21 events, from .*\nexport const VideoReal0 [^]*?once: z\.boolean\(\)\.optional\(\)/);
    expect(err).toContain('510 events with other names were left out');
  });

  it('are those that the filters let through', async () => {
    const only = await folder.run('infer', 'tracking.log', '--name', 'video.*', '--except', '*_9', '--except', '*_8');
    expect(defined(only.out)).toEqual(REAL.slice(0, 8));
    const without = await folder.run('infer', 'tracking.log', '--except', '/courses/*');
    expect(defined(without.out)).toEqual(REAL);
    const dots = await folder.run('infer', 'tracking.log', '--name', 'video?real_?');
    expect(defined(dots.out)).toEqual(REAL);
    const none = await folder.run('infer', 'tracking.log', '--name', 'videos.*');
    expect(none).toMatchObject({ code: 2, out: '', err: expect.stringContaining('passes --name videos.*') });
  });

  it('come from all logs together', async () => {
    folder.write('one.log', logLine('a', { x: 1 }));
    folder.write('two.log.gz', gzipSync(`${logLine('a', { x: 'y' })}\n${logLine('b', {})}`));
    const { out } = await folder.run('infer', 'one.log', 'two.log.gz');
    expect(defined(out)).toEqual(['a', 'b']);
    expect(out).toContain('in one.log and 1 other log');
    expect(out).toContain('z.union([z.string(), z.int()])');
  });

  it('are the first of a pipe, which cannot be read twice, and that is said', async () => {
    const stdin = new PassThrough();
    const given = jest.spyOn(process, 'stdin', 'get').mockReturnValue(stdin as unknown as typeof process.stdin);
    try {
      stdin.end([...JUNK, REAL[0]!, REAL[0]!].map((name) => logLine(name, {})).join('\n'));
      const { out, err } = await folder.run('infer', '-');
      expect(defined(out)).toHaveLength(1000);
      expect(err).toMatch(/a pipe cannot be read twice\.\n {2}Fix: .*--name/);
    } finally {
      given.mockRestore();
    }
  });
});

describe('NameCounts', () => {
  it('never loses a name that is more frequent than all that it forgets', () => {
    const junk = fc.integer({ min: 100, max: 2000 });
    fc.assert(
      fc.property(junk, fc.integer({ min: 2, max: 50 }), fc.integer({ min: 0, max: 100 }), (size, times, shift) => {
        const counts = new NameCounts(64);
        for (let at = 0; at < size; at++) {
          counts.add(`junk ${String(at)}`);
          // Often enough that it is not among the rare half when the counters are full.
          if ((at + shift) % Math.min(times, 20) === 0) counts.add('real');
        }
        const all = counts.all();
        expect(all.length).toBeLessThanOrEqual(64);
        expect([...all].sort((one, other) => other.count - one.count)[0]!.name).toBe('real');
      }),
    );
  });

  it('holds a bounded number of characters', () => {
    const counts = new NameCounts(1000, 10_000);
    for (let at = 0; at < 500; at++) counts.add(`${String(at)} ${'x'.repeat(1000)}`);
    expect(counts.all().reduce((sum, { name }) => sum + name.length, 0)).toBeLessThanOrEqual(10_000);
  });
});

describe('draftCatalog: personal data in a draft', () => {
  const draft = (data: object): string =>
    draftOf(linesOf(Array.from({ length: 30 }, () => ({ name: 'e', data, context: {} }))));

  it.each([
    ['of a user', { user: { display_name: 'Ann' } }, "pii: ['data.user.display_name']"],
    ['at the top', { display_name: 'Ann' }, "pii: ['data.display_name']"],
    ['of what is not known', { sender: { displayName: 'Ann' } }, "pii: ['data.sender.displayName']"],
    ['of the owner of a course', { course_owner: { full_name: 'Ann' } }, "pii: ['data.course_owner.full_name']"],
  ])('is the display name %s', (_, data, pii) => {
    expect(draft(data)).toContain(pii);
  });

  it.each([
    ['a module', { module: { display_name: 'Week 1' } }],
    ['a course', { course: { displayName: 'Physics' } }],
    ['a repository', { repository: { full_name: 'a/b' } }],
    ['items of a list', { blocks: [{ display_name: 'Week 1' }] }],
  ])('is not the display name of %s', (_, data) => {
    expect(draft(data)).not.toContain('pii');
  });

  it('is said of keys, which pii cannot mark', () => {
    const text = draft({ scores: { 'ann@example.org': 1, 'bob@example.org': 2 }, deep: [{ '192.0.2.1': { a: 1 } }] });
    expect(text).toContain(
      '// TODO: keys of data.scores, data.deep.* are personal, but pii can mark only the values under a key.\n',
    );
    expect(text).not.toContain('example.org');
    expect(draft({ scores: { a: 1 } })).not.toContain('TODO: keys');
  });
});
