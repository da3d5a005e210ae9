import type { JsonSchema } from '../../../src/catalog/json-schema';
import { constraintNotes } from '../../../src/catalog/words/constraint-notes';
import { documentSchema } from '../../../src/catalog/words/document-schema';
import { partConstraints } from '../../../src/catalog/words/field-table';
import { printedCatalog, type PrintedEvent } from '../../../src/cli/docs/printed-catalog';
import { dataNote, fieldNote } from '../../../src/cli/docs/reader-words';
import { catalog, RULES } from '../../cli/docs/rules-catalog';

const printed = printedCatalog(catalog, 'Events');

function eventNamed(name: string): PrintedEvent {
  return printed.events.find(({ document }) => document.name === name)!;
}

function noteOf(event: PrintedEvent, path: string): string {
  return fieldNote(event.data.find((row) => row.path === path)!);
}

describe('constraintNotes: the description of a rule', () => {
  it.each([
    ['tags', 'At least 1 item of: "new". Unique items.'],
    ['tenths', '2 to 3 items of: integer (10 or more).'],
    [
      'headers',
      'Fields that match ^x-: string. Other fields: integer. Field names: string (matches ^[a-z-]+$). At least 1 field. At most 2 fields.',
    ],
    ['code', 'Not: "" | "none".'],
    ['open', 'Other fields are allowed.'],
  ])('is next to the field: %s', (path, note) => {
    expect(noteOf(eventNamed('paid'), path)).toBe(note);
  });

  it('is below the table for the data as a whole', () => {
    expect(dataNote(eventNamed('paid'))).toBe(
      'No other fields. With card: requires city. If kind is "invoice": requires street, city; else no street. Objects may have other fields, unless noted.',
    );
    expect(dataNote(eventNamed('sent'))).toBe('Objects have no other fields, unless noted.');
  });

  it('follows a reference by the name of an anchor', () => {
    expect(eventNamed('paid').data.find(({ path }) => path === 'item.sku')?.type).toBe('string');
  });

  it('says the rules of one form with what tells the form apart', () => {
    const form = (kind: string, more: JsonSchema): JsonSchema => ({
      ...{ type: 'object', properties: { kind: { const: kind } }, required: ['kind'] },
      ...more,
    });
    const schema = { oneOf: [form('a', { minProperties: 2 }), form('b', { additionalProperties: false })] };
    expect(partConstraints(schema)).toEqual(['if kind is "a": at least 2 fields', 'if kind is "b": no other fields']);
  });

  it('keeps the rules of all parts that apply together', () => {
    const schema = { allOf: [{ not: { required: ['a'] } }, { not: { required: ['b'] } }], minProperties: 1 };
    expect(partConstraints(schema)).toEqual(['at least 1 field', 'not: requires a', 'not: requires b']);
  });

  it.each<[JsonSchema, readonly string[]]>([
    [
      { not: { properties: { a: { not: { type: 'string' } } }, minProperties: 1 } },
      ['not: {"properties":{"a":{"not":{"type":"string"}}},"minProperties":1}'],
    ],
    [{ if: { required: ['a'] } }, []],
    [{ contains: { type: 'string' }, minContains: 0 }, []],
    [{ propertyNames: { type: 'string' } }, []],
    [{ dependentSchemas: { a: { required: ['b'] } } }, ['with a: requires b']],
    [{ unevaluatedProperties: false }, ['no other fields']],
    [{ additionalProperties: { type: 'string' } }, []],
    [
      { if: { properties: { a: { $ref: '#/$defs/x' } } }, then: false, $defs: { x: { const: 1 } } },
      ['if a is 1: nothing'],
    ],
  ])('is made of %j', (schema, notes) => {
    expect(constraintNotes(schema, schema)).toEqual(notes);
  });

  it('is cut where it is long', () => {
    const schema = { not: { properties: { a: { minProperties: 1, enum: ['x'.repeat(500)] } }, minProperties: 2 } };
    expect(constraintNotes(schema, schema)[0]?.length).toBeLessThan(420);
  });
});

describe('documentSchema', () => {
  it('is in the words of 2020-12, whatever draft it was written in', () => {
    const { data } = eventNamed('draft-07').document;
    expect(data).toMatchObject({
      properties: {
        seat: { type: 'array', prefixItems: [{ type: 'string' }, { type: 'integer' }], items: false },
        note: { type: ['string', 'null'] },
      },
      dependentRequired: { seat: ['note'] },
    });
    expect(
      documentSchema({ properties: { items: { items: [{}] }, nullable: { nullable: true, type: 'null' } } }),
    ).toEqual({
      properties: { items: { prefixItems: [{}] }, nullable: { type: ['null'] } },
    });
    expect(documentSchema({ minimum: 1, exclusiveMinimum: true, maximum: 9, exclusiveMaximum: false })).toEqual({
      ...{ exclusiveMinimum: 1, maximum: 9 },
    });
  });

  it('has pointers for references, and is else as it was', () => {
    const text = JSON.stringify(RULES)
      .replace('"$ref":"#item"', '"$ref":"#/$defs/item"')
      .replace('"$anchor":"item",', '');
    expect(documentSchema(RULES)).toEqual(JSON.parse(text));
  });
});
