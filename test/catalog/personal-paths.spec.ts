import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { type } from 'arktype';
import { Type } from 'class-transformer';
import { IsArray, IsString, ValidateNested } from 'class-validator';
import * as v from 'valibot';
import { z } from 'zod';
import { defineContext, defineEvent, EventDefinitionException } from 'nestjs-event-tracking';
import type { EventSchema } from 'nestjs-event-tracking/catalog';
import { dto } from 'nestjs-event-tracking/class-validator';
import { jsonSchema } from 'nestjs-event-tracking/json-schema';

class MemberDto {
  @IsString()
  email!: string;
}

class GroupDto {
  @IsString()
  title!: string;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => MemberDto)
  members!: MemberDto[];
}

/** One event, as five libraries say it. */
const libraries: Readonly<Record<string, EventSchema<object>>> = {
  zod: z.object({ title: z.string(), members: z.array(z.object({ email: z.string() })) }),
  arktype: type({ title: 'string', members: type({ email: 'string' }).array() }),
  valibot: toStandardJsonSchema(v.object({ title: v.string(), members: v.array(v.object({ email: v.string() })) })),
  'JSON Schema': jsonSchema({
    type: 'object',
    properties: { title: { type: 'string' }, members: { type: 'array', items: { $ref: '#/$defs/member' } } },
    $defs: { member: { type: 'object', properties: { email: { type: 'string' } }, additionalProperties: false } },
    additionalProperties: false,
  }),
  'class-validator': dto(GroupDto),
};

const errorsOf = (define: () => unknown): EventDefinitionException['errors'] => {
  try {
    define();
  } catch (error) {
    if (error instanceof EventDefinitionException) return error.errors;
    throw error;
  }
  return [];
};
const faultOf = (data: EventSchema<object>, path: string): string | undefined => {
  const [fault] = errorsOf(() => defineEvent('e', { data, pii: [path] }));
  return fault && `${fault.what}. ${fault.fix}`;
};

describe.each(Object.entries(libraries))('A path to personal data in a schema of %s', (_, data) => {
  it.each(['data.title', 'data.members', 'data.members.*', 'data.members.0', 'data.members.*.email', 'data.*'])(
    'is taken where it leads to a field: %s',
    (path) => {
      expect(faultOf(data, path)).toBeUndefined();
    },
  );

  it.each(['data', '**.email', '**.emial', '*.title', 'context.emial', 'context.user.name'])(
    'is taken where nothing says what is there: %s',
    (path) => {
      expect(faultOf(data, path)).toBeUndefined();
    },
  );

  it.each([
    ['data.titel', `"data" has no field "titel". 'data.title'; paths that exist: 'data.title', `],
    ['data.email', `"data" has no field "email". `],
    ['data.members.*.emial', `"data.members.*" has no field "emial". 'data.members.*.email'; `],
    [
      'data.members.email',
      `"data.members" is a list; use a number or * as the key of its items. 'data.members.*.email'`,
    ],
    ['data.title.first', `"data.title" has no fields. 'data.title'; `],
    ['data.title.*', `"data.title" has no fields. `],
    ['data.members.*.email.*', `"data.members.*.email" has no fields. `],
    ['data.**.emial', `"data.**" has no field "emial". `],
    ['data.__proto__', `"data" has no field "__proto__". `],
    ['data.constructor', `"data" has no field "constructor". `],
  ])('is refused where it leads nowhere: %s', (path, expected) => {
    const fault = faultOf(data, path);
    expect(fault).toContain(`it is "${path}": `);
    expect(fault).toContain(expected);
  });

  it('may be at any depth', () => {
    expect(faultOf(data, 'data.**.email')).toBeUndefined();
    expect(faultOf(data, 'data.members.**.email')).toBeUndefined();
    expect(faultOf(data, 'data.**.title')).toBeUndefined();
  });
});

