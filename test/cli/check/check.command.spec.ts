import { existsSync, writeFileSync } from 'node:fs';
import { CheckFolder, type Checked } from './check-folder';

const ENROLLED = "defineEvent('course.enrolled', { data: z.object({ mode: z.enum(['audit', 'verified']) }) })";

describe('event-tracking catalog check', () => {
  let folder: CheckFolder;

  beforeEach(() => {
    folder = new CheckFolder();
  });

  afterEach(() => {
    folder.remove();
  });

  const given = (...definitions: string[]): void => folder.given(...definitions);
  const check = (...words: string[]): Promise<Checked> => folder.check(...words);
  const agreed = (...definitions: string[]): Promise<void> => folder.agreed(...definitions);
  const lock = (): string => folder.lock();

  it('says that there is no lock, and ends with 1, so that a pipeline notices', async () => {
    given(ENROLLED);
    const { code, out } = await check();
    expect(code).toBe(1);
    expect(out).toContain('There is no events.lock.json to compare with.');
    expect(out).toContain('Fix: run event-tracking catalog check --update --catalog catalog.ts');
    expect(existsSync(folder.lockFile)).toBe(false);
  });

  it('writes a lock that holds what readers rely on, sorted, and nothing that is empty', async () => {
    await agreed(
      "defineEvent('b', { title: 'B', pii: ['data.z', 'data.a'], history: [{ date: '2026', change: 'x' }], data: z.object({ z: z.string(), a: z.int() }) })",
      "defineEvent('a', { deprecated: { since: '2026-11-01', replacedBy: 'b' } })",
      "defineContext('course', { fields: z.object({ course_id: z.string() }) })",
    );
    const text = lock();
    expect(text.endsWith('}\n')).toBe(true);
    expect(JSON.parse(text)).toEqual({
      format: 1,
      events: {
        a: { version: 1, source: 'server', deprecated: { since: '2026-11-01', replacedBy: 'b' } },
        b: {
          ...{ version: 1, title: 'B', source: 'server', pii: ['data.a', 'data.z'] },
          data: {
            type: 'object',
            properties: {
              a: { type: 'integer', minimum: -9007199254740991, maximum: 9007199254740991 },
              z: { type: 'string' },
            },
            required: ['a', 'z'],
          },
          undeclared: 'refused',
        },
      },
      contexts: {
        course: {
          fields: { type: 'object', properties: { course_id: { type: 'string' } }, required: ['course_id'] },
        },
      },
    });
    expect(Object.keys(JSON.parse(text).events)).toEqual(['a', 'b']);
  });

  it('ends with 0 when nothing changed, and with the same text after another update', async () => {
    await agreed(ENROLLED);
    const before = lock();
    expect(await check()).toEqual({
      code: 0,
      out: 'events.lock.json is up to date: 1 event, 0 contexts.\n',
      told: '',
    });
    expect((await check('--update')).code).toBe(0);
    expect(lock()).toBe(before);
  });

  it('ends with 0 when only the writing changed, and takes it over when it is asked to', async () => {
    await agreed(ENROLLED);
    given(
      "defineEvent('course.enrolled', { data: z.object({ mode: z.union([z.literal('audit'), z.literal('verified')]) }) })",
    );
    const before = lock();
    const { code, out } = await check();
    expect([code, out]).toEqual([0, expect.stringContaining('with the same meaning; --update stores the new one')]);
    expect((await check('--update')).code).toBe(0);
    expect(lock()).not.toBe(before);
    expect((await check()).out).toContain('is up to date: 1 event,');
  });

  it('tells of each breaking change the place, both sides, why, and the line that fixes it', async () => {
    await agreed(ENROLLED);
    given("defineEvent('course.enrolled', { data: z.object({ mode: z.enum(['audit', 'verified', 'gold']) }) })");
    const { code, out } = await check();
    expect(code).toBe(1);
    const today = new Date().toISOString().slice(0, 10);
    expect(out).toBe(`course.enrolled
  breaking  data.mode: value added: "gold"
            was "audit" | "verified"; is "audit" | "verified" | "gold"
            why: a query or consumer that handles every listed value will see an unknown one
  Fix: set version: 2, history: [{ version: 2, date: '${today}', change: 'data.mode value added: "gold"' }] in defineEvent("course.enrolled"); or undo the change

1 change in 1 event or context: 1 breaking, 0 breaking but announced, 0 harmless. events.lock.json is out of date: fix the breaking changes first.
`);
  });

  it('leaves the lock as it is while something breaking stands', async () => {
    await agreed(ENROLLED);
    const before = lock();
    given("defineEvent('course.enrolled', { data: z.object({}) })", "defineEvent('course.left')");
    const { code, out } = await check('--update');
    expect([code, out]).toEqual([1, expect.stringContaining('events.lock.json is unchanged')]);
    expect(lock()).toBe(before);
  });

  it('lets a breaking change through whose version was raised, once the lock is updated', async () => {
    await agreed(ENROLLED);
    given("defineEvent('course.enrolled', { version: 2, data: z.object({ mode: z.int() }) })");
    const before = await check();
    expect(before.code).toBe(1);
    expect(before.out).toContain('course.enrolled: version raised 1 -> 2\n  announced data.mode: type changed');
    expect(before.out).toContain('Fix: run event-tracking catalog check --update');
    expect((await check('--update')).code).toBe(0);
    expect((await check()).code).toBe(0);
  });

  it('finds a version that was lowered', async () => {
    await agreed("defineEvent('course.enrolled', { version: 3 })");
    given("defineEvent('course.enrolled', { version: 2 })");
    const { code, out } = await check('--update');
    expect([code, out]).toEqual([
      1,
      expect.stringContaining('Fix: set version: 3 or higher in defineEvent("course.enrolled")'),
    ]);
  });

  it('calls the lock out of date for what is harmless', async () => {
    await agreed(ENROLLED);
    given(ENROLLED.replace('{ data', "{ title: 'Enrolled', data"), "defineEvent('course.left')");
    const { code, out } = await check();
    expect(code).toBe(1);
    expect(out).toContain('harmless  title: title changed (Enrolled)');
    expect(out).toContain('course.left\n  harmless  event added');
    expect(out).toContain('0 breaking, 0 breaking but announced, 2 harmless. events.lock.json is out of date.');
    expect((await check('--update')).code).toBe(0);
  });

  it('keeps an event from being removed, unless it was deprecated before or is accepted by name', async () => {
    await agreed(ENROLLED, "defineEvent('course.left')", "defineEvent('old', { deprecated: { since: '2025-01-01' } })");
    given(ENROLLED);
    const { code, out } = await check('--update');
    expect(code).toBe(1);
    expect(out).toContain('old: it was deprecated');
    expect(out).toContain('or remove it now with --update --accept course.left');
    expect((await check('--update', '--accept', 'course.left')).code).toBe(0);
    expect((await check()).code).toBe(0);
  });

  it('keeps a context from changing, which has no version, unless that is accepted by name', async () => {
    await agreed("defineContext('course', { fields: z.object({ course_id: z.string() }) })");
    given("defineContext('course', { fields: z.object({ course_id: z.int() }), pii: ['course_id'] })");
    const { code, out } = await check('--update');
    expect(code).toBe(1);
    expect(out).toContain('context course\n  breaking  context.course_id: type changed');
    expect(out).toContain('context.course_id: marked as personal');
    expect((await check('--update', '--accept', 'course')).code).toBe(0);
  });

  it('accepts no change of an event that stays: it has a version', async () => {
    await agreed(ENROLLED);
    given("defineEvent('course.enrolled', { data: z.object({}) })");
    const { code, told } = await check('--update', '--accept', 'course.enrolled');
    expect([code, told]).toEqual([2, expect.stringContaining('needs a higher version')]);
  });

  it('finds a mark added to a field that was there, and none in that of a new field', async () => {
    const event = (fields: string, pii: string): string =>
      `defineEvent('course.enrolled', { data: z.object({ ${fields} }), pii: [${pii}] })`;
    await agreed(event('mail: z.string()', ''));
    given(event('mail: z.string(), phone: z.string().optional()', "'data.mail', 'data.phone'"));
    const { out } = await check();
    expect(out).toContain('breaking  data.mail: marked as personal');
    expect(out).toContain('harmless  data.phone: the new field is personal (personal)');
    given(event('mail: z.string().optional()', ''));
    await agreed(event('mail: z.string()', "'data.*'").replace('{ data', '{ version: 2, data'));
    given(event('mail: z.string()', "'data.mail'").replace('{ data', '{ version: 2, data'));
    const { out: less } = await check();
    expect(less).toContain('harmless  data.*: no longer marked as personal');
    expect(less).not.toContain('breaking  ');
  });

  it.each([
    ['type changed', 'z.object({ mode: z.int(), at: z.string() })', 'data.mode: type changed'],
    ['field removed', 'z.object({ mode: z.string() })', 'data.at: field removed'],
    [
      'required added',
      'z.object({ mode: z.string(), at: z.string(), by: z.string() })',
      'data.by: required field added',
    ],
  ])('finds what @asyncapi/diff counts as no breaking change: %s', async (_what, schema, expected) => {
    await agreed("defineEvent('e', { data: z.object({ mode: z.string(), at: z.string() }) })");
    given(`defineEvent('e', { data: ${schema} })`);
    const { code, out } = await check();
    expect([code, out]).toEqual([1, expect.stringContaining(`breaking  ${expected}`)]);
  });

  it('prints the changes for machines', async () => {
    await agreed(ENROLLED);
    given("defineEvent('course.enrolled', { data: z.object({}) })");
    const { code, out } = await check('--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      ...{ lock: 'events.lock.json', hasLock: true, state: 'breaking', isUpdated: false },
      counts: { changes: 1, breaking: 1, told: 0, entries: 1 },
      entries: [
        { name: 'course.enrolled', verdict: 'breaking', changes: [{ kind: 'field-removed', path: 'data.mode' }] },
      ],
    });
  });

  it.each([
    ['current', [ENROLLED]],
    ['out-of-date', [ENROLLED, "defineEvent('course.left')"]],
    ['written-otherwise', [ENROLLED.replace("z.enum(['audit', 'verified'])", "z.literal(['verified', 'audit'])")]],
    ['breaking', ["defineEvent('course.left')"]],
  ])('says to machines that the lock is %s', async (state, definitions) => {
    await agreed(ENROLLED);
    given(...definitions);
    expect(JSON.parse((await check('--json')).out)).toMatchObject({ state });
  });

  it('reads a lock that begins with a byte order mark', async () => {
    await agreed(ENROLLED);
    writeFileSync(folder.lockFile, `\uFEFF${lock()}`);
    expect(await check()).toMatchObject({ code: 0, told: '' });
  });

  it.each([
    ['that is no JSON', '<<<<<<< ours', 'it is not valid JSON'],
    ['of another format', '{"format":2,"events":{},"contexts":{}}', 'its format is 2'],
    ['that holds no catalog', '[]', 'it contains no catalog'],
    ['that is damaged', '{"format":1,"events":{"a":{}},"contexts":{}}', 'its event a has no version'],
  ])('ends with 2 for a lock %s', async (_what, text, expected) => {
    given(ENROLLED);
    writeFileSync(folder.lockFile, text);
    const { code, told } = await check('--update');
    expect([code, told]).toEqual([2, expect.stringContaining(expected)]);
    expect(lock()).toBe(text);
  });

  it('compares to the lock that it is told', async () => {
    given(ENROLLED);
    expect((await check('--lock', 'agreed.json', '--update')).code).toBe(0);
    expect((await check('--lock', 'agreed.json')).code).toBe(0);
    expect((await check('--lock', 'none/agreed.json', '--update')).code).toBe(2);
  });

  it('has a help with examples and exit codes', async () => {
    const { code, out } = await check('--help');
    expect(code).toBe(0);
    expect(out).toContain('Examples:');
    expect(out).toContain('Exit codes: 0 the lock is up to date');
  });
});
