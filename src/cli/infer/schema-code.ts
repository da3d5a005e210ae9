import { call, chained, quote, type CallCode, type Code, type ObjectEntry } from './code';
import type { ObjectShape, Shape } from './shape';

/** Language in which schemas are written. */
export interface SchemaLanguage {
  readonly importLine: string;
  /**
   * Writes a schema.
   * @param shape shape of an object, or of alternatives that are objects
   */
  schema(shape: Shape): Code;
  /** Writes the schema of a context, which allows other fields. */
  context(shape: ObjectShape): Code;
}

export const ZOD: SchemaLanguage = {
  importLine: "import { z } from 'zod';",
  schema: zod,
  context: (shape) => zod({ ...shape, isOpen: false }),
};

export const JSON_SCHEMA: SchemaLanguage = {
  importLine: "import { jsonSchema } from 'nestjs-event-tracking/json-schema';",
  schema: (shape) => call('jsonSchema', object(json(shape), false)),
  context: (shape) => call('jsonSchema', object(json({ ...shape, isOpen: true }), false)),
};

export const ONLY_NULL = 'only null was seen';

function zod(shape: Shape): CallCode {
  switch (shape.kind) {
    case 'text':
      return call('z.string');
    case 'date-time':
      return call('z.iso.datetime', '{ offset: true }');
    case 'integer':
      return call('z.int');
    case 'choice':
      return call('z.enum', { items: shape.values.map(quote) });
    case 'list':
      return call('z.array', zod(shape.items));
    case 'map':
      return call('z.record', call('z.string'), zod(shape.values));
    case 'union':
      return call('z.union', { items: shape.of.map(zod) });
    case 'nullable':
      return chained(zod(shape.of), '.nullable()');
    case 'object':
      return call(shape.isOpen ? 'z.looseObject' : 'z.object', { entries: zodFields(shape), isInline: false });
    default:
      return call(`z.${shape.kind}`);
  }
}

function zodFields({ fields }: ObjectShape): ObjectEntry[] {
  return fields.map(({ key, shape, isOptional }) => ({
    key,
    value: isOptional ? chained(zod(shape), '.optional()') : zod(shape),
    comment: shape.kind === 'null' ? ONLY_NULL : undefined,
  }));
}

type Entries = readonly ObjectEntry[];

/** Returns the entries of a JSON Schema. */
function json(shape: Shape): Entries {
  switch (shape.kind) {
    case 'unknown':
      return [];
    case 'text':
      return type('string');
    case 'date-time':
      return [...type('string'), { key: 'format', value: quote('date-time') }];
    case 'choice':
      return [{ key: 'enum', value: { items: shape.values.map(quote) } }];
    case 'list':
      return [...type('array'), { key: 'items', value: object(json(shape.items)) }];
    case 'map':
      return [...type('object'), { key: 'additionalProperties', value: object(json(shape.values)) }];
    case 'union':
      return [{ key: 'anyOf', value: { items: shape.of.map((each) => object(json(each))) } }];
    case 'nullable':
      return [{ key: 'anyOf', value: { items: [object(json(shape.of)), object(type('null'))] } }];
    case 'object':
      return jsonObject(shape);
    default:
      return type(shape.kind);
  }
}

function jsonObject({ fields, isOpen }: ObjectShape): Entries {
  const required = fields.filter(({ isOptional }) => !isOptional).map(({ key }) => quote(key));
  const properties = fields.map(({ key, shape }) => ({ key, value: object(json(shape)) }));
  return [
    ...type('object'),
    { key: 'properties', value: object(properties, false) },
    ...(required.length === 0 ? [] : [{ key: 'required', value: { items: required } }]),
    ...(isOpen ? [] : [{ key: 'additionalProperties', value: 'false' }]),
  ];
}

function object(entries: Entries, isInline = true): Code {
  return { entries, isInline };
}

function type(name: string): Entries {
  return [{ key: 'type', value: quote(name) }];
}
