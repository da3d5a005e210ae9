import { schemaSuggestion } from '../../src/explorer/schema-suggestion';

const schema = {
  type: 'object',
  properties: {
    mode: { enum: ['audit', 'verified'] },
    count: { type: 'integer', minimum: 1 },
    note: { type: 'string', maxLength: 3 },
    items: { type: 'array', items: { type: 'object', properties: { at: { type: 'integer' } }, required: ['at'] } },
    either: { anyOf: [{ type: 'object', properties: { x: { const: 1 } } }, { type: 'null' }] },
  },
  required: ['mode', 'count'],
};

describe('schemaSuggestion', () => {
  it.each([
    [
      'value-not-allowed',
      'data.mode',
      'gold',
      'Add "gold" to the values of data.mode.',
      { enum: ['audit', 'verified', 'gold'] },
    ],
    [
      'value-not-allowed',
      'data.mode',
      '[redacted]',
      'Add the value to those of data.mode.',
      { enum: ['audit', 'verified'] },
    ],
    ['value-not-allowed', 'data.note', 'long', 'Allow a string at data.note, without its limits.', { type: 'string' }],
    ['value-not-allowed', 'data.either.x', 2, 'Add 2 to the values of data.either.x.', { enum: [1, 2] }],
    ['value-not-allowed', 'context.org', 'x', 'Allow any value at context.org, without its limits.', {}],
    ['type-mismatch', 'data.count', 'two', 'Allow a string at data.count.', { type: ['integer', 'string'] }],
    ['type-mismatch', 'data.count', null, 'Allow null at data.count.', { type: ['integer', 'null'] }],
    ['type-mismatch', 'data.count', '[redacted]', 'Allow another type at data.count.', {}],
    ['type-mismatch', 'data.items.*.at', [1], 'Allow an array at data.items.*.at.', { type: ['integer', 'array'] }],
    ['required-missing', 'data.count', undefined, 'Make data.count optional.', { required: ['mode'] }],
    ['required-missing', 'data.items.*.at', undefined, 'Make data.items.*.at optional.', { required: [] }],
    [
      ...(['additional-property', 'data.*', undefined] as const),
      'Declare the field at data.*, or allow other fields.',
      { additionalProperties: true },
    ],
  ] as const)('suggests a schema for a %s at %s with the value %j', (kind, path, example, text, expected) => {
    expect(schemaSuggestion({ kind, path }, schema, example)).toEqual({ text, schema: expected });
  });

  it('suggests the schema of an event that is not defined', () => {
    const data = { id: 7, tags: ['a'], none: [], secret: '[redacted]', inner: { ok: true } };
    expect(schemaSuggestion({ kind: 'unplanned-event', path: '' }, undefined, data)?.schema).toEqual({
      type: 'object',
      properties: {
        id: { type: 'integer' },
        tags: { type: 'array', items: { type: 'string' } },
        none: { type: 'array' },
        secret: {},
        inner: { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] },
      },
      required: ['id', 'tags', 'none', 'secret', 'inner'],
    });
  });

  it('suggests nothing for an event that is deprecated', () => {
    expect(schemaSuggestion({ kind: 'deprecated', path: '' }, schema, undefined)).toBeUndefined();
  });
});
