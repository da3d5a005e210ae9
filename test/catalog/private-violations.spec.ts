import { toStandardJsonSchema } from '@valibot/to-json-schema';
import Ajv2020 from 'ajv/dist/2020';
import { type } from 'arktype';
import { IsOptional, IsString, registerDecorator, type ValidationArguments } from 'class-validator';
import * as v from 'valibot';
import { z } from 'zod';
import { defineEvent } from 'nestjs-event-tracking';
import type { EventSchema } from 'nestjs-event-tracking/catalog';
import { dto } from 'nestjs-event-tracking/class-validator';
import { jsonSchema } from 'nestjs-event-tracking/json-schema';
import { MAIL, expectNothingOf, quoting, value, violationsIn } from './private-violation-parts';

class QuotingDto {
  @IsString()
  text!: string;

  @IsOptional()
  other?: string;

  @IsOptional()
  amount?: number;
}

describe.each(Object.entries(quoting))('A message of the application that quotes %s', (_, message) => {
  it('is not shown, whichever library the check is for', () => {
    const base = z.object({ text: z.string(), other: z.string(), amount: z.number() });
    const checked = base.superRefine((each, check) => {
      check.addIssue({ code: 'custom', message: message(each), path: ['text'] });
    });
    const valibot = toStandardJsonSchema(
      v.object({
        text: v.pipe(
          v.string(),
          v.maxLength(3, ({ input }) => message({ ...value, text: input })),
        ),
      }),
    );
    const arktype = type({ text: 'string', other: 'string', amount: 'number' }).narrow((each, context) =>
      context.reject({ message: message(each), path: ['text'] }),
    );
    const ajv = new Ajv2020({ allErrors: true });
    const validate = (_schema: unknown, each: typeof value) => {
      validate.errors = [
        { keyword: 'quotes', message: message(each), params: {}, instancePath: '/text', schemaPath: '' },
      ];
      return false;
    };
    validate.errors = [] as object[];
    ajv.addKeyword({ keyword: 'quotes', errors: 'full', validate: validate as never });
    const properties = { text: { type: 'string' }, other: { type: 'string' }, amount: { type: 'number' } };
    for (const schema of [
      checked,
      valibot,
      arktype,
      jsonSchema({ type: 'object', properties, quotes: true }, { ajv }),
    ]) {
      const violations = violationsIn(schema, value);
      expect(violations.length).toBeGreaterThan(0);
      expectNothingOf(violations);
    }
  });

  it('is not shown for a class with class-validator', () => {
    class Checked extends QuotingDto {}
    registerDecorator({
      name: 'ownCheck',
      target: Checked,
      propertyName: 'text',
      options: { message: ({ object }: ValidationArguments) => message({ ...value, ...object }) },
      validator: { validate: () => false },
    });
    const violations = violationsIn(dto(Checked), value);
    expect(violations).toEqual([
      { kind: 'value-not-allowed', path: 'data.text', message: 'does not pass the check "ownCheck" of its schema' },
    ]);
  });
});

describe('staticMessages: a message of the application that quotes nothing', () => {
  it('is shown, because it is the same for generated values', () => {
    const schema = z
      .object({
        course: z.string().refine((key) => key.startsWith('course-v1:'), 'must be the key of a course'),
        from: z.number(),
        to: z.number(),
        tags: z.array(z.string().refine((tag) => tag === 'a', 'must be a tag')).optional(),
      })
      .refine(({ from, to }) => from <= to, { message: 'must not come before its beginning', path: ['to'] });
    expect(violationsIn(schema, { course: MAIL, from: 2, to: 1, tags: ['a', 'x'] })).toEqual([
      { kind: 'value-not-allowed', path: 'data.course', message: 'must be the key of a course' },
      { kind: 'value-not-allowed', path: 'data.tags.1', message: 'must be a tag' },
      { kind: 'value-not-allowed', path: 'data.to', message: 'must not come before its beginning' },
    ]);
  });

  it('is named by its check if it never occurred for a generated value', () => {
    const ajv = new Ajv2020({ allErrors: true });
    ajv.addKeyword({ keyword: 'isCourseKey', validate: (_: unknown, key: unknown) => key !== MAIL });
    const schema = jsonSchema({ type: 'object', properties: { key: { type: 'string', isCourseKey: true } } }, { ajv });
    expect(violationsIn(schema, { key: MAIL })).toEqual([
      { kind: 'value-not-allowed', path: 'data.key', message: 'does not pass the check "isCourseKey" of its schema' },
    ]);
    const rare = z.object({ key: z.string().refine((key) => key !== MAIL, { error: () => `not ${MAIL}` }) });
    expect(violationsIn(rare, { key: MAIL })).toEqual([
      { kind: 'value-not-allowed', path: 'data.key', message: 'does not pass a check of its schema' },
    ]);
  });

  it('is searched for only a few times, and not found in a schema that throws for generated values', () => {
    let asked = 0;
    const throwing: EventSchema<{ a: string }> = {
      '~standard': {
        ...z.object({ a: z.string() })['~standard'],
        validate: (given) => {
          asked++;
          if ((given as { a: string }).a !== MAIL) throw new Error('unexpected');
          return { issues: [{ message: 'a message' }] };
        },
      },
    };
    defineEvent('e', { data: throwing });
    expect(asked).toBeLessThan(20);
    expect(violationsIn(throwing, { a: MAIL })[0]?.message).toBe('does not pass a check of its schema');
  });
});
