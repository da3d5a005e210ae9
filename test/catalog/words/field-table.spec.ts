import { toStandardJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { z } from 'zod';
import type { EventSchema } from '../../../src/catalog/event-schema';
import type { JsonSchema } from '../../../src/catalog/json-schema';
import { fieldRows, type FieldRow } from '../../../src/catalog/words/field-table';
import { fieldNote, presence } from '../../../src/cli/docs/reader-words';
import { personalIn } from '../../../src/cli/docs/personal-paths';

function rowsOf(schema: JsonSchema, pii: readonly string[] = []): readonly FieldRow[] {
  return fieldRows(schema, personalIn('data', pii));
}

function jsonOf(schema: EventSchema): JsonSchema {
  return schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' });
}

/** `path: type`, with `?` for what may be left out and `~` for what only some forms ask for. */
function lines(schema: EventSchema | JsonSchema): string[] {
  const json = '~standard' in schema ? jsonOf(schema as EventSchema) : schema;
  const marks = { required: '', optional: '?', 'in some forms': '~' };
  return rowsOf(json).map(({ path, type, presence }) => `${path}${marks[presence]}: ${type}`);
}

describe('fieldRows: the table of fields', () => {
  it('has a row for each field, nested ones and those of items by their path', () => {
    const schema = z.object({
      learner: z.object({ email: z.email(), cohort: z.string().optional() }).nullable(),
      answers: z.array(z.object({ text: z.string(), marks: z.array(z.object({ by: z.int() })) })),
      by_course: z.record(z.string(), z.object({ seconds: z.number() })),
      tags: z.array(z.string()),
      pair: z.tuple([z.string(), z.object({ at: z.int() })]),
    });
    expect(lines(schema)).toEqual([
      'learner: object | null',
      'learner.email: string (email)',
      'learner.cohort?: string',
      'answers: list of object',
      'answers.*.text: string',
      'answers.*.marks: list of object',
      'answers.*.marks.*.by: integer',
      'by_course: map of object',
      'by_course.*.seconds: number',
      'tags: list of string',
      'pair: list [string, object] (2 items)',
      'pair.1.at: integer',
    ]);
  });

  it('tells alternatives, values, formats and limits', () => {
    const schema = z.object({
      mode: z.enum(['audit', 'verified']).nullable(),
      either: z.union([z.string(), z.number()]).optional(),
      many: z.array(z.union([z.literal(1), z.literal('x')])).min(1),
      size: z.int().min(0).max(10),
      share: z.number().gt(0).lt(1).multipleOf(0.5),
      code: z.string().regex(/^a|b$/),
      short: z.string().max(3),
      at: z.iso.datetime(),
      exact: z.string().length(2),
      anything: z.unknown(),
      never: z.null(),
    });
    expect(lines(schema)).toEqual([
      'mode: "audit" | "verified" | null',
      'either?: string | number',
      'many: list of (1 | "x") (1 or more items)',
      'size: integer (0 to 10)',
      'share: number (over 0; under 1; multiple of 0.5)',
      'code: string (matches ^a|b$)',
      'short: string (up to 3 characters)',
      'at: string (date-time)',
      'exact: string (2 characters)',
      'anything: any value',
      'never: null',
    ]);
  });

  it('says in which of several forms a field is required, and of which type it is there', () => {
    const schema = z.object({
      paid: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('card'), brand: z.string(), note: z.string().optional(), by: z.string() }),
        z.object({ kind: z.literal(['invoice', 'order']), number: z.int(), by: z.int() }),
        z.object({ kind: z.literal('gift'), by: z.int().optional() }),
      ]),
    });
    const rows = rowsOf(jsonOf(schema)).map((row) => [row.path, row.type, presence(row)]);
    expect(rows).toEqual([
      ['paid', 'object', 'required'],
      ['paid.kind', '"card" | "invoice" | "order" | "gift"', 'required'],
      ['paid.brand', 'string', 'required if kind is "card"'],
      ['paid.note', 'string', 'optional if kind is "card"'],
      [
        'paid.by',
        'string if kind is "card"; integer if kind is "invoice" or "order" or "gift"',
        'required if kind is "card" or "invoice" or "order"',
      ],
      ['paid.number', 'integer', 'required if kind is "invoice" or "order"'],
    ]);
  });

  it('lists the fields of each form where none tells them apart', () => {
    const schema = z.object({
      where: z.union([z.object({ url: z.string() }), z.object({ room: z.string(), seat: z.int().optional() })]),
    });
    const [where, url] = rowsOf(jsonOf(schema));
    expect(where?.constraints).toEqual(['one of 2 forms: url; or room, seat?']);
    expect(url?.presence).toBe('in some forms');
  });

  it('reads the schemas of arktype and valibot alike', () => {
    const expected = ['a: "p" | "q" | null', 'd: object', 'd.e: string', 'c?: number (over 3)'];
    // As type({ a: "'p'|'q'|null", d: { e: 'string' }, 'c?': 'number>3' }) writes it; Jest cannot
    // load arktype.
    const arktype = {
      type: 'object',
      properties: {
        a: { anyOf: [{ const: 'p' }, { const: 'q' }, { type: 'null' }] },
        d: { type: 'object', properties: { e: { type: 'string' } }, required: ['e'] },
        c: { type: 'number', exclusiveMinimum: 3 },
      },
      required: ['a', 'd'],
    };
    expect(lines(arktype)).toEqual(expected);
    const valibot = v.object({
      a: v.nullable(v.picklist(['p', 'q'])),
      d: v.object({ e: v.string() }),
      c: v.optional(v.pipe(v.number(), v.gtValue(3))),
    });
    expect(lines(toStandardJsonSchema(valibot) as EventSchema)).toEqual(expected);
  });

  it('puts parts that all hold together, follows references, and keeps what stands beside them', () => {
    const schema = {
      type: 'object',
      $defs: {
        'a/b': { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] },
        named: { type: 'object', properties: { name: { type: 'string' } } },
      },
      properties: {
        both: { allOf: [{ $ref: '#/$defs/a~1b' }, { $ref: '#/$defs/named' }], description: 'Both.' },
        one: { $ref: '#/$defs/named', description: 'Here.', deprecated: true },
        lost: { $ref: '#/$defs/none' },
      },
    };
    expect(lines(schema)).toEqual([
      ...['both?: object', 'both.id: integer', 'both.name?: string'],
      ...['one?: object', 'one.name?: string', 'lost?: as in #/$defs/none'],
    ]);
    expect(rowsOf(schema).filter(({ description }) => description !== null)).toEqual([
      expect.objectContaining({ path: 'both', description: 'Both.' }),
      expect.objectContaining({ path: 'one', description: 'Here.', isDeprecated: true }),
    ]);
  });

  it('ends a description like a sentence only where other sentences follow', () => {
    const note = (schema: JsonSchema): string => fieldNote(rowsOf({ properties: { a: schema } })[0]!);
    expect(note({ type: 'string', description: 'The key' })).toBe('The key');
    expect(note({ type: 'string', description: 'The key', default: 'x' })).toBe('The key. Default: "x".');
    expect(note({ type: 'string', description: 'The key!', default: 'x' })).toBe('The key! Default: "x".');
  });

  it('ends where a schema comes back to itself, and says so', () => {
    const Comment = z.object({
      text: z.string(),
      get replies() {
        return z.array(Comment);
      },
    });
    expect(rowsOf(jsonOf(Comment)).map(({ path, repeats }) => [path, repeats])).toEqual([
      ['text', undefined],
      ['replies', ''],
    ]);
    const nested = rowsOf(jsonOf(z.object({ first: Comment }))).map(({ path, repeats }) => [path, repeats]);
    expect(nested).toEqual([
      ['first', undefined],
      ['first.text', undefined],
      ['first.replies', 'first'],
    ]);
    const endless = { $ref: '#/$defs/a', $defs: { a: { anyOf: [{ $ref: '#/$defs/a' }, { type: 'null' }] } } };
    expect(() => rowsOf(endless)).not.toThrow();
  });

  it('writes a path as Redact takes it, whatever is in a key', () => {
    const properties = { 'a.b': { type: 'string' }, '*': { type: 'string' }, '[0]': { type: 'string' } };
    expect(rowsOf({ properties }).map(({ path }) => path)).toEqual([
      ...[String.raw`a\.b`, String.raw`\*`, String.raw`\[0\]`],
    ]);
    const marked = rowsOf({ properties }, [String.raw`data.a\.b`]).filter(({ isPersonal }) => isPersonal);
    expect(marked.map(({ path }) => path)).toEqual([String.raw`a\.b`]);
  });

  it.each([
    ['data.learner', ['learner', 'learner.email', 'learner.name']],
    ['data.learner.email', ['learner.email']],
    ['data.*.email', ['learner.email']],
    ['**.email', ['learner.email', 'answers.*.email']],
    ['data.answers.*.text', ['answers.*.text']],
    ['data.answers.0.text', ['answers.*.text']],
    ['data.tags.*', ['tags.*']],
    ['context.learner', []],
  ])('marks as personal by %s what it leads to, and what is in that', (path, marked) => {
    const schema = z.object({
      learner: z.object({ email: z.string(), name: z.string() }),
      answers: z.array(z.object({ text: z.string(), email: z.string() })),
      tags: z.array(z.string()),
    });
    expect(
      rowsOf(jsonOf(schema), [path])
        .filter(({ isPersonal }) => isPersonal)
        .map((row) => row.path),
    ).toEqual(marked);
  });
});
