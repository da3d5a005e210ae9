import 'reflect-metadata';
import { Type } from 'class-transformer';
import * as cv from 'class-validator';
import { dto } from 'nestjs-event-tracking/class-validator';
import { EventCheck } from '../../src/catalog/event-check';
import { cpuGrowth, expectLinear } from '../support/growth';
import { type AnyClass, classOf, define, violations } from './dto-parts';

const refusal = (type: AnyClass): string => {
  try {
    define(type);
  } catch (error) {
    return (error as Error).message;
  }
  return 'accepted';
};

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
