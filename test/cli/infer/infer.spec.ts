import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import * as ts from 'typescript';
import { CommandFolder, logLine } from '../validate/command-run';
import { catalogOf, draftOf, linesOf, validate, type Entry } from './draft';

const root = resolve(__dirname, '../../..');

const ODD_TEXTS = [
  ...[
    "it's",
    '"',
    '`${process.exit(1)}`',
    '*/ process.exit(1) /*',
    'a\nprocess.exit(1)',
    '\u2028process.exit(1)',
    '\\',
    "\\'",
    '\ud800',
  ],
  ...['', ' ', '.', '[0]', '*', '**', 'a.b', '$&', '</script>', '// x', 'é', '\u0000', '\u202e'],
];
const INHERITED = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];
const KEYS = [
  ...['mode', 'count', 'email', 'userName', 'ip', 'address', 'user', 'name', 'a-b', '1', '22', 'class'],
  ...[
    '0f8bb910-af5d-4299-ad6b-b8f3e8f554a7',
    'a0effb954cca4759994f1ac9e9434bf4_2_1',
    'somebody@example.org',
    '10.0.0.1',
  ],
];
const TEXTS = [
  ...[
    'audit',
    'verified',
    'honor',
    '2026-11-01T12:00:00.000Z',
    '2026-11-01T12:00:00+00:00',
    '2026-02-30T12:00:00Z',
    '2026-11-01',
  ],
  ...['somebody@example.org', '192.0.2.7', '2001:db8::7', '+49 30 1234567', '12:30:00'],
];

const key = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...KEYS) },
  { weight: 2, arbitrary: fc.constantFrom(...INHERITED, ...ODD_TEXTS) },
  { weight: 1, arbitrary: fc.string({ maxLength: 5 }) },
);
const { value } = fc.letrec<{ value: unknown; object: object }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'value' },
    fc.constantFrom(...TEXTS, ...ODD_TEXTS),
    fc.constantFrom(null, true, false, 0, -1, 1.5, 1e21, 2 ** 53, -1e-7),
    tie('object'),
    fc.array(tie('value'), { maxLength: 3 }),
  ),
  object: fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }).map((entries) => Object.fromEntries(entries)),
}));
const event: fc.Arbitrary<Entry> = fc.record({
  name: fc.oneof(
    fc.constantFrom('edx.course.enrolled', 'course.enrolled', 'Map', '7', 'a/b'),
    fc.constantFrom(...ODD_TEXTS.filter((text) => text !== ''), ...INHERITED),
  ),
  data: fc.oneof(
    {
      weight: 9,
      arbitrary: fc.array(fc.tuple(key, value), { maxLength: 6 }).map((entries) => Object.fromEntries(entries)),
    },
    { weight: 1, arbitrary: value },
  ),
  context: fc
    .array(fc.tuple(fc.oneof(key, fc.constantFrom('request_id', 'ip', 'agent', 'username', 'user_id')), value), {
      maxLength: 5,
    })
    .map((entries) => Object.fromEntries(entries) as object),
});
const log = fc.array(event, { minLength: 1, maxLength: 30 }).chain((events) =>
  // Again and again, so that there are choices; and of few names, so that fields are now there, now
  // not.
  fc.record({ times: fc.constantFrom(1, 1, 10), names: fc.constantFrom(1, 2, 30) }).map(({ times, names }) => {
    const named = events.map((each, at) => ({ ...each, name: events[at % names]?.name ?? each.name }));
    return Array.from({ length: times }, () => named).flat();
  }),
);

