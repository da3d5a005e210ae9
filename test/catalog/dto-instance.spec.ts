import 'reflect-metadata';
import { inspect } from 'node:util';
import { Exclude, Expose, plainToInstance, Transform, Type } from 'class-transformer';
import { IsArray, IsIn, IsObject, IsOptional, IsString, ValidateIf, ValidateNested } from 'class-validator';
import fc from 'fast-check';
import { defineCatalog, defineEvent } from 'nestjs-event-tracking';
import { dto } from 'nestjs-event-tracking/class-validator';
import { instanceOf } from '../../src/catalog/class-validator/dto-instance';
import { copyNormalForm } from '../../src/event/form-copies';
import { cpuGrowth, expectLinear } from '../support/growth';
import { startTracking } from '../support/start-tracking';

class Shape {
  @IsString()
  kind!: string;
}
class Circle extends Shape {
  radius!: number;
}
class Square extends Shape {
  side!: number;
}
const SUB_TYPES = [
  { value: Circle, name: 'circle' },
  { value: Square, name: 'square' },
];

class Item {
  @IsString()
  text!: string;

  @Type(() => Date)
  at?: Date;

  get length(): number {
    return 1;
  }
  describe(): string {
    return this.text;
  }
}

class Everything {
  @IsString()
  @Transform(({ value, obj }) => `${String(value)} ${String((obj as { plain?: unknown }).plain)}`)
  text!: string;

  @Expose({ name: 'courseId' })
  course?: string;

  @Exclude()
  secret?: string;

  @Type(() => Item)
  item?: Item;

  @Type(() => Item)
  items?: Item[];

  @Type(() => Shape, { discriminator: { property: 'kind', subTypes: SUB_TYPES } })
  shape?: Shape;

  @Type(() => Shape, { discriminator: { property: 'kind', subTypes: SUB_TYPES } })
  shapes?: Shape[];

  count?: number;

  @IsOptional()
  @IsObject()
  open?: object;

  set written(value: string) {
    this.text = value;
  }
}

@Exclude()
class Closed {
  @Expose()
  text?: string;

  @Expose()
  @Type(() => Item)
  items?: Item[];
}

const NAMES = [
  ...Object.getOwnPropertyNames(Item.prototype).filter((name) => name !== 'constructor'),
  ...[
    'text',
    'at',
    'courseId',
    'course',
    'secret',
    'item',
    'items',
    'shape',
    'shapes',
    'count',
    'open',
    'plain',
    'kind',
  ],
  ...['written', 'length', '0', '7', 'a', 'b'],
];
const leaf = fc.oneof(
  ...[fc.integer(), fc.constantFrom('circle', 'square', 'x', ''), fc.boolean(), fc.constant(null)],
  fc.date({ noInvalidDate: true }),
);
const { value: plainValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie('value'), { maxKeys: 8 }),
  ),
}));
const plainObject = fc.dictionary(fc.constantFrom(...NAMES), plainValue, { maxKeys: 12 });

const widened = (value: object, count: number): object => {
  const wide: Record<string, unknown> = { ...value };
  for (let at = 0; at < count; at++) wide[`k${String(at)}`] = at;
  return wide;
};
/**
 * What is made, or that it throws: class-transformer does for null where it expects a
 * discriminator.
 */
const outcome = (make: () => unknown): unknown => {
  try {
    return make();
  } catch (error) {
    return { threw: (error as Error).name };
  }
};

const shown = (value: unknown): string => inspect(value, { depth: null, sorted: true, maxArrayLength: null });

describe('instanceOf', () => {
  it.each([
    ['few', 0],
    ['many', 300],
  ])('makes what plainToInstance makes of an event with %s fields', (_, count) => {
    fc.assert(
      fc.property(fc.constantFrom(Everything, Closed, Item), plainObject, (type, fields) => {
        const event = widened(fields, count);
        const expected = outcome(() => plainToInstance(type as new () => object, copyNormalForm(event)));
        const made = outcome(() => instanceOf(type as new () => object, event));
        expect(shown(made)).toBe(shown(expected)); // toEqual tells invalid dates apart, and no classes
      }),
      { numRuns: 200 },
    );
  });

  it('never changes the event, and shares no object with it', () => {
    fc.assert(
      fc.property(plainObject, (fields) => {
        const before = copyNormalForm(fields);
        const instance = outcome(() => instanceOf(Everything, fields)) as Everything;
        expect(fields).toEqual(before);
        const { open } = instance as { open?: unknown };
        if (typeof open === 'object' && open !== null) expect(open).not.toBe(fields['open']);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['at the top', (wide: object) => wide],
    ['in a field without a type', (wide: object) => ({ open: wide })],
    ['in a field with a type', (wide: object) => ({ item: wide })],
    ['in a list with a type', (wide: object) => ({ items: [wide] })],
    ['with discriminators', (wide: object) => ({ shapes: [{ ...wide, kind: 'circle' }] })],
  ])('takes time linear in the number of fields %s', (_, event) => {
    expectLinear(
      cpuGrowth(10_000, (count) => {
        const given = event(widened({}, count));
        return () => instanceOf(Everything, given);
      }),
    );
  });
});

class Enrolled {
  @IsIn(['audit', 'verified'])
  mode!: string;

  /** Without a decorator: no schema declares it, and checks may read it. */
  partner?: string;

  @ValidateIf((event: Enrolled) => event.partner !== undefined)
  @IsString()
  contract?: string;

  @IsOptional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => Shape, { discriminator: { property: 'kind', subTypes: SUB_TYPES } })
  shapes?: Shape[];
}

describe('dto: an event of a class with decorators', () => {
  const start = (): ReturnType<typeof startTracking> =>
    startTracking({ catalog: defineCatalog([defineEvent('enrolled', { data: dto(Enrolled) })]) });

  it('is sent with the discriminators that class-transformer deletes, and so is the object of the caller', async () => {
    const run = await start();
    const data = { mode: 'audit', shapes: [{ kind: 'circle', radius: 1 }] };
    run.tracker.emit('enrolled', data);

    expect(data.shapes).toEqual([{ kind: 'circle', radius: 1 }]);
    expect(run.last().data).toEqual(data);
  });

  it('is checked with all its fields, however many there are', async () => {
    const run = await start();
    run.tracker.emit('enrolled', { ...widened({ mode: 'audit' }, 1000), partner: 'x' });

    expect(run.tracker.violations.list()).toContainEqual(
      expect.objectContaining({ kind: 'required-missing', path: 'data.contract' }),
    );
  });
});
