import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { CommandFolder } from '../validate/command-run';
import { catalogOf, draftOf, linesOf, validate, type Entry } from './draft';
import { INHERITED, KEYS, ODD_TEXTS } from './infer-parts';

const root = resolve(__dirname, '../../..');
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
  it.each(['zod', 'json-schema'] as const)('of any log causes no violation in that log, with %s', (schema) => {
    fc.assert(
      fc.property(log, (entries) => {
        const lines = linesOf(entries);
        const found = validate(lines, catalogOf(draftOf(lines, schema)));
        expect(found).toMatchObject({ violations: [], unplanned: [], wrongEvents: 0, neverSeen: [] });
      }),
      { numRuns: schema === 'zod' ? 250 : 80 }, // Ajv compiles code for each
    );
  });

  it('lists no values of an object if a list in the same place contains personal values', () => {
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

  it('infers types, choices, lists and maps from a log', () => {
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

  it('replaces values that look personal in its example, marks them, and infers no choices from them', () => {
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

  it('describes only the values below thousands of keys that are ids', () => {
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

  it('is valid with numbers that no schema accepts, and with objects that are too deep', () => {
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
