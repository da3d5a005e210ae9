import { writeFileSync } from 'node:fs';
import type { Change } from '../../../src/cli/check/change';
import { CheckFolder } from './check-folder';

interface Found {
  readonly entries: readonly { readonly changes: readonly Change[] }[];
}

describe('event-tracking catalog check', () => {
  let folder: CheckFolder;

  beforeEach(() => {
    folder = new CheckFolder();
  });

  afterEach(() => {
    folder.remove();
  });

  describe('of fields that are not declared', () => {
    const of = (data: string): string => `defineEvent('e', { data: ${data} })`;
    const LOOSE = of('z.looseObject({ a: z.object({ b: z.int() }) })');
    const STRICT = of('z.strictObject({ a: z.strictObject({ b: z.int() }) })');
    const PLAIN = of('z.object({ a: z.object({ b: z.int() }) })');
    const JSON_SCHEMA = of(`jsonSchema({ type: 'object', required: ['a'], properties: { a: {
      type: 'object', required: ['b'], properties: { b: { type: 'integer' } } } } })`);

    it.each([
      ['nothing from a strict object to one that the tracker takes as such', STRICT, PLAIN, []],
      ['nothing from the one to the other', PLAIN, STRICT, []],
      ['an object that is opened', PLAIN, LOOSE, ['data object-opened true']],
      ['an object that is closed', LOOSE, PLAIN, ['data object-closed false']],
      [
        'an object that is opened by another library',
        PLAIN,
        JSON_SCHEMA,
        ['data object-opened true', 'data.a object-opened true'],
      ],
      ['nothing of a JSON Schema, which is open', JSON_SCHEMA, JSON_SCHEMA, []],
      [
        'fields in the place of a record',
        of('z.object({ s: z.record(z.string(), z.int()) })'),
        of('z.object({ s: z.object({ q: z.int().optional() }) })'),
        ['data.s object-closed false', 'data.s.q field-added false'],
      ],
      [
        'a field in the part of an intersection',
        of('z.object({ a: z.int() }).and(z.object({ b: z.int() }))'),
        of('z.object({ a: z.int() }).and(z.object({ b: z.int(), c: z.int().optional() }))'),
        ['data.c field-added false'],
      ],
      [
        'nothing in a form of a union, where the tracker cannot tell which fields are declared',
        of(
          "z.object({ f: z.discriminatedUnion('k', [z.object({ k: z.literal(1) }), z.object({ k: z.literal(2) })]) })",
        ),
        of(
          "z.object({ f: z.discriminatedUnion('k', [z.object({ k: z.literal(1) }), z.looseObject({ k: z.literal(2) })]) })",
        ),
        [],
      ],
      [
        'a form of a union that refused other fields itself',
        of(
          "z.object({ f: z.discriminatedUnion('k', [z.object({ k: z.literal(1) }), z.strictObject({ k: z.literal(2) })]) })",
        ),
        of(
          "z.object({ f: z.discriminatedUnion('k', [z.object({ k: z.literal(1) }), z.looseObject({ k: z.literal(2) })]) })",
        ),
        ['data.f object-opened true'],
      ],
    ])('finds %s', async (_what, was, is, expected) => {
      await folder.agreed(was);
      folder.given(is);
      const { entries } = JSON.parse((await folder.check('--json')).out) as Found;
      const found = entries.flatMap(({ changes }) =>
        changes.map((each) => `${each.path} ${each.kind} ${String(each.isBreaking)}`),
      );
      expect(found.sort()).toEqual(expected);
    });

    it('takes metadata of a definition for no constraint, but a keyword of an own Ajv for one', async () => {
      await folder.agreed(of("z.object({ a: z.int().meta({ unit: 'ms', 'x-team': 'a' }) })"));
      folder.given(of("z.object({ a: z.int().meta({ unit: 's' }) })"));
      expect((await folder.check()).code).toBe(0);
      const own = (value: string): string =>
        of(`jsonSchema({ type: 'object', properties: { a: { type: 'string', isSku: ${value} } } })`);
      folder.given(own('true').replace('{ data', '{ version: 2, data'));
      await folder.check('--update');
      folder.given(own('false').replace('{ data', '{ version: 2, data'));
      expect((await folder.check()).out).toContain('breaking  data.a: constraint changed');
    });

    it('takes a lock that does not say what becomes of them for one of the same library', async () => {
      await folder.agreed(PLAIN);
      writeFileSync(folder.lockFile, folder.lock().replace(/,\s*"undeclared": "refused"/, ''));
      expect(await folder.check()).toMatchObject({ code: 0, out: expect.stringContaining('with the same meaning') });
      folder.given(LOOSE);
      expect((await folder.check()).out).toContain('breaking  data: object opened');
    });
  });
});
