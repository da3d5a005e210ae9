import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { type } from 'arktype';
import { Type } from 'class-transformer';
import { IsArray, IsIn, IsInt, IsOptional, IsString, MinLength, ValidateNested } from 'class-validator';
import * as v from 'valibot';
import { z } from 'zod';
import type { EventSchema } from 'nestjs-event-tracking/catalog';
import { dto } from 'nestjs-event-tracking/class-validator';
import { jsonSchema } from 'nestjs-event-tracking/json-schema';
import { checkOf, found } from './schema-parts';

class AnswerDto {
  @IsString()
  text!: string;
}

class CheckDto {
  @IsString()
  problem_id!: string;

  @IsIn(['correct', 'incorrect'])
  success!: string;

  @IsOptional()
  @IsInt()
  attempts?: number;

  @IsString()
  @MinLength(3)
  course!: string;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => AnswerDto)
  answers!: AnswerDto[];
}

/** One event, as five libraries say it. */
const libraries: Readonly<Record<string, EventSchema<object>>> = {
  zod: z.object({
    problem_id: z.string(),
    success: z.enum(['correct', 'incorrect']),
    attempts: z.number().int().optional(),
    course: z.string().min(3),
    answers: z.array(z.object({ text: z.string() })),
  }),
  arktype: type({
    problem_id: 'string',
    success: "'correct' | 'incorrect'",
    'attempts?': 'number.integer',
    course: 'string >= 3',
    answers: type({ text: 'string' }).array(),
  }),
  valibot: toStandardJsonSchema(
    v.object({
      problem_id: v.string(),
      success: v.picklist(['correct', 'incorrect']),
      attempts: v.optional(v.pipe(v.number(), v.integer())),
      course: v.pipe(v.string(), v.minLength(3)),
      answers: v.array(v.object({ text: v.string() })),
    }),
  ),
  'JSON Schema by Ajv': jsonSchema({
    type: 'object',
    properties: {
      problem_id: { type: 'string' },
      success: { enum: ['correct', 'incorrect'] },
      attempts: { type: 'integer' },
      course: { type: 'string', minLength: 3 },
      answers: {
        type: 'array',
        items: {
          type: 'object',
          properties: { text: { type: 'string' } },
          required: ['text'],
          additionalProperties: false,
        },
      },
    },
    required: ['problem_id', 'success', 'course', 'answers'],
    additionalProperties: false,
  }),
  'class-validator': dto(CheckDto),
};

const right = { problem_id: 'p1', success: 'correct', course: 'DemoX', answers: [{ text: 'Tokyo' }] };

describe.each(Object.entries(libraries))('A schema of %s', (_library, schema) => {
  it('accepts values that match it', () => {
    expect(checkOf(schema).check(right, {})).toBeUndefined();
    expect(checkOf(schema).check({ ...right, attempts: 2 }, {})).toBeUndefined();
  });

  it('reports the same violations at the same places as every other library', () => {
    const { course: _, ...withoutCourse } = right;
    expect(found(schema, withoutCourse)).toEqual(['required-missing data.course']);
    expect(found(schema, { ...right, problem_id: 5 })).toEqual(['type-mismatch data.problem_id']);
    expect(found(schema, { ...right, attempts: 1.5 })).toEqual(['type-mismatch data.attempts']);
    expect(found(schema, { ...right, success: 'perhaps' })).toEqual(['value-not-allowed data.success']);
    expect(found(schema, { ...right, course: 'X' })).toEqual(['value-not-allowed data.course']);
    expect(found(schema, { ...right, extra: 1 })).toEqual(['additional-property data.extra']);
    expect(found(schema, { ...right, answers: [{ text: 'a' }, { text: 7 }, {}, { text: 'b', more: 1 }] })).toEqual([
      'additional-property data.answers.3.more',
      'required-missing data.answers.2.text',
      'type-mismatch data.answers.1.text',
    ]);
  });

  it('reports no values, which may be personal', () => {
    const secret = 'ada@example.com';
    const violations = checkOf(schema).check(
      { problem_id: 77_123, success: secret, course: 'X9', answers: secret },
      {},
    );
    const told = JSON.stringify(violations);
    expect(violations?.violations.length).toBeGreaterThan(2);
    for (const value of [secret, '77123', 'X9']) expect(told).not.toContain(value);
  });

  it('leaves the event unchanged: no defaults, no coercion, no removed fields', () => {
    const data = { ...right, attempts: '3', extra: { kept: true } };
    const before = structuredClone(data);
    checkOf(schema).check(data, {});
    expect(data).toEqual(before);
  });
});