describe('draftCatalog: a draft', () => {
  it.each(['zod', 'json-schema'] as const)('of any log has no violation in that log, with %s', (schema) => {
    fc.assert(
      fc.property(log, (entries) => {
        const lines = linesOf(entries);
        const found = validate(lines, catalogOf(draftOf(lines, schema)));
        expect(found).toMatchObject({ violations: [], unplanned: [], wrongEvents: 0, neverSeen: [] });
      }),
      { numRuns: schema === 'zod' ? 250 : 80 }, // Ajv compiles code for each
    );
  });

  it('lists no values of an object where a list in the same place holds personal values', () => {
    const modes = Array.from({ length: 60 }, (_, at) => ({ x: { mode: at % 2 === 0 ? 'audit' : 'verified' } }));
    const lines = linesOf([...modes, { x: ['192.0.2.7'] }].map((data) => ({ name: 'a.b', data })));
    const draft = draftOf(lines);
    expect(draft).toContain("'data.x.*'");
    expect(draft).not.toContain('audit');
    expect(validate(lines, catalogOf(draft))).toMatchObject({ violations: [] });
  });

  it('is the same each time, and laid out as prettier does', () => {
    const plain = fc.array(fc.tuple(fc.constantFrom(...KEYS.filter((each) => !/^\d+$/.test(each))), value), {
      maxLength: 6,
    });
    const logs = fc.sample(fc.array(plain, { minLength: 1, maxLength: 10 }), { numRuns: 60, seed: 20261124 });
    const folder = new CommandFolder();
    try {
      logs.forEach((all, at) => {
        const lines = linesOf(all.map((entries) => ({ name: 'a.b', data: Object.fromEntries(entries) })));
        const draft = draftOf(lines);
        expect(draftOf(lines)).toBe(draft);
        folder.write(`draft-${at}.ts`, draft);
      });
      // Prettier is an ES module, and a process of its own is what Jest lets it be.
      const words = [
        join(root, 'node_modules/prettier/bin/prettier.cjs'),
        '--list-different',
        '--print-width=120',
        '--single-quote',
        'draft-*.ts',
      ];
      const { stdout, stderr } = spawnSync(process.execPath, words, { cwd: folder.path, encoding: 'utf8' });
      expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' });
    } finally {
      folder.remove();
    }
  });

  it('tells from a log which types, choices, lists and maps there are', () => {
    const modes = ['audit', 'verified', 'honor'];
    const lines = linesOf(
      Array.from({ length: 60 }, (_, at) => ({
        name: 'edx.course.enrolled',
        context: {
          request_id: `r${at}`,
          ip: '203.0.113.7',
          agent: 'x',
          user_id: at,
          ...(at % 2 === 0 ? { course: 'c' } : {}),
        },
        data: {
          mode: modes[at % 3],
          grade: at % 2 === 0 ? 1 : 0.5,
          attempts: at,
          at: '2026-11-01T12:00:00.000Z',
          answer: at % 2 === 0 ? 'x' : ['x', null],
          note: at % 4 === 0 ? null : `note ${at}`,
          ...(at % 5 === 0 ? { hint: { text: 'h', nothing: null } } : {}),
          answers: { [`a0effb954cca4759994f1ac9e9434bf4_${at}_1`]: { npoints: at } },
          passed: true,
          empty: [],
        },
      })),
    );
    expect(draftOf(lines)).toBe(readFileSync(join(__dirname, 'enrolments.draft.txt'), 'utf8'));
  });

  it('replaces what looks personal in its example, marks it, and takes no choices from it', () => {
    const lines = linesOf(
      Array.from({ length: 60 }, (_, at) => ({
        name: 'user.changed',
        context: { username: `u${at}`, emails: ['somebody@example.org'] },
        data: {
          ...{
            userName: at % 2 === 0 ? 'anna' : 'bert',
            contact: 'somebody@example.org',
            from: '192.0.2.77',
            year_of_birth: 1984,
          },
          ...{ email_sent: true, session: 'f00', author: { name: `Anna ${at}` }, course: { name: 'Physics' } },
          ...{ address: { city: at % 2 === 0 ? 'Bonn' : 'Kiel', zip: 53111 }, 'a.b': { first_name: 'Anna' } },
          members: { 'somebody@example.org': { role: 'staff' } },
        },
      })),
    );
    const draft = draftOf(lines);
    const { document } = catalogOf(draft).events.get('user.changed')!;
    expect(document.pii).toEqual([
      ...['data.userName', 'data.contact', 'data.from', 'data.year_of_birth', 'data.session', 'data.author.name'],
      ...['data.address', 'data.a\\.b.first_name', 'context.username', 'context.emails'],
    ]);
    expect(document.examples).toEqual([
      {
        ...{ userName: 'learner', contact: 'learner@example.com', from: '192.0.2.1', year_of_birth: 2000 },
        ...{ email_sent: true, session: '[redacted]', author: { name: 'A. Learner' }, course: { name: 'Physics' } },
        ...{ address: { city: '1 Example Street', zip: 0 }, 'a.b': { first_name: 'A. Learner' } },
        members: { 'learner@example.com': { role: 'staff' } },
      },
    ]);
    expect(draft).not.toMatch(/anna|bert|somebody|192\.0\.2\.77|1984|f00|Bonn|Kiel|53111/i);
  });

  it('says of thousands of keys that are ids only what is under them', () => {
    const lines = linesOf(
      Array.from({ length: 500 }, (_, at) => ({
        name: 'seen',
        data: {
          marks: Object.fromEntries(
            Array.from({ length: 20 }, (_, key) => [`key${String.fromCharCode(97 + key)}${'x'.repeat(at % 60)}`, at]),
          ),
        },
      })),
    );
    expect(draftOf(lines)).toContain('marks: z.record(z.string(), z.int()),');
  });

  it('holds with numbers that no schema takes, and with objects that are too deep', () => {
    const deep = `${'{"a":['.repeat(40)}1${']}'.repeat(40)}`;
    const lines = [`{"big":1e999,"deep":${deep}}`, '{"big":1,"deep":{"a":[]}}'].map(
      (data) => `{"name":"e","timestamp":"2026-11-01T12:00:00Z","context":{},"data":${data}}`,
    );
    expect(validate(lines, catalogOf(draftOf(lines)))).toMatchObject({ violations: [], wrongEvents: 0 });
  });

  it('leaves out the schema of data that is no object', () => {
    const lines = linesOf([
      { name: 'e', data: 'text' },
      { name: 'e', data: { a: 1 } },
    ]);
    const draft = draftOf(lines);
    expect(draft).toContain('// TODO: its data was not an object in 1 of them');
    expect(catalogOf(draft).events.get('e')?.document.data).toBeNull();
  });
});

