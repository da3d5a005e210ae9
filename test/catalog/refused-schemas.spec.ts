import { defineEvent } from 'nestjs-event-tracking';
import { jsonSchema } from 'nestjs-event-tracking/json-schema';
import { errorsOf } from './schema-parts';

describe('defineEvent: a schema with outside references', () => {
  describe('with a JSON Schema', () => {
    const named = { $defs: { it: { type: 'string' } } };

    it.each<[string, object, RegExp]>([
      ['$ref to an anchor', { properties: { a: { $ref: '#none' } } }, /#none/],
      ['$ref by pointer', { ...named, properties: { a: { $ref: '#/$defs/none' } } }, /#\/\$defs\/none/],
      ['$ref to another document', { properties: { a: { $ref: 'https://x.example/it' } } }, /x\.example\/it/],
      ['$ref in a list', { properties: { a: { type: 'array', items: { $ref: '#none' } } } }, /#none/],
      ['$ref in a union', { anyOf: [{ type: 'object' }, { $ref: '#none' }] }, /#none/],
      ['$ref in a condition', { if: { $ref: '#none' }, then: { type: 'object' } }, /#none/],
      ['$ref in a map of patterns', { patternProperties: { '^a': { $ref: '#none' } } }, /#none/],
      ['$ref in a definition', { $defs: { it: { $ref: '#none' } } }, /#none/],
      ['$dynamicRef', { properties: { a: { $dynamicRef: '#none' } } }, /#none/],
      ['a draft that the Ajv does not know', { $schema: 'http://json-schema.org/draft-04/schema#' }, /draft-04/],
      ['a keyword with a wrong value', { properties: { a: { minLength: 'x' } } }, /minLength/],
    ])('names the event, the option and the reason, and says how to fix it: %s', (_what, schema, reason) => {
      const errors = errorsOf(() =>
        defineEvent('course.enrolled', { data: jsonSchema({ type: 'object', ...schema }) }),
      );
      expect(errors).toMatch(/course\.enrolled/);
      expect(errors).toMatch(/data/);
      expect(errors).toMatch(reason);
      expect(errors).toMatch(/Fix:|Fix:/);
    });
  });

  it.each<[string, object, string]>([
    ['$ref by pointer', { properties: { a: { $ref: '#/$defs/none' } } }, '#/properties/a/$ref is "#/$defs/none"'],
    ['$ref to an anchor', { properties: { 'a/b': { $ref: '#none' } } }, '#/properties/a~1b/$ref is "#none"'],
    ['$ref in a list', { properties: { a: { items: { $ref: '#none' } } } }, '#/properties/a/items/$ref is'],
    ['$ref in a union', { anyOf: [{ type: 'object' }, { $ref: 'none' }] }, '#/anyOf/1/$ref is "none"'],
    ['$ref in a condition', { if: { $ref: '#none' } }, '#/if/$ref is "#none"'],
    [
      '$ref by the pattern of a name',
      { patternProperties: { '^a': { $ref: '#none' } } },
      '#/patternProperties/^a/$ref is',
    ],
    ['$ref in a definition', { $defs: { it: { $ref: 'https://x.example/it' } } }, '#/$defs/it/$ref is "https://x.'],
    ['$dynamicRef', { properties: { a: { $dynamicRef: '#none' } } }, '#/properties/a/$dynamicRef is "#none"'],
    ['$recursiveRef', { properties: { a: { $recursiveRef: 'none#' } } }, '#/properties/a/$recursiveRef is "none#"'],
  ])('is refused with a reference that leads out of the schema, with its place: %s', (_what, json, place) => {
    const input = (): Record<string, unknown> => ({ type: 'object', ...json });
    const data = {
      '~standard': {
        ...{ version: 1 as const, vendor: 'other', validate: (value: unknown) => ({ value: value as object }) },
        jsonSchema: { input, output: input },
      },
    };
    const errors = errorsOf(() => defineEvent('course.enrolled', { data }));
    expect(errors).toContain('defineEvent("course.enrolled") has 1 error');
    expect(errors).toContain(`data: it refers to schemas outside itself: ${place}`);
    expect(errors).toContain('$defs');
  });
});
