import type { StandardJSONSchemaV1 } from '@standard-schema/spec';
import { describeError } from '../event/normal-form';
import { isSchema, JSON_SCHEMA_DIALECT, type JsonSchema } from './json-schema';
import type { SchemaError } from './schema-error';

/**
 * Asks a schema library for the JSON Schema of an event. A Date becomes its serialized string.
 * @returns an error if the library has none, or if the schema requires a value that no event has
 */
export function libraryJsonSchema(standard: StandardJSONSchemaV1.Props): JsonSchema | SchemaError {
  const refused: string[] = [];
  let made: unknown;
  try {
    const libraryOptions = LIBRARY_OPTIONS[standard.vendor]?.(refused);
    made = standard.jsonSchema.input({ target: 'draft-2020-12', ...(libraryOptions && { libraryOptions }) });
  } catch (error) {
    return notWritten(describeError(error));
  }
  if (refused.length > 0) return notWritten(`it contains ${[...new Set(refused)].join(', ')}`);
  if (!isSchema(made)) return notWritten('its JSON Schema is not an object');
  return { $schema: JSON_SCHEMA_DIALECT, ...(JSON.parse(JSON.stringify(made)) as JsonSchema) };
}

function notWritten(why: string): SchemaError {
  return {
    what: `it has no JSON Schema (${why})`,
    fix: 'describe the event as serialized: strings, numbers, booleans, null, Date, and objects and lists of these (docs/reference/values.md)',
  };
}

/** JSON Schema of a Date, which JSON does not have: the string that it is serialized as. */
const DATE = { type: 'string', format: 'date-time' };

/** Types that an event cannot contain, so that no event could match. The names are those of zod. */
const NOT_IN_EVENTS = new Set([
  'bigint',
  'symbol',
  'undefined',
  'void',
  'map',
  'set',
  'nan',
  'function',
  'promise',
  'file',
  'blob',
  'instance',
]);

interface ZodNode {
  readonly zodSchema: {
    readonly _zod: { readonly def: { readonly type: string; readonly values?: readonly unknown[] } };
  };
  readonly jsonSchema: Record<string, unknown>;
}

interface ArkNode {
  readonly base: object;
  readonly domain?: string;
  readonly proto?: { readonly name: string };
}

/** Options for the JSON Schema conversion, by library. */
const LIBRARY_OPTIONS: Readonly<Record<string, (refused: string[]) => Record<string, unknown>>> = {
  zod: (refused) => ({
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }: ZodNode) => {
      const { type, values = [] } = zodSchema._zod.def;
      if (type === 'date') Object.assign(jsonSchema, DATE);
      else if (NOT_IN_EVENTS.has(type)) refused.push(`a ${type}`);
      else if (type === 'literal')
        for (const value of values)
          if (NOT_IN_EVENTS.has(typeof value)) refused.push(`a literal that is a ${typeof value}`);
    },
  }),
  arktype: (refused) => ({
    fallback: {
      date: ({ base }: ArkNode) => ({ ...base, ...DATE }),
      domain: ({ base, domain = '' }: ArkNode) => {
        refused.push(`a ${domain}`);
        return base;
      },
      proto: ({ base, proto }: ArkNode) => {
        refused.push(`a ${proto?.name ?? 'class'}`);
        return base;
      },
    },
  }),
  valibot: (refused) => ({
    // Checks without an equivalent in JSON Schema still run. Only impossible types are rejected.
    errorMode: 'ignore',
    overrideSchema: ({ valibotSchema }: { readonly valibotSchema: { readonly type: string } }) => {
      const { type } = valibotSchema;
      if (NOT_IN_EVENTS.has(type)) refused.push(`a ${type}`);
      return type === 'date' ? DATE : undefined;
    },
  }),
};
