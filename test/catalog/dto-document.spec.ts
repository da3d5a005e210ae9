import 'reflect-metadata';
import Ajv from 'ajv/dist/2020';
import { Type } from 'class-transformer';
import * as cv from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import fc from 'fast-check';
import { defineEvent, type EventDefinition } from 'nestjs-event-tracking';
import { dto } from 'nestjs-event-tracking/class-validator';
import { EventCheck } from '../../src/catalog/event-check';
import { propertiesOf, type JsonSchema } from '../../src/catalog/json-schema';
import { cpuGrowth, expectLinear } from '../support/growth';

type AnyClass = new (...args: never[]) => object;

/**
 * A class made at run time: by field, its decorators and the type that the compiler would have
 * written down.
 */
const classOf = (
  fields: Readonly<Record<string, readonly PropertyDecorator[]>>,
  types: Readonly<Record<string, unknown>> = {},
  name = 'Payload',
): AnyClass => {
  const type = { [name]: class {} }[name] as AnyClass;
  for (const [key, decorators] of Object.entries(fields)) {
    if (key in types) Reflect.defineMetadata('design:type', types[key], type.prototype as object, key);
    for (const decorate of decorators) decorate(type.prototype as object, key);
  }
  return type;
};
const define = (type: AnyClass): EventDefinition => defineEvent('a', { data: dto(type) });
const documentOf = (type: AnyClass): JsonSchema => define(type).document.data as JsonSchema;
const fieldOf = (type: AnyClass, key: string): unknown => propertiesOf(documentOf(type))[key];
const violations = (type: AnyClass, data: object): string[] =>
  (new EventCheck(define(type), { undeclared: true, showsKeys: true }).check(data, {})?.violations ?? []).map(
    ({ kind, path, message }) => `${kind} ${path} ${message}`,
  );
const refusal = (type: AnyClass): string => {
  try {
    define(type);
  } catch (error) {
    return (error as Error).message;
  }
  return 'accepted';
};

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

  it('are apart where they are nested, and where one holds the other', () => {
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

  it('inherit from their own ancestors alone, and a subclass replaces a rule as validation does', () => {
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

  it('may hold themselves', () => {
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

  it('asks for what validation asks for: no field with an initial value, with @Allow or nested and not defined', () => {
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

describe('dto: a violation of a class', () => {
  const item = classOf({ sku: [cv.IsString()] }, {}, 'Item');

  it.each([
    ['one value in place of a list', [cv.IsString({ each: true })], Array, 'x', 'type-mismatch data.f must be a list'],
    [
      'a list in place of an object',
      [cv.ValidateNested(), Type(() => item)],
      item,
      [{ sku: 'a' }],
      'type-mismatch data.f must be an object',
    ],
    [
      'a string in place of an object',
      [cv.ValidateNested(), Type(() => item)],
      item,
      'a',
      'type-mismatch data.f must be an object',
    ],
    [
      'null without @IsOptional',
      [cv.ValidateNested(), Type(() => item)],
      item,
      null,
      'type-mismatch data.f must be an object',
    ],
    ['a Date in place of an object', [cv.ValidateNested(), Type(() => item)], item, new Date(0), 'data.f'],
    ['an item of a map', [cv.ValidateNested({ each: true }), Type(() => item)], Map, { k: { sku: 1 } }, 'data.f.k.sku'],
    ['an item of a set', [cv.ValidateNested({ each: true }), Type(() => item)], Set, [{ sku: 1 }], 'data.f.0.sku'],
    ['a wrong item', [cv.IsString({ each: true })], Array, ['a', 1], 'value-not-allowed data.f'],
    ['a string that is no address', [cv.IsEmail()], String, 'x', 'data.f must be an e-mail address'],
    ['a string in place of a number', [cv.IsInt(), Type(() => Number)], Number, '5', 'type-mismatch data.f'],
  ])('is %s', (_, decorators, design, value, expected) => {
    const found = violations(classOf({ f: decorators }, { f: design }), { f: value });
    expect(found).toEqual([expect.stringContaining(expected)]);
  });

  it('is found in time linear in the number of fields that are wrong', () => {
    const type = classOf({ f: [cv.ValidateNested({ each: true }), Type(() => item)] }, { f: Array });
    const schema = dto(type);
    expectLinear(
      cpuGrowth(1500, (count) => {
        const event = { f: Array.from({ length: count }, () => [{ sku: 1 }]) };
        return () => void schema['~standard'].validate(event);
      }),
    );
  });

  it('has the name that @Expose gives the field', () => {
    const { Expose } = jest.requireActual<typeof import('class-transformer')>('class-transformer');
    const type = classOf({ course: [Expose({ name: 'course_id' }), cv.IsString()] });
    expect(violations(type, { course_id: 5 })).toEqual([expect.stringContaining('type-mismatch data.course_id')]);
  });
});

describe('dto: a class that cannot be validated', () => {
  class Later implements cv.ValidatorConstraintInterface {
    validate(): Promise<boolean> {
      return Promise.resolve(true);
    }
  }
  cv.ValidatorConstraint({ async: true })(Later);
  class Undeclared implements cv.ValidatorConstraintInterface {
    validate(value: unknown): boolean | Promise<boolean> {
      return value === 'later' ? Promise.reject(new Error('no')) : true;
    }
  }
  cv.ValidatorConstraint()(Undeclared);

  it('is refused with an asynchronous validator, however deep', () => {
    const deepest = classOf({ a: [cv.Validate(Later)] }, {}, 'Deepest');
    const middle = classOf({ d: [cv.ValidateNested({ each: true }), Type(() => deepest)] }, {}, 'Middle');
    const top = classOf({ m: [cv.ValidateNested(), Type(() => middle)] });
    expect(refusal(deepest)).toContain('validates asynchronously');
    expect(refusal(top)).toMatch(/validates asynchronously \(Deepest\.a\)/);
  });

  it('counts an event as failed if a validator turns out to be asynchronous', () => {
    const type = classOf({ a: [cv.Validate(Undeclared)] });
    const check = new EventCheck(define(type), { undeclared: true });
    expect(check.check({ a: 'now' }, {})).toBeUndefined();
    expect(() => check.check({ a: 'later' }, {})).toThrow(/asynchronously/);
  });

  it('is refused with a constructor that needs arguments, nested or not', () => {
    class Needy {
      @cv.IsString() a: string;
      constructor(from: { a: string }) {
        this.a = from.a;
      }
    }
    expect(refusal(Needy)).toMatch(/Needy cannot be created without arguments/);
    expect(refusal(classOf({ n: [cv.ValidateNested(), Type(() => Needy as never)] }))).toMatch(
      /Needy cannot be created/,
    );
  });

  it('is refused with @ValidateNested and no @Type', () => {
    expect(refusal(classOf({ item: [cv.ValidateNested()] }))).toMatch(
      /Payload\.item has @ValidateNested without @Type/,
    );
  });

  it('is refused without any decorator', () => {
    expect(refusal(classOf({}))).toContain('Payload has no class-validator decorators');
  });
});
