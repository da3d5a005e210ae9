import type { SchemaCompiler } from './ajv-schema';

/** As much of an Ajv 8 as is needed to make another that knows the same. */
interface AjvParts extends SchemaCompiler {
  readonly opts: object;
  readonly schemas: Record<string, Environment | undefined>;
  readonly refs: Record<string, Environment | string | undefined>;
  formats: object;
  RULES: object;
  addSchema(schema: unknown, key: string): unknown;
}

/** A schema that an Ajv knows. */
interface Environment {
  readonly schema: unknown;
  readonly meta?: boolean | undefined;
}

const twins = new WeakMap<SchemaCompiler, AjvParts>();

/**
 * An Ajv with the formats, keywords and schemas of the given one that judges a value as it is: one that fills in defaults,
 * converts types or removes fields would judge something that is not sent.
 * @returns the given one if it is no Ajv 8
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

/** The schemas that an Ajv was given by `addSchema`, by their keys. */
export function addedSchemas(ajv: SchemaCompiler): (readonly [key: string, schema: unknown])[] {
  if (!isAjv(ajv)) return [];
  return Object.entries({ ...ajv.refs, ...ajv.schemas }).flatMap(([key, environment]) =>
    typeof environment === 'object' && environment.meta !== true ? [[key, environment.schema] as const] : [],
  );
}

/** @returns undefined for a class of the application whose constructor takes something else */
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
