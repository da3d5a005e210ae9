import { runInNewContext } from 'node:vm';
import { Ajv2020 } from 'ajv/dist/2020';
import fc from 'fast-check';
import { z } from 'zod';
import { jsonSchema } from '../../../src/catalog/ajv/ajv-schema';
import { defineCatalog } from '../../../src/catalog/catalog';
import { defineEvent, type EventDefinition } from '../../../src/catalog/define-event';
import type { JsonSchema } from '../../../src/catalog/json-schema';
import { emitExample } from '../../../src/cli/docs/emit-example';
import { exampleEvents } from '../../../src/cli/docs/example-event';
import { printedCatalog } from '../../../src/cli/docs/printed-catalog';

function codeOf(definition: EventDefinition): string {
  const [event] = printedCatalog(defineCatalog([definition]), 'Events').events;
  return emitExample(event!);
}

/** Runs the example, and returns what it emits. */
function emittedBy(code: string): unknown {
  const emitted: unknown[] = [];
  const tracker = {
    emit: (...all: unknown[]) => void emitted.push(all),
    context: (values: object, body: () => void) => {
      emitted.push(values);
      body();
    },
  };
  runInNewContext(code, { tracker, Date });
  return emitted;
}

describe('emitExample: the code that emits an event', () => {
  it('emits the example of the definition', () => {
    const data = z.object({
      course_id: z.string(),
      "it's": z.int(),
      tags: z.array(z.string()),
      none: z.array(z.int()),
    });
    const example = { course_id: 'a', "it's": 1, tags: ['x "y"', "it's"], none: [] };
    const code = codeOf(defineEvent('course.viewed', { data, examples: [example] }));
    expect(code).toBe(`tracker.emit('course.viewed', {
  course_id: 'a',
  'it\\'s': 1,
  tags: [
    'x "y"',
    'it\\'s',
  ],
  none: [],
});`);
    expect(emittedBy(code)).toEqual([['course.viewed', example]]);
  });

  it('has a Date where the schema requires one, and the required context around it', () => {
    const data = z.object({ at: z.date() });
    const code = codeOf(defineEvent('seen', { data, context: z.object({ user_id: z.int() }) }));
    expect(code).toBe(`tracker.context({
  user_id: 1,
}, () => {
  tracker.emit('seen', {
    at: new Date('2026-11-01T12:00:00.000Z'),
  });
});`);
    expect(emittedBy(code)).toHaveLength(2);
  });

  it('has no data for an event that describes none', () => {
    expect(codeOf(defineEvent('started'))).toBe("tracker.emit('started');");
  });

  it('keeps a key that would set the prototype', () => {
    const example = JSON.parse('{"__proto__":{"a":1}}') as object;
    expect(codeOf(defineEvent('odd', { examples: [example] }))).toContain("['__proto__']: {");
  });

  it('is code that emits the same values, whatever they contain', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string({ minLength: 1 }), (data, name) => {
        fc.pre(name.trim() !== '');
        const given = JSON.parse(JSON.stringify(data)) as object;
        const code = codeOf(defineEvent(name, { examples: [given] }));
        expect(JSON.stringify(emittedBy(code))).toBe(JSON.stringify([[name, given]]));
      }),
      { numRuns: 300 },
    );
  });
});

const text = { type: 'string' };
const whole = { type: 'integer' };

describe('a made-up example', () => {
  it.each<[string, JsonSchema]>([
    ['a pattern', { ...text, pattern: '^[A-Z]{3}-\\d{2,4}(?:x|y)?$' }],
    ['a pattern with a class', { ...text, pattern: '^course-v1:[^+/]+\\+[\\w.~-]+\\+\\w+$' }],
    ['a pattern with a lookahead', { ...text, pattern: '^(?=.{4,})[a-z]+$' }],
    ['a pattern and a length', { ...text, pattern: '^[0-9a-f]+$', minLength: 32, maxLength: 32 }],
    ['a pattern that is not anchored', { ...text, pattern: '/tree/' }],
    ['a short string', { ...text, maxLength: 2 }],
    ['a range', { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 1 }],
    ['a large multiple', { ...whole, minimum: 7, multipleOf: 25 }],
    ['negative numbers', { ...whole, maximum: -5 }],
    ['unique items', { type: 'array', items: text, minItems: 3, uniqueItems: true }],
    ['unique values', { type: 'array', items: { enum: ['a', 'b', 'c'] }, minItems: 2, uniqueItems: true }],
    ['items that contain one', { type: 'array', items: text, contains: { const: 'new' }, minContains: 1 }],
    ['parts that all apply', { allOf: [{ ...text, minLength: 6 }, { pattern: '^a+$' }] }],
    ['an object with names', { type: 'object', propertyNames: { pattern: '^x-[a-z]+$' }, minProperties: 2 }],
    ['required fields that are not listed', { type: 'object', required: ['a'], minProperties: 1 }],
    [
      'fields that exclude each other',
      {
        ...{ type: 'object', properties: { a: whole, b: whole }, required: ['a'] },
        not: { required: ['b'] },
      },
    ],
  ])('fits %s', (_what, field) => {
    const schema = { type: 'object', properties: { field }, required: ['field'], additionalProperties: false };
    const data = jsonSchema(schema, { ajv: new Ajv2020({ strict: false }) });
    const [{ fits, event }] = exampleEvents(defineEvent('made', { data }));
    expect([event.data, fits]).toEqual([event.data, true]);
  });
});
