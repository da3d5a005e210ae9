import draft07 from 'ajv/dist/refs/json-schema-draft-07.json';
import applicator from 'ajv/dist/refs/json-schema-2020-12/meta/applicator.json';
import content from 'ajv/dist/refs/json-schema-2020-12/meta/content.json';
import core from 'ajv/dist/refs/json-schema-2020-12/meta/core.json';
import format from 'ajv/dist/refs/json-schema-2020-12/meta/format-annotation.json';
import metadata from 'ajv/dist/refs/json-schema-2020-12/meta/meta-data.json';
import unevaluated from 'ajv/dist/refs/json-schema-2020-12/meta/unevaluated.json';
import validation from 'ajv/dist/refs/json-schema-2020-12/meta/validation.json';
import type { JsonSchema } from '../../../src/catalog/json-schema';
import { documentSchema } from '../../../src/catalog/words/document-schema';
import { fieldRows } from '../../../src/catalog/words/field-table';
import { fieldNote, presence } from '../../../src/cli/docs/reader-words';

const LISTS = [applicator, content, core, format, metadata, unevaluated, validation, draft07];
const KEYWORDS = new Set(LISTS.flatMap(({ properties }) => Object.keys(properties)));

/** Keywords for tools and for the authors of schemas, which say nothing about values. */
const NOT_SHOWN = ['$schema', '$id', '$anchor', '$dynamicAnchor', '$vocabulary', '$comment', '$defs', 'definitions'];

const whole = { type: 'integer' };
const text = { type: 'string' };
const list = { type: 'array', items: text };
const object = (more: JsonSchema): JsonSchema => ({ type: 'object', properties: { a: text }, ...more });

/** Everything that the documentation says of a field with this schema. */
function saidOf(schema: JsonSchema): string {
  const root = documentSchema({ type: 'object', properties: { field: schema }, $defs: { point: object({}) } });
  return fieldRows(root, () => false)
    .map(
      (row) => `${row.path}: ${row.type} [${presence(row)}] ${row.isDeprecated ? 'deprecated ' : ''}${fieldNote(row)}`,
    )
    .join(' / ');
}