describe('catalog infer', () => {
  let folder: CommandFolder;

  beforeAll(() => {
    folder = new CommandFolder();
  });

  afterAll(() => {
    folder.remove();
  });

  it.each(['zod', 'json-schema'])(
    'writes a file that compiles, and that the same log keeps to, with %s',
    async (schema) => {
      const names = [
        ...ODD_TEXTS.filter((text) => text !== ''),
        ...INHERITED,
        'edx.course.enrolled',
        'course.enrolled',
      ];
      const data = Object.fromEntries(
        [...KEYS, ...INHERITED, ...ODD_TEXTS].map((each, at) => [each, [at, 'x', null, { [each]: at }][at % 4]]),
      );
      const lines = names.flatMap((name) => [
        logLine(name, data, data),
        logLine(name, { mode: 'x', nested: [data, [data]] }),
      ]);
      folder.write('tracking.log', `${lines.join('\n')}\n{"cut\n`);
      const made = await folder.run('infer', 'tracking.log', '--out', `${schema}.ts`, '--schema', schema);
      expect(made).toEqual({
        ...{ code: 0, out: '' },
        err: `${lines.length + 1} lines: ${lines.length} events of ${names.length} names, 1 broken line, 0 lines of other JSON.\n  line ${lines.length + 1} is not valid JSON\nThe draft is in ${schema}.ts. Search it for TODO.\n`,
      });
      expect(errorsOf(join(folder.path, `${schema}.ts`))).toEqual([]);
      folder.write('tracking.log', lines.join('\n'));
      expect(await folder.run('validate', 'tracking.log', '--catalog', `${schema}.ts`)).toMatchObject({
        ...{ code: 0, out: `${lines.length} lines: ${lines.length} events.\nNo violations.\n` },
      });
    },
  );

  it('prints the draft where no file is named', async () => {
    folder.write('tracking.log', logLine('a', {}));
    const { code, out } = await folder.run('infer', 'tracking.log');
    expect(code).toBe(0);
    expect(out.startsWith('// Draft from 1 event with 1 name in tracking.log.')).toBe(true);
  });

  it('writes over nothing unless it is told to', async () => {
    const path = folder.write('mine.ts', 'mine');
    folder.write('tracking.log', logLine('a', {}));
    expect(await folder.run('infer', 'tracking.log', '--out', 'mine.ts')).toMatchObject({
      code: 2,
      err: expect.stringContaining('mine.ts already exists'),
    });
    expect(readFileSync(path, 'utf8')).toBe('mine');
    expect(await folder.run('infer', 'tracking.log', '--out', 'mine.ts', '--force')).toMatchObject({ code: 0 });
    expect(readFileSync(path, 'utf8')).toContain("defineEvent('a'");
  });

  it('ends with 2 where there is nothing to draft, or nowhere to write to', async () => {
    folder.write('other.log', '{"level":30}\nx\n');
    expect(await folder.run('infer', 'other.log')).toMatchObject({
      code: 2,
      err: expect.stringContaining(
        'other.log contains no events: 1 broken line (line 2 is not valid JSON), 1 line of other JSON.',
      ),
    });
    mkdirSync(join(folder.path, 'a-folder'));
    expect(await folder.run('infer', 'tracking.log', '--force', '--out', 'a-folder')).toMatchObject({
      code: 2,
      err: expect.stringContaining('a-folder cannot be written'),
    });
    expect(await folder.run('infer', 'tracking.log', '--schema', 'xml')).toMatchObject({ code: 2 });
  });
});

function errorsOf(file: string): string[] {
  const config = join(file, '../tsconfig.json');
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(config, (path) => ts.sys.readFile(path)).config,
    ts.sys,
    join(file, '..'),
  );
  const program = ts.createProgram([file], options);
  return ts
    .getPreEmitDiagnostics(program, program.getSourceFile(file))
    .map(
      ({ messageText, start, file: at }) =>
        `${at?.fileName ?? ''}:${start ?? 0} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    );
}