describe('PersonalPaths: a path into a part that a schema leaves open', () => {
  it.each<[string, EventSchema<object>, string]>([
    ['an object that takes other fields', z.looseObject({ a: z.string() }), 'data.b.c'],
    ['an object with a catchall', z.object({ a: z.string() }).catchall(z.string()), 'data.b'],
    ['a map', z.object({ of: z.record(z.string(), z.object({ email: z.string() })) }), 'data.of.ann.email'],
    ['all values of a map', z.object({ of: z.record(z.string(), z.object({ email: z.string() })) }), 'data.of.*.email'],
    ['any value', z.object({ a: z.any() }), 'data.a.b.c'],
    ['an unknown value', z.object({ a: z.unknown() }), 'data.a.b'],
    ['one of several alternatives', z.object({ a: z.union([z.string(), z.object({ b: z.string() })]) }), 'data.a.b'],
    ['parts that all hold', z.object({ a: z.string() }).and(z.object({ b: z.string() })), 'data.b'],
    ['a field that may be null', z.object({ a: z.object({ b: z.string() }).nullable() }), 'data.a.b'],
    ['a list of any items', z.object({ a: z.array(z.any()) }), 'data.a.*.b'],
    ['a tuple', z.object({ a: z.tuple([z.string(), z.object({ b: z.string() })]) }), 'data.a.1.b'],
    [
      'a JSON Schema that is not closed',
      jsonSchema({ type: 'object', properties: { a: { type: 'string' } } }),
      'data.b',
    ],
    ['any object', jsonSchema({ type: 'object' }), 'data.b'],
    [
      'a pattern of names',
      jsonSchema({ type: 'object', patternProperties: { '^x': { type: 'string' } }, additionalProperties: false }),
      'data.xy',
    ],
    [
      'a condition',
      jsonSchema({
        type: 'object',
        properties: { kind: { type: 'string' } },
        then: { properties: { email: { type: 'string' } } },
        if: { required: ['kind'] },
        additionalProperties: false,
      }),
      'data.email',
    ],
    [
      'a reference that leads elsewhere',
      jsonSchema({
        type: 'object',
        properties: { a: { $ref: '#/$defs/b' } },
        $defs: { b: {} },
        additionalProperties: false,
      }),
      'data.a.b.c',
    ],
  ])('is taken: %s', (_, data, path) => {
    expect(faultOf(data, path)).toBeUndefined();
  });

  it('is taken in a schema that holds itself, and refused where that has no such field', () => {
    const node: z.ZodType<object> = z.object({
      email: z.string(),
      get children() {
        return z.array(node);
      },
    });
    const data = z.object({ tree: node });
    expect(faultOf(data, 'data.tree.children.*.children.*.email')).toBeUndefined();
    expect(faultOf(data, 'data.**.email')).toBeUndefined();
    expect(faultOf(data, 'data.**.name')).toContain('has no field "name"');
    expect(faultOf(data, 'data.tree.children.*.children.*.name')).toContain('has no field "name"');
  });

  it('is refused in a map whose keys are listed, where it is not one of them', () => {
    const data = z.object({ by: z.record(z.enum(['home', 'work']), z.object({ email: z.string() })) });
    expect(faultOf(data, 'data.by.home.email')).toBeUndefined();
    expect(faultOf(data, 'data.by.school.email')).toContain('"data.by" has no field "school"');
  });

  it('is any path where there is no schema', () => {
    expect(errorsOf(() => defineEvent('e', { pii: ['data.a.b'] }))).toEqual([]);
    expect(errorsOf(() => defineContext('c', { pii: ['a.b'] }))).toEqual([]);
  });
});

describe('PersonalPaths: a path to personal data in a context', () => {
  const fields = z.object({ ip: z.string(), user: z.object({ email: z.string() }) });
  const piiOf = (pii: readonly string[], schema: EventSchema<object> = fields): readonly string[] =>
    defineContext('request', { fields: schema, pii }).document.pii;

  it('is the same with and without the part before it', () => {
    expect(piiOf(['ip', 'user.email', '*'])).toEqual(['context.ip', 'context.user.email', 'context.*']);
    expect(piiOf(['context.ip', 'context.user.email', 'context.*'])).toEqual([
      ...['context.ip', 'context.user.email', 'context.*'],
    ]);
    expect(defineContext('c', { pii: ['context.ip'] }).document.pii).toEqual(['context.ip']);
  });

  it('begins in a field of that name, if there is one', () => {
    const schema = z.object({ context: z.object({ ip: z.string() }) });
    expect(piiOf(['context.ip'], schema)).toEqual(['context.context.ip']);
  });

  it('is refused where it leads nowhere', () => {
    for (const path of ['ipp', 'context.ipp']) {
      const [fault] = errorsOf(() => defineContext('request', { fields, pii: [path] }));
      expect(fault).toMatchObject({ option: 'pii[0]', what: `it is "${path}": "context" has no field "ipp"` });
      expect(fault?.fix).toMatch(/^'context\.ip'; paths that exist: 'context\.ip', /);
    }
    expect(errorsOf(() => defineContext('request', { fields, pii: ['user.emial'] }))).toHaveLength(1);
  });
});

describe('PersonalPaths: the error of a path', () => {
  it('lists the paths that come nearest, of a schema with many', () => {
    const names = Array.from({ length: 300 }, (_, at) => `field_${String(at)}`);
    const data = z.object(Object.fromEntries(names.map((name) => [name, z.string()])));
    const fault = faultOf(data, 'data.feild_7');
    expect(fault).toMatch(
      /^it is "data\.feild_7": "data" has no field "feild_7"\. 'data\.field_7'; paths that exist: /,
    );
    expect(fault?.length).toBeLessThan(400);
  });

  it('quotes nothing that may be a secret in the place of a path', () => {
    const fault = faultOf(libraries['zod']!, 'data.sk_live_51Hx9QbTzW');
    expect(fault).toMatch(
      /^it is a string of \d+ characters: "data" has no such field\. paths that exist: 'data\.title', /,
    );
    expect(faultOf(libraries['zod']!, 'data.members.sk_live_51Hx9QbTzW')).toMatch(/items\. 'data\.members\.\*'$/);
  });
});