const SAID: readonly (readonly [keyword: string, schema: JsonSchema, expected: string])[] = [
  ['$ref', { $ref: '#/$defs/point' }, 'field.a: string'],
  ['$dynamicRef', { $dynamicRef: '#node', $defs: { n: { $dynamicAnchor: 'node', ...whole } } }, 'field: integer'],
  ['type', { type: ['string', 'null'] }, 'string | null'],
  ['const', { const: 'x' }, '"x"'],
  ['enum', { enum: ['x', 1, null] }, '"x" | 1 | null'],
  ['enum', { enum: [1, 2, 3], minimum: 2 }, 'For a number: 2 or more.'],
  ['const', { enum: [1, 2], const: 2 }, 'Only 2.'],
  ['multipleOf', { ...whole, multipleOf: 5 }, 'multiple of 5'],
  ['minimum', { ...whole, minimum: 3 }, '3 or more'],
  ['minimum', { minimum: 3 }, 'For a number: 3 or more.'],
  ['maximum', { ...whole, maximum: 3 }, 'up to 3'],
  ['exclusiveMinimum', { ...whole, exclusiveMinimum: 3 }, 'over 3'],
  ['exclusiveMaximum', { ...whole, exclusiveMaximum: 3 }, 'under 3'],
  ['minLength', { ...text, minLength: 2 }, '2 or more characters'],
  ['maxLength', { ...text, maxLength: 2 }, 'up to 2 characters'],
  ['pattern', { ...text, pattern: '^a' }, 'matches ^a'],
  ['pattern', { pattern: '^a' }, 'For a string: matches ^a.'],
  ['pattern', { ...text, format: 'email', pattern: String.raw`^[^@]+@example\.(?:com|org)$` }, 'matches ^[^@]'],
  ['pattern', { ...text, format: 'starts_with', pattern: '^a.*' }, 'starts_with; matches ^a.*'],
  [
    'allOf',
    { ...text, allOf: [{ pattern: '^a' }, { pattern: 'b$' }] },
    'string (matches b$) [optional] Also matches ^a.',
  ],
  [
    'allOf',
    {
      allOf: [
        { ...whole, minimum: 1 },
        { ...whole, maximum: 9 },
      ],
    },
    'integer (1 to 9)',
  ],
  ['allOf', { allOf: [false] }, 'Not: any value.'],
  ['allOf', { allOf: [{ type: ['string', 'null'] }, { type: ['integer', 'string'] }] }, 'field: string ['],
  ['allOf', { allOf: [{ type: 'number' }, { type: ['integer', 'null'] }] }, 'field: integer ['],
  ['format', { ...text, format: 'uri' }, 'string (uri)'],
  ['format', { ...whole, format: 'int32' }, 'integer (int32)'],
  ['format', { format: 'uri' }, 'For a string: uri.'],
  ['minItems', { ...list, minItems: 1 }, '1 or more items'],
  ['minItems', { minItems: 1 }, 'For a list: 1 or more items.'],
  ['maxItems', { ...list, maxItems: 4 }, 'up to 4 items'],
  ['uniqueItems', { ...list, uniqueItems: true }, 'Unique items.'],
  ['contains', { ...list, contains: { const: 'x' } }, 'At least 1 item of: "x".'],
  ['minContains', { ...list, contains: { const: 'x' }, minContains: 2 }, 'At least 2 items of: "x".'],
  ['maxContains', { ...list, contains: { const: 'x' }, maxContains: 3 }, '1 to 3 items of: "x".'],
  ['items', list, 'list of string'],
  ['items', { type: 'array', items: false }, 'No items.'],
  ['prefixItems', { type: 'array', prefixItems: [text, whole] }, 'list [string, integer]'],
  ['items', { type: 'array', prefixItems: [text], items: false }, 'No other items.'],
  ['items', { type: 'array', prefixItems: [text], items: whole }, 'Other items: integer.'],
  ['additionalItems', { type: 'array', items: [text], additionalItems: false }, 'No other items.'],
  ['unevaluatedItems', { type: 'array', prefixItems: [text], unevaluatedItems: false }, 'No other items.'],
  ['properties', object({}), 'field.a: string [optional]'],
  ['properties', { type: 'object', properties: { a: true, b: false } }, 'No b. / field.a: any value'],
  ['required', object({ required: ['a'] }), 'field.a: string [required]'],
  ['required', object({ required: ['z'] }), 'field.z: any value [required]'],
  ['patternProperties', { type: 'object', patternProperties: { '^x-': whole } }, 'Fields that match ^x-: integer.'],
  ['additionalProperties', object({ additionalProperties: false }), 'No other fields.'],
  ['additionalProperties', object({ additionalProperties: whole }), 'Other fields: integer.'],
  ['additionalProperties', { type: 'object', additionalProperties: whole }, 'map of integer'],
  ['unevaluatedProperties', object({ unevaluatedProperties: false }), 'No other fields.'],
  ['unevaluatedProperties', { type: 'object', unevaluatedProperties: whole }, 'Other fields: integer.'],
  ['propertyNames', { type: 'object', propertyNames: { pattern: '^a' } }, 'Field names: string (matches ^a).'],
  ['minProperties', object({ minProperties: 1 }), 'At least 1 field.'],
  ['maxProperties', object({ maxProperties: 2 }), 'At most 2 fields.'],
  ['dependentRequired', object({ dependentRequired: { a: ['b'] } }), 'With a: requires b.'],
  ['dependentSchemas', object({ dependentSchemas: { a: { required: ['b'] } } }), 'With a: requires b.'],
  ['dependencies', object({ dependencies: { a: ['b'], b: { required: ['c'] } } }), 'With a: requires b. With b: req'],
  ['not', { ...text, not: { const: '' } }, 'Not: "".'],
  ['anyOf', { anyOf: [text, whole] }, 'string | integer'],
  ['anyOf', { anyOf: [true, whole] }, 'any value'],
  ['oneOf', { oneOf: [text, whole] }, 'string | integer'],
  ['oneOf', { anyOf: [text, whole], oneOf: [{ maxLength: 3 }, { minLength: 9 }] }, 'string (up to 3 characters)'],
  ['if', { ...object({}), if: { required: ['a'] }, then: { required: ['b'] } }, 'If requires a: requires b.'],
  ['then', { ...object({}), if: { required: ['a'] }, then: { required: ['b'] } }, 'requires b'],
  ['else', { ...object({}), if: { required: ['a'] }, else: { required: ['c'] } }, 'else requires c'],
  ['contentEncoding', { ...text, contentEncoding: 'base64' }, 'Encoded as base64.'],
  ['contentMediaType', { ...text, contentMediaType: 'image/png' }, 'Media type image/png.'],
  ['contentSchema', { ...text, contentMediaType: 'application/json', contentSchema: whole }, 'Content: integer.'],
  ['title', { ...text, title: 'The place' }, 'The place.'],
  ['description', { ...text, description: 'Where it is.' }, 'Where it is.'],
  ['default', { ...text, default: 'x' }, 'Default: "x".'],
  ['examples', { ...text, examples: ['x', 'y'] }, 'For example "x" or "y".'],
  ['deprecated', { ...text, deprecated: true }, 'deprecated'],
  ['readOnly', { ...text, readOnly: true }, 'Read only.'],
  ['writeOnly', { ...text, writeOnly: true }, 'Write only.'],
];

describe('the words for a schema', () => {
  it.each(SAID)('show %s: %j', (_keyword, schema, expected) => {
    expect(saidOf(schema)).toContain(expected);
  });

  it('show every keyword of draft 2020-12 and of draft-07', () => {
    const shown = new Set([...SAID.map(([keyword]) => keyword), ...NOT_SHOWN]);
    const missing = [...KEYWORDS].filter((keyword) => !shown.has(keyword) && !keyword.startsWith('$recursive'));
    expect(missing).toEqual([]);
    expect(KEYWORDS.size).toBeGreaterThan(55);
  });

  it('name a keyword of the own validator of an application, and no extension for tools', () => {
    expect(saidOf({ ...whole, unit: 'ms', 'x-team': 'video' })).toBe('field: integer [optional] Keyword "unit": "ms".');
  });
});
