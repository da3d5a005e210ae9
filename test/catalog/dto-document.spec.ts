import 'reflect-metadata';
import Ajv from 'ajv/dist/2020';
import { Type } from 'class-transformer';
import * as cv from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import fc from 'fast-check';
import { dto } from 'nestjs-event-tracking/class-validator';
import { propertiesOf, type JsonSchema } from '../../src/catalog/json-schema';
import { cpuGrowth, expectLinear } from '../support/growth';
import { type AnyClass, classOf, define, violations } from './dto-parts';

const documentOf = (type: AnyClass): JsonSchema => define(type).document.data as JsonSchema;
const fieldOf = (type: AnyClass, key: string): unknown => propertiesOf(documentOf(type))[key];

enum Numbered {
  A,
  B,
}
enum Mixed {
  A = 'a',
  // eslint-disable-next-line @typescript-eslint/no-mixed-enums -- one of the kinds that people have
  B = 1,
}
const CONSTANTS = { A: 'x', B: 'y' } as const;

describe('documentOf: classes of one name', () => {
  const one = classOf({ a: [cv.IsString()], n: [cv.IsInt()] });
  const other = classOf({ b: [cv.IsString()], n: [cv.IsString()] });
  const holding = (type: AnyClass): AnyClass => classOf({ item: [cv.ValidateNested(), Type(() => type)] });

  it('have documents of their own', () => {
    expect(Object.keys(propertiesOf(documentOf(one)))).toEqual(['a', 'n']);
    expect(Object.keys(propertiesOf(documentOf(other)))).toEqual(['b', 'n']);
    expect(fieldOf(one, 'n')).toEqual({ type: 'integer' });
    expect(fieldOf(other, 'n')).toEqual({ type: 'string' });
  });

  it('stay separate if they are nested, and if one contains the other', () => {
    expect(documentOf(holding(one))).toMatchObject({ $defs: { Payload: { required: ['a', 'n'] } } });
    expect(documentOf(holding(other))).toMatchObject({ $defs: { Payload: { required: ['b', 'n'] } } });
    const both = classOf({
      one: [cv.ValidateNested(), Type(() => one)],
      other: [cv.ValidateNested(), Type(() => other)],
    });
    expect(Object.keys(documentOf(both)['$defs'] as object)).toEqual(['Payload', 'Payload2']);
    expect(violations(holding(one), { item: { a: 'x', n: 1, b: 'y' } })).toEqual([
      expect.stringContaining('additional-property data.item.b'),
    ]);
  });

  it('inherit only from their own ancestors, and a subclass replaces a rule as validation does', () => {
    class Parent {
      @cv.IsString() a!: string;
      @cv.IsInt() n!: number;
    }
    const base = classOf({ z: [cv.IsString()] }, {}, 'Parent');
    class Child extends Parent {
      @cv.IsOptional() @cv.IsString() declare n: never;
    }
    expect(base.name).toBe('Parent');
    expect(Object.keys(propertiesOf(documentOf(Child))).sort()).toEqual(['a', 'n']);
    expect(fieldOf(Child, 'n')).toEqual({ type: ['string', 'null'] });
    expect(documentOf(Child)['required']).toEqual(['a']);
  });

  it('may contain themselves', () => {
    class Node {
      @cv.IsString() text!: string;
      @cv.IsOptional() @cv.ValidateNested() @Type(() => Node) next?: Node;
    }
    expect(violations(Node, { text: 'a', next: { text: 'b', next: { text: 5 } } })).toEqual([
      expect.stringContaining('type-mismatch data.next.next.text'),
    ]);
  });
});

describe('documentOf: many events with classes', () => {
  it('takes time linear in their number', () => {
    expectLinear(
      cpuGrowth(20, (count) => {
        const types = Array.from({ length: count }, () => classOf({ a: [cv.IsString()], b: [cv.IsInt(), cv.Min(1)] }));
        return () => {
          for (const type of types) define(type);
        };
      }),
    );
  });
});

