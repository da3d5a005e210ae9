import { Ajv2020 } from 'ajv/dist/2020';
import { z } from 'zod';
import { jsonSchema } from '../../../src/catalog/ajv/ajv-schema';
import { defineCatalog } from '../../../src/catalog/catalog';
import { defineContext } from '../../../src/catalog/define-context';
import { defineEvent } from '../../../src/catalog/define-event';
import type { JsonSchema } from '../../../src/catalog/json-schema';

const text = { type: 'string' };
const whole = { type: 'integer' };

/** Uses every keyword that restricts or describes values. */
const EVERY_KEYWORD: JsonSchema = {
  type: 'object',
  required: ['kind', 'place', 'listed_only_as_required'],
  minProperties: 3,
  maxProperties: 40,
  additionalProperties: false,
  patternProperties: { '^x-[a-z]+$': { type: 'object', properties: { note: text }, description: 'Your own fields.' } },
  propertyNames: { maxLength: 60 },
  dependentRequired: { card: ['city'] },
  dependentSchemas: { coupon: { properties: { total: { type: 'number', minimum: 0 } } } },
  if: { properties: { kind: { const: 'invoice' } } },
  then: { required: ['street', 'city'] },
  else: { properties: { street: false } },
  properties: {
    kind: { enum: ['card', 'invoice'], title: 'The kind', description: 'How it is paid.', default: 'card' },
    listed_only_as_required: true,
    country: { enum: Array.from({ length: 120 }, (_, at) => `country-${at}`) },
    street: { ...text, minLength: 1, maxLength: 80, examples: ['Main Street 1'] },
    city: { ...text, pattern: '^[A-Z][a-z]+$', readOnly: true },
    card: { ...text, format: 'uuid', writeOnly: true, deprecated: true },
    coupon: { allOf: [{ ...text, minLength: 3 }, { pattern: '^[A-Z]+$' }, { pattern: 'X$' }] },
    total: { type: 'number', exclusiveMinimum: 0, maximum: 1000, multipleOf: 0.5 },
    count: { ...whole, minimum: 1, exclusiveMaximum: 10, unit: 'pieces' },
    photo: { ...text, contentEncoding: 'base64', contentMediaType: 'image/png' },
    payload: { ...text, contentMediaType: 'application/json', contentSchema: { type: 'object', required: ['a'] } },
    tags: { type: 'array', items: text, uniqueItems: true, minItems: 1, maxItems: 9, contains: { const: 'new' } },
    marks: { type: 'array', contains: { ...whole, minimum: 10 }, minContains: 2, maxContains: 3 },
    seat: { type: 'array', prefixItems: [text, whole], items: false },
    rest: { type: 'array', prefixItems: [text], unevaluatedItems: false },
    code: { ...text, not: { enum: ['', 'none'] } },
    anything: true,
    limits_only: { minimum: 3, pattern: '^a', minItems: 2 },
    scores: { type: 'object', additionalProperties: { type: 'object', properties: { points: whole } } },
    deep: { $ref: '#/$defs/level1' },
    place: {
      oneOf: [
        { $ref: '#/$defs/Address' },
        { title: 'A link', type: 'object', properties: { url: { ...text, format: 'uri' } }, required: ['url'] },
        { type: 'object', properties: { room: text, seat: whole }, required: ['room'], unevaluatedProperties: false },
        { type: 'null' },
      ],
    },
    by: {
      oneOf: ['staff', 'learner', 'system', 'import', 'device'].map((kind) => ({
        type: 'object',
        properties: { kind: { const: kind }, [`${kind}_id`]: whole, at: { ...text, format: 'date-time' } },
        required: ['kind', `${kind}_id`],
      })),
    },
  },
  $defs: {
    Address: { type: 'object', properties: { street: text, city: text }, required: ['city'], minProperties: 1 },
    level1: { type: 'object', properties: { level2: { $ref: '#/$defs/level2' } } },
    level2: { type: 'object', properties: { level3: { $ref: '#/$defs/level3' }, again: { $ref: '#/$defs/level1' } } },
    level3: { type: 'object', properties: { level4: { type: 'object', properties: { end: whole } } } },
  },
};

const AREAS = ['course.enrollment', 'course.grade', 'video.player', 'problem.check', 'forum.thread', 'library.content'];
const VERBS = ['created', 'updated', 'deleted', 'viewed', 'shared', 'archived', 'restored'];
const OWNERS = ['Learning', 'Video', 'Assessment', undefined];
const SOURCES = ['server', 'browser', 'mobile'] as const;
const LONG = 'org.example.platform.notifications.a_very_long_name_without_any_end'.padEnd(230, '_of_segments');

const ajv = new Ajv2020({ strict: false, formats: { 'date-time': true, uri: true, uuid: true } });

const numbered = Array.from({ length: Number(process.env['CATALOG_SIZE'] ?? 500) - 3 }, (_, at) => {
  const [area, verb] = [AREAS[at % AREAS.length] ?? '', VERBS[at % VERBS.length] ?? ''];
  return defineEvent(`org.example.${area}.${verb}_${at}`, {
    title: `${area.replace('.', ' ')} ${verb}, number ${at}`,
    when: `A learner has ${verb} the ${area.split('.')[1] ?? ''} on the page of the ${area.split('.')[0] ?? ''}.`,
    owner: OWNERS[at % OWNERS.length],
    source: SOURCES[at % SOURCES.length],
    since: `2026-0${(at % 9) + 1}-01`,
    deprecated: at % 17 === 0 ? { since: '2026-10-01' } : undefined,
    pii: at % 5 === 0 ? ['data.learner.email'] : [],
    data: z.object({
      course_id: z.string().describe('The course run.'),
      learner: z.object({ id: z.int(), email: z.email() }),
      seconds: z.number().min(0).optional(),
      tags: z.array(z.string()).max(5),
    }),
    context: at % 3 === 0 ? z.object({ user_id: z.int() }) : undefined,
  });
});

/** Some hundred events, with each keyword, very long names and texts from right to left. */
export const catalog = defineCatalog([
  ...numbered,
  defineEvent('org.example.every.keyword', {
    title: 'Every keyword',
    when: 'Never; it shows what a schema can contain',
    owner: 'Platform',
    version: 3,
    data: jsonSchema(EVERY_KEYWORD, { ajv }),
  }),
  defineEvent(LONG, {
    title: `A title that is far longer than any column ${'and goes on '.repeat(20)}`,
    when: 'w'.repeat(400),
    owner: 'a-team-with-a-name-that-is-longer-than-any-team-would-choose',
    data: z.object({ [`field_${'x'.repeat(180)}`]: z.object({ [`inner_${'y'.repeat(120)}`]: z.string() }) }),
  }),
  defineEvent('org.example.course.مسجل', {
    title: 'تم تسجيل المتعلم في الدورة',
    description: 'يصدر هذا الحدث عندما يسجل المتعلم في دورة (course_id).',
    when: 'عندما يسجل المتعلم',
    owner: 'فريق التعلم',
    data: z.object({ اسم: z.string().describe('اسم المتعلم كما كتبه.'), course_id: z.string() }),
  }),
  defineContext('request', {
    title: 'The request',
    when: 'Around each request',
    fields: z.object({ user_id: z.int().optional(), ip: z.ipv4() }),
    pii: ['ip'],
  }),
]);
