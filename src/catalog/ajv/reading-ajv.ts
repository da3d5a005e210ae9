import type { SchemaCompiler } from './schema-compiler';

/** Parts of an Ajv 8 instance that are needed to create another one with the same settings. */
interface AjvParts extends SchemaCompiler {
  readonly opts: object;
  readonly schemas: Record<string, Environment | undefined>;
  readonly refs: Record<string, Environment | string | undefined>;
  formats: object;
  RULES: object;
  addSchema(schema: unknown, key: string): unknown;
}

/** Schema that an Ajv instance has compiled or stored. */
interface Environment {
  readonly schema: unknown;
  readonly meta?: boolean | undefined;
}

const twins = new WeakMap<SchemaCompiler, AjvParts>();

/**
 * Creates an Ajv with the formats, keywords and schemas of the given one that never changes a
 * value. An Ajv that fills in defaults, converts types or removes fields would validate something
 * that is not sent.
 * @returns the given instance if it is not an Ajv 8
 */
export function readingAjv(given: SchemaCompiler): SchemaCompiler {
  if (!isAjv(given)) return given;
  const twin = twins.get(given) ?? twinOf(given);
  if (twin === undefined) return given;
  twins.set(given, twin);
  for (const [key, schema] of addedSchemas(given))
    if (!(key in twin.schemas) && !(key in twin.refs)) twin.addSchema(schema, key);
  return twin;
}

/** Returns the schemas that were added with `addSchema`, with their keys. */
export function addedSchemas(ajv: SchemaCompiler): (readonly [key: string, schema: unknown])[] {
  if (!isAjv(ajv)) return [];
  return Object.entries({ ...ajv.refs, ...ajv.schemas }).flatMap(([key, environment]) =>
    typeof environment === 'object' && environment.meta !== true ? [[key, environment.schema] as const] : [],
  );
}

/**
 * Creates a second instance of the same class.
 * @returns undefined for an application class whose constructor takes other arguments
 */
function twinOf(given: AjvParts): AjvParts | undefined {
  const Class = given.constructor as new (options: object) => AjvParts;
  const twin = made(
    () =>
      new Class({
        ...given.opts,
        ...{ useDefaults: false, coerceTypes: false, removeAdditional: false, verbose: true },
        ...{ schemas: undefined, keywords: undefined, formats: undefined },
      }),
  );
  if (twin === undefined) return undefined;
  twin.formats = given.formats;
  twin.RULES = given.RULES;
  return twin;
}

function made(make: () => AjvParts): AjvParts | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}

function isAjv(ajv: SchemaCompiler): ajv is AjvParts {
  const parts = ajv as Partial<AjvParts>;
  return [parts.opts, parts.schemas, parts.refs, parts.formats, parts.RULES].every(
    (part) => typeof part === 'object' && (part as unknown) !== null,
  );
}