describe('documentOf: the JSON Schema of a class', () => {
  const item = classOf({ sku: [cv.IsString()], count: [cv.IsOptional(), cv.IsInt()] }, {}, 'Item');
  const each = { each: true };
  /** Decorators that JSON Schema has exact words for, by what the compiler writes down. */
  const rules: readonly (readonly [PropertyDecorator[], unknown])[] = [
    ...[cv.IsString(), cv.IsInt(), cv.IsNumber(), cv.IsBoolean(), cv.IsObject(), cv.IsArray(), cv.IsDefined()],
    ...[cv.IsNotEmpty(), cv.IsEmpty(), cv.Allow(), cv.Equals('a'), cv.NotEquals('a'), cv.IsIn(['a', 1, null])],
    ...[cv.IsNotIn(['a', 1]), cv.IsEnum(Numbered), cv.IsEnum(Mixed), cv.IsEnum(CONSTANTS), cv.Min(1), cv.Max(1)],
    ...[cv.IsPositive(), cv.IsNegative(), cv.IsDivisibleBy(2), cv.MinLength(2), cv.MaxLength(2), cv.Length(1, 2)],
    ...[cv.Contains('a.'), cv.NotContains('a.'), cv.Matches(/^a+$/), cv.IsAlpha(), cv.IsAlphanumeric(), cv.IsAscii()],
    ...[cv.IsHexadecimal(), cv.IsHexColor(), cv.IsMongoId(), cv.IsMilitaryTime(), cv.IsBooleanString()],
    ...[cv.ArrayNotEmpty(), cv.ArrayMinSize(2), cv.ArrayMaxSize(1), cv.ArrayContains(['a']), cv.IsNotEmptyObject()],
    ...[cv.ArrayNotContains(['a', 1]), cv.IsString(each), cv.IsInt(each), cv.IsEnum(Numbered, each)],
    ...[cv.IsNotEmpty(each), cv.IsIn(['a', 1], each), cv.MinLength(2, each), cv.IsDefined(each)],
  ].map((decorator) => [[decorator], undefined] as const);
  const nested = [
    [[cv.ValidateNested(), Type(() => item)], Object],
    [[cv.ValidateNested(), Type(() => item)], item],
    [[cv.ValidateNested(), Type(() => item)], Array],
    [[cv.ValidateNested(each), Type(() => item)], Array],
    [[cv.ValidateNested(each), Type(() => item)], Map],
    [[cv.ValidateNested(each), Type(() => item)], Set],
    [[cv.IsString(), Type(() => String)], String],
    [[cv.IsInt(), Type(() => Number)], Number],
  ] as const;
  const rule = fc.constantFrom(...rules, ...nested);
  const withoutOthers = <Rule extends readonly [unknown, unknown]>(given: readonly Rule[]): readonly Rule[] => {
    const alone = given.find(([, type]) => type === Map || type === Set);
    return alone === undefined ? given : [alone];
  };
  const field = fc
    .record({ rules: fc.array(rule, { minLength: 1, maxLength: 3 }), optional: fc.boolean() })
    // Checks of lists refuse a Map and a Set that class-transformer makes of one: no JSON Schema
    // says so.
    .map(({ rules, optional }) => ({ rules: withoutOthers(rules), optional }));
  const leaf = fc.oneof(
    fc.constantFrom('', 'a', 'aa', 'a.b', 'A', 'B', 'x', 'true', '1', '0x1F', '#fff', '12:30', '5', 'a'.repeat(24)),
    fc.constantFrom(...[0, 1, 2, -1, 3, 1.5, true, false, null]),
  );
  const itemValue = fc.oneof(leaf, fc.record({ sku: leaf, count: leaf }, { requiredKeys: [] }));
  const value = fc.oneof(
    leaf,
    itemValue,
    fc.array(itemValue, { maxLength: 3 }),
    fc.array(fc.constantFrom('a', 'aa', 'b', 1, 2), { maxLength: 3 }),
    fc.array(fc.array(itemValue, { maxLength: 1 }), { maxLength: 1 }),
    fc.dictionary(fc.constantFrom('k', 'l'), itemValue),
  );

  it('accepts what validation accepts, and nothing else', () => {
    const isDecided = { yes: 0, no: 0 };
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('f', 'g'), field, { minKeys: 1 }),
        fc.array(fc.dictionary(fc.constantFrom('f', 'g'), value), { minLength: 20, maxLength: 30 }),
        (fields, events) => {
          const decorators = Object.entries(fields).map(
            ([key, each]) =>
              [key, [...(each.optional ? [cv.IsOptional()] : []), ...each.rules.flatMap(([some]) => some)]] as const,
          );
          const design = Object.entries(fields).map(([key, each]) => [key, each.rules.find(([, type]) => type)?.[1]]);
          const types = Object.fromEntries(design.filter(([, type]) => type !== undefined)) as object;
          const schema = dto(classOf(Object.fromEntries(decorators), types as Record<string, unknown>));
          const json = schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' });
          const validate = new Ajv({ strictTypes: false, strictTuples: false }).compile(json);
          for (const event of events) {
            const before = structuredClone(event);
            const answer = schema['~standard'].validate(event) as { readonly issues?: readonly unknown[] };
            expect({ event, isValid: validate(event), json }).toEqual({ event, isValid: !answer.issues, json });
            expect(event).toEqual(before);
            isDecided[answer.issues ? 'no' : 'yes']++;
          }
        },
      ),
      { numRuns: 150, endOnFailure: true },
    );
    expect(Math.min(isDecided.yes, isDecided.no)).toBeGreaterThan(100);
  });

  it.each([
    ['@IsDateString', cv.IsDateString(), ['2020-01-01', '2020-01-01T10:00:00Z', '2020-01-01T10:00:00.123+02:00']],
    ['@IsUrl', cv.IsUrl(), ['https://example.com', 'example.com/a?b=c']],
    ['@IsEmail', cv.IsEmail(), ['ada@example.com', 'ä@example.com']],
    ['@IsUUID', cv.IsUUID(), ['01a20c71-ff32-71f7-89be-298454b6bebd']],
    ['@IsIP', cv.IsIP(), ['192.0.2.1', 'fe80::1']],
    ['@IsNumberString', cv.IsNumberString(), ['1', '-1.5']],
    ['@Matches with a flag', cv.Matches(/^a$/i), ['a', 'A']],
    ['a check for some values only', cv.IsInt({ validateIf: () => false }), ['a', 1]],
  ])('refuses nothing that %s accepts', (_, decorator, values) => {
    const type = classOf({ f: [decorator] });
    const validate = new Ajv({ strict: true, formats: { uuid: true, 'date-time': true } }).compile(documentOf(type));
    for (const f of values) {
      expect(violations(type, { f })).toEqual([]);
      expect(validate({ f })).toBe(true);
    }
  });

  it('has the values of an enum, without the names that TypeScript adds', () => {
    expect(fieldOf(classOf({ f: [cv.IsEnum(Numbered)] }), 'f')).toEqual({ enum: [0, 1] });
    expect(fieldOf(classOf({ f: [cv.IsEnum(Mixed)] }), 'f')).toEqual({ enum: ['a', 1] });
    expect(fieldOf(classOf({ f: [cv.IsEnum(CONSTANTS)] }), 'f')).toEqual({ enum: ['x', 'y'] });
    expect(violations(classOf({ f: [cv.IsEnum(Numbered)] }), { f: 'A' })).toHaveLength(1);
  });

  it('keeps what @JSONSchema adds, and the order of the fields', () => {
    const type = classOf({
      b: [cv.IsEmail(), JSONSchema({ description: 'An address' }) as PropertyDecorator],
      a: [cv.IsInt()],
    });
    expect(Object.keys(propertiesOf(documentOf(type)))).toEqual(['b', 'a']);
    expect(fieldOf(type, 'b')).toMatchObject({ type: 'string', description: 'An address' });
  });

  it('requires the same fields as validation: none with an initial value, with @Allow or nested and not defined', () => {
    class Started {
      @cv.IsString() mode = 'audit';
      @cv.IsString() course!: string;
      @cv.Allow() any?: unknown;
      @cv.ValidateNested() @Type(() => item) item!: object;
      @cv.ValidateIf((self: Started) => self.any === 1) @cv.IsString() when?: string;
    }
    expect(documentOf(Started)['required']).toEqual(['course']);
    expect(violations(Started, { course: 'x' })).toEqual([]);
  });
});
