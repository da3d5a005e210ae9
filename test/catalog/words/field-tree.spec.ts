import { z } from 'zod';
import type { EventSchema } from '../../../src/catalog/event-schema';
import type { JsonSchema } from '../../../src/catalog/json-schema';
import { fieldRows } from '../../../src/catalog/words/field-table';
import { fieldTree, type FieldGroup, type FieldNode } from '../../../src/catalog/words/field-tree';
import { personalIn } from '../../../src/cli/docs/personal-paths';

function jsonOf(schema: EventSchema): JsonSchema {
  return schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' });
}

function treeOf(schema: EventSchema | JsonSchema, pii: readonly string[] = []): FieldGroup {
  const json = '~standard' in schema ? jsonOf(schema as EventSchema) : schema;
  return fieldTree(json, personalIn('data', pii))!;
}

/** Writes a tree as lines, indented by depth. */
function linesOf({ fields, forms }: Pick<FieldGroup, 'fields' | 'forms'>, indent = ''): string[] {
  const own = fields.flatMap((node) => [`${indent}${lineOf(node)}`, ...linesOf(node, `${indent}  `)]);
  const of = forms.flatMap((form) => [
    `${indent}<${form.label}>${form.constraints.map((text) => ` ${text}`).join('')}`,
    ...linesOf({ fields: form.fields, forms: [] }, `${indent}  `),
  ]);
  return [...own, ...of];
}

function lineOf({ name, label, type, isRequired, repeats, constraints }: FieldNode): string {
  const key = name === undefined ? `(${label})` : `${name}${isRequired ? '' : '?'}`;
  return `${key}: ${type}${constraints.map((text) => ` [${text}]`).join('')}${repeats === undefined ? '' : ` repeats ${repeats}`}`;
}

describe('fieldTree: the tree of fields', () => {
  it('has the fields of objects, lists, maps and tuples below them', () => {
    const schema = z.object({
      learner: z.object({ email: z.email(), cohort: z.string().optional() }).nullable(),
      answers: z.array(z.object({ text: z.string() })),
      by_course: z.record(z.string(), z.object({ seconds: z.number() })),
      tags: z.array(z.string()),
      pair: z.tuple([z.string(), z.object({ at: z.int() })]),
    });
    expect(linesOf(treeOf(schema))).toEqual([
      'learner: object | null',
      '  email: string (email)',
      '  cohort?: string',
      'answers: list of object',
      '  (each item): object',
      '    text: string',
      'by_course: map of object',
      '  (each value): object',
      '    seconds: number',
      'tags: list of string',
      'pair: list [string, object] (2 items)',
      '  (item 2): object',
      '    at: integer',
    ]);
  });

  it('says which fields without a name it describes', () => {
    const object = { type: 'object', properties: { a: { type: 'string' } } };
    const schema = {
      ...{ type: 'object', properties: { id: {} } },
      ...{ patternProperties: { '^x-': object, '^y-': object }, additionalProperties: object },
    };
    expect(treeOf(schema).fields.map(({ label }) => label)).toEqual(['', 'fields that match ^x- or ^y-, other fields']);
    const tuple = { type: 'array', prefixItems: [object], items: object };
    const [field] = treeOf({ type: 'object', properties: { tuple } }).fields;
    expect(field?.fields.map(({ label }) => label)).toEqual(['item 1', 'other items']);
  });

  it('shows each alternative with its own fields, named by the field that distinguishes it', () => {
    const schema = z.object({
      paid: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('card'), brand: z.string() }),
        z.object({ kind: z.literal(['invoice', 'order']), number: z.int() }),
      ]),
    });
    const [paid] = treeOf(schema).fields;
    expect(paid?.choice).toBe('oneOf');
    expect(linesOf(paid!)).toEqual([
      '<kind is "card">',
      '  kind: "card"',
      '  brand: string',
      '<kind is "invoice" or "order">',
      '  kind: "invoice" | "order"',
      '  number: integer',
    ]);
  });

  it('names alternatives by titles or definitions, else by position, and lists what they share once', () => {
    const room = { type: 'object', title: 'A room', properties: { room: { type: 'string' } }, required: ['room'] };
    const schema = {
      type: 'object',
      properties: { at: { type: 'string' } },
      required: ['at'],
      anyOf: [room, { $ref: '#/$defs/Link' }, { type: 'object', properties: { seat: {} }, minProperties: 2 }],
      $defs: { Link: { type: 'object', properties: { url: { type: 'string' } } } },
    };
    const tree = treeOf(schema);
    expect(tree.choice).toBe('anyOf');
    expect(linesOf(tree)).toEqual([
      'at: string',
      '<A room>',
      '  room: string',
      '<Link>',
      '  url?: string',
      '<Form 3> at least 2 fields',
      '  seat?: any value',
    ]);
  });

  it('has one form where only values without fields are alternatives', () => {
    const schema = z.object({ where: z.union([z.string(), z.object({ url: z.string() }), z.null()]) });
    expect(linesOf(treeOf(schema))).toEqual(['where: string | object | null', '  url: string']);
    expect(treeOf(schema).fields[0]?.forms).toEqual([]);
  });

  it('keeps the constraints of all alternatives at the object', () => {
    const form = (kind: string, more: JsonSchema): JsonSchema => ({
      ...{ type: 'object', properties: { kind: { const: kind } }, required: ['kind'], additionalProperties: false },
      ...more,
    });
    const tree = treeOf({ oneOf: [form('a', { minProperties: 2 }), form('b', {})] });
    expect(tree.constraints).toEqual(['no other fields']);
    expect(tree.forms.map(({ label, constraints }) => [label, constraints])).toEqual([
      ['kind is "a"', ['at least 2 fields']],
      ['kind is "b"', []],
    ]);
  });

  it('ends where a schema repeats itself, and says so', () => {
    const Comment = z.object({
      text: z.string(),
      get replies() {
        return z.array(Comment);
      },
    });
    expect(linesOf(treeOf(Comment))).toEqual([
      'text: string',
      'replies: list of object',
      '  (each item): object repeats ',
    ]);
  });

  it('stays bounded where definitions use each other in very many places', () => {
    const defs = Object.fromEntries(
      Array.from({ length: 20 }, (_, at) => [
        `d${at}`,
        { type: 'object', properties: { a: { $ref: `#/$defs/d${at + 1}` }, b: { $ref: `#/$defs/d${at + 1}` } } },
      ]),
    );
    const schema = { $ref: '#/$defs/d0', $defs: { ...defs, d20: { type: 'string' } } };
    const all = ({ fields }: FieldGroup): FieldNode[] => fields.flatMap((node) => [node, ...all(node)]);
    const nodes = all(treeOf(schema));
    expect(nodes.length).toBeLessThan(10_000);
    expect(nodes.filter(({ constraints }) => constraints.includes('its fields are in the JSON Schema'))).not.toEqual(
      [],
    );
    const rows = fieldRows(schema, () => false);
    expect(rows.length).toBeLessThan(10_000);
    expect(rows.some(({ constraints }) => constraints.includes('its fields are in the JSON Schema'))).toBe(true);
  });

  it('marks what is personal', () => {
    const schema = z.object({ learner: z.object({ email: z.string() }), tags: z.array(z.string()) });
    const [learner, tags] = treeOf(schema, ['data.learner.email', 'data.tags.*']).fields;
    expect([learner?.isPersonal, learner?.fields[0]?.isPersonal, tags?.fields[0]?.isPersonal]).toEqual([
      false,
      true,
      true,
    ]);
  });
});
