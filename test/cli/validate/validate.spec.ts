import { PassThrough } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { CommandFolder, logLine } from './command-run';

const CATALOG = `
import { defineCatalog, defineEvent } from 'nestjs-event-tracking';
import { z } from 'zod';
export const catalog = defineCatalog([
  defineEvent('enrolled', {
    data: z.object({ mode: z.enum(['audit', 'verified']), answers: z.record(z.string(), z.int()).optional() }),
    context: z.object({ user_id: z.int() }),
  }),
  defineEvent('graded', { data: z.object({ scores: z.array(z.int()) }) }),
  defineEvent('old', { deprecated: { since: '2026-01-01' } }),
]);
`;
const RIGHT = logLine('enrolled', { mode: 'audit' }, { user_id: 7, more: true });

describe('catalog validate', () => {
  let folder: CommandFolder;

  beforeAll(async () => {
    folder = new CommandFolder();
    folder.write('catalog.ts', CATALOG);
    await folder.run('check', '--catalog', 'catalog.ts'); // the first command loads the schema library
  }, 120_000);

  afterAll(() => {
    folder.remove();
  });

  const validate = async (log: string | Buffer, ...options: string[]) => {
    folder.write('tracking.log', log);
    return folder.run('validate', 'tracking.log', '--catalog', 'catalog.ts', ...options);
  };
  const found = async (log: string | Buffer, ...options: string[]) => {
    const { code, out, err } = await validate(log, '--json', ...options);
    const result: Record<string, unknown> = {
      code,
      ...(JSON.parse(out === '' ? JSON.stringify({ err }) : out) as object),
    };
    return result;
  };

  it('ends with 0 where every event keeps to the catalog, and names those that were not seen', async () => {
    const { code, out, err } = await validate(`${RIGHT}\n`);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toBe(`1 line: 1 event.
No violations.

In the catalog, but not in this log
  graded
  old
`);
  });

  it('prints a table of what is wrong, and ends with 1', async () => {
    const lines = [
      RIGHT,
      logLine('enrolled', { mode: 'gold', extra: 1 }, { user_id: 7 }),
      logLine('enrolled', { mode: 'gold' }, { user_id: '7' }),
      logLine('graded', { scores: [1, 'x', 'y'] }),
      logLine('graded', { scores: ['z'] }),
      logLine('enrolled', { mode: 'audit', answers: { first: 'x', second: 'y' } }, { user_id: 1 }),
      logLine('old', {}),
      logLine('nowhere', {}),
      logLine('nowhere', {}),
      '{"name":"enrolled","timesta',
    ];
    const { code, out } = await validate(lines.join('\n'));
    expect(code).toBe(1);
    expect(out).toBe(`10 lines: 9 events, 1 broken.
8 events do not match the catalog.

Violations
  event     kind                 path             count  first line  message
  enrolled  value-not-allowed    data.mode            2           2  must be "audit" or "verified"
  enrolled  type-mismatch        data.answers.*       2           6  must be a whole number, but was a string
  enrolled  additional-property  data.*               1           2  is not declared
  enrolled  type-mismatch        context.user_id      1           3  must be a whole number, but was a string
  graded    type-mismatch        data.scores.*        3           4  must be a whole number, but was a string
  old       deprecated                                1           7  is deprecated since 2026-01-01

Not in the catalog
  event    count  first line
  nowhere      2           8

Broken lines
  line 10 is not valid JSON
`);
  });

  it('gives the same as JSON', async () => {
    const log = `${RIGHT}\n${logLine('nowhere', {})}\n\n[1]\n${logLine('event_catalog', { events: [] })}\nx\n`;
    const result = await found(log);
    expect(result).toMatchObject({ code: 1, lines: 6, events: 2, catalogs: 1, blank: 1, others: 1, broken: 1 });
    expect(result).toMatchObject({
      brokenLines: [{ line: 6, why: 'is not valid JSON' }],
      violations: [],
      wrongEvents: 1,
    });
    expect(result).toMatchObject({ unplanned: [{ name: 'nowhere', count: 1, line: 2 }], neverSeen: ['graded', 'old'] });
  });

  it('leaves fields alone that are not declared, if it is told to', async () => {
    const log = logLine('enrolled', { mode: 'audit', extra: 1 }, { user_id: 7 });
    expect(await found(log)).toMatchObject({
      code: 1,
      violations: [{ kind: 'additional-property', path: 'data.*' }],
    });
    expect(await found(log, '--no-undeclared')).toMatchObject({ code: 0, violations: [] });
  });

  it('reads the lines of the reference, and events that pino has written', async () => {
    const reference =
      '{"name": "enrolled", "timestamp": "2026-11-01T12:00:00.123456+00:00", "data": {"mode": "x"}, "context": {"user_id": 1}}';
    const pino = JSON.stringify({
      level: 30,
      name: 'app',
      event: JSON.parse(logLine('graded', { scores: 1 })),
      msg: 'graded',
    });
    expect(await found(`${reference}\n${pino}\n{"level":30,"name":"app","msg":"started"}`)).toMatchObject({
      ...{ events: 2, others: 1 },
      violations: [
        { event: 'enrolled', path: 'data.mode', line: 1 },
        { event: 'graded', path: 'data.scores', line: 2 },
      ],
    });
  });

  it('takes a byte order mark, carriage returns, and a last line without its newline', async () => {
    expect(await found(`\ufeff${RIGHT}\r\n${RIGHT}\r\n\r\n${RIGHT}`)).toMatchObject({
      code: 0,
      lines: 4,
      events: 3,
      blank: 1,
      broken: 0,
    });
  });

  it('tells of a line that is not UTF-8, and reads the others around it', async () => {
    const bad = Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);
    const log = Buffer.concat([Buffer.from(`${RIGHT}\n`), bad, Buffer.from(`\n${RIGHT.replace('audit', 'é')}\n`)]);
    expect(await found(log)).toMatchObject({
      events: 2,
      broken: 1,
      brokenLines: [{ line: 2, why: 'is not UTF-8' }],
      violations: [{ line: 3 }],
    });
  });

  it('knows the number of each line of a log that is larger than what is read at once', async () => {
    const padded = logLine('enrolled', { mode: 'audit' }, { user_id: 7, note: 'ü'.repeat(3000) });
    const lines = Array.from({ length: 1000 }, (_, at) => (at % 100 === 99 ? padded.replace('audit', 'gold') : padded));
    expect(await found(lines.join('\n'))).toMatchObject({
      lines: 1000,
      events: 1000,
      violations: [{ count: 10, line: 100 }],
    });
  });

  it('reads several logs, and says in which of them a line is', async () => {
    folder.write('days-1.log', `${RIGHT}\nx\n`);
    folder.write('days-2.log.gz', gzipSync(`${RIGHT}\n${logLine('enrolled', { mode: 'gold' }, { user_id: 7 })}\n`));
    folder.write('days-10.log', `${logLine('nowhere', {})}\n`);
    const { code, out } = await folder.run(
      'validate',
      'days-1.log',
      'days-2.log.gz',
      'days-10.log',
      '--catalog',
      'catalog.ts',
    );
    expect(code).toBe(1);
    expect(out).toContain('5 lines: 4 events, 1 broken.');
    expect(out).toMatch(/value-not-allowed +data\.mode +1 +days-2\.log\.gz:2 /);
    expect(out).toMatch(/nowhere +1 +days-10\.log:1\n/);
    expect(out).toContain('  days-1.log line 2 is not valid JSON');
    const pattern = await folder.run('validate', 'days-*', '--catalog', 'catalog.ts', '--json');
    expect(JSON.parse(pattern.out)).toMatchObject({
      lines: 5,
      events: 4,
      brokenLines: [{ file: 'days-1.log', line: 2 }],
    });
    const none = await folder.run('validate', 'nights-*', '--catalog', 'catalog.ts');
    expect(none).toMatchObject({ code: 2, err: expect.stringContaining('no file matches nights-*') });
  });

  it.each([
    ['empty', '', 'it is empty'],
    ['blank', '\n\r\n  \n', 'all lines are blank'],
  ])('ends with 2 for a log that is %s, of which nothing was checked', async (_, log, why) => {
    expect(await validate(log)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(why) });
  });

  it('does not check events that another version of their definition has made, and names them', async () => {
    folder.write(
      'versions.ts',
      CATALOG.replace(
        "defineEvent('enrolled', {",
        "defineEvent('enrolled', { version: 2, history: [{ version: 2, date: '2026-01-01', change: 'x' }],",
      ),
    );
    const made = (version: unknown, mode: string): string =>
      JSON.stringify({
        ...(JSON.parse(logLine('enrolled', { mode }, { user_id: 7 })) as object),
        schema: { name: 'enrolled', version, hash: 'x' },
      });
    const log = [made(1, 'honor'), made(1, 'honor'), made(3, 'honor'), made(2, 'audit'), made('1', 'audit'), RIGHT];
    folder.write('tracking.log', log.join('\n'));
    const run = (...words: string[]): ReturnType<CommandFolder['run']> =>
      folder.run('validate', 'tracking.log', '--catalog', 'versions.ts', ...words);
    expect(await run()).toMatchObject({
      code: 0,
      out: expect.stringMatching(
        /Other versions, not checked\n.*\n {2}enrolled +1 +2 +2 +1\n {2}enrolled +3 +2 +1 +3\n/,
      ),
    });
    expect(JSON.parse((await run('--json')).out)).toMatchObject({
      ...{ wrongEvents: 0, uncheckedEvents: 3 },
      otherVersions: [
        { name: 'enrolled', version: 1, current: 2, count: 2, line: 1 },
        { name: 'enrolled', version: 3, current: 2, count: 1, line: 3 },
      ],
    });
    folder.write('tracking.log', made(1, 'honor'));
    expect(await run()).toMatchObject({ code: 2, out: '', err: expect.stringContaining('so none was checked') });
  });

  it('reads the standard input for -', async () => {
    const stdin = new PassThrough();
    const given = jest.spyOn(process, 'stdin', 'get').mockReturnValue(stdin as unknown as typeof process.stdin);
    try {
      stdin.end(`${RIGHT}\n${logLine('nowhere', {})}`);
      const { out } = await folder.run('validate', '-', '--catalog', 'catalog.ts', '--json');
      expect(JSON.parse(out)).toMatchObject({ lines: 2, events: 2 });
    } finally {
      given.mockRestore();
    }
  });

  it('ends with 2 if nothing can be validated against the catalog', async () => {
    expect(await validate('{"level":30}\n')).toMatchObject({
      code: 2,
      err: expect.stringContaining('tracking.log contains no events'),
    });
    expect(await folder.run('validate', 'none.log', '--catalog', 'catalog.ts')).toMatchObject({
      code: 2,
      err: expect.stringContaining('none.log cannot be read'),
    });
    expect(await folder.run('validate', '.', '--catalog', 'catalog.ts')).toMatchObject({
      code: 2,
      err: expect.stringContaining('. is a folder'),
    });
    expect(await folder.run('validate', 'tracking.log', '--catalog', 'none.ts')).toMatchObject({
      code: 2,
      err: expect.stringContaining('no catalog at none.ts'),
    });
  });

  it('shows how far it is only where somebody looks on, and leaves the line empty', async () => {
    folder.write('tracking.log', `${RIGHT}\n`);
    const watched = await folder.runOn({ isWatched: true }, 'validate', 'tracking.log', '--catalog', 'catalog.ts');
    expect(watched.err).toMatch(/\[#{24}\] 100 % {2}1 line, [\d,]+\/s/);
    expect(watched.err.endsWith('\r\u001b[K')).toBe(true);
    const piped = await folder.run('validate', 'tracking.log', '--catalog', 'catalog.ts');
    expect(piped.err).toBe('');
    expect(piped.out).toBe(watched.out);
  });

  it('keeps what a log says from moving the cursor', async () => {
    const { out } = await validate(logLine('\u001b[2J\u202e\nname', {}));
    expect(out).toContain('\\u001b[2J\\u202e\\u000aname');
    expect(out).not.toMatch(/[\u001b\u202e]/);
  });

  it('keeps a bounded number of names', async () => {
    const log = Array.from({ length: 1500 }, (_, at) => logLine(`name ${at}`, {})).join('\n');
    const result = await found(log);
    expect(result).toMatchObject({ wrongEvents: 1500, otherUnplanned: 500 });
    expect(result['unplanned']).toHaveLength(1000);
  });
});
