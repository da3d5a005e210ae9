/**
 * Reads schemas of definitions. A definition uses its schema twice, to validate and to document. A
 * schema that can only validate would leave a gap in the documents, and an asynchronous one would
 * answer after the event is sent. Both are rejected when they are defined.
 */
import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import { describeError } from '../event/normal-form';
import { quoted } from '../common/printable';
import { plainReferences } from './plain-references';
import type { JsonSchema } from './json-schema';
import { libraryJsonSchema } from './library-json-schema';
import { sampleOf } from './sample-value';
import { isSchemaError, type SchemaError } from './schema-error';
import { staticMessages } from './static-messages';
import type { Validate } from './validate';

/**
 * Schema of zod 4, arktype 2, valibot (with `toStandardJsonSchema`), or any other library that
 * implements both standards.
 */
export interface EventSchema<Input = unknown, Output = unknown> {
  readonly '~standard': StandardSchemaV1.Props<Input, Output> & StandardJSONSchemaV1.Props<Input, Output>;
}

/**
 * Type of the data passed to `emit`. It is the input type of the schema, because the output of the
 * schema never replaces the event.
 */
export type SchemaInput<Schema extends EventSchema> = StandardSchemaV1.InferInput<Schema>;

export interface ReadSchema {
  readonly validate: Validate;
  /** JSON Schema as documented. */
  readonly json: JsonSchema;
  /** The same schema with every reference as a pointer from its root. */
  readonly plain: JsonSchema;
  /**
   * True if an object that does not say otherwise accepts undeclared fields, as in JSON Schema.
   * False for the schema libraries.
   */
  readonly isOpen: boolean;
  /** Messages of its checks that quote no value. */
  readonly messages: ReadonlySet<string>;
}

/** Properties that the adapters of this library add to a schema. */
interface AdaptedSchema {
  readonly async?: unknown;
  /** Returns the reason why it cannot be the schema of an event. */
  readonly refusal?: () => SchemaError | undefined;
}

const NO_JSON_SCHEMA =
  'valibot: toStandardJsonSchema(schema) of @valibot/to-json-schema; a JSON Schema: jsonSchema({...}) of nestjs-event-tracking/json-schema; a class with class-validator: dto(Class) of nestjs-event-tracking/class-validator; zod from 4.2, arktype from 2.1.28';

/** Results by schema, because definitions share schemas. */
const read = new WeakMap<object, ReadSchema | SchemaError>();

/**
 * Reads the schema of a definition. The result is cached for each schema.
 * @returns an error if a definition cannot use the schema
 */
export function readEventSchema(schema: unknown): ReadSchema | SchemaError {
  if ((typeof schema !== 'object' && typeof schema !== 'function') || schema === null) return readUncached(schema);
  const known = read.get(schema) ?? readUncached(schema);
  read.set(schema, known);
  return known;
}

function readUncached(schema: unknown): ReadSchema | SchemaError {
  const standard = standardOf(schema);
  if (typeof standard?.validate !== 'function')
    return { what: 'it is not a Standard Schema', fix: `z.object({...}), type({...}); ${NO_JSON_SCHEMA}` };
  if (typeof standard.jsonSchema?.input !== 'function') {
    return {
      what: `it is a schema of ${String(standard.vendor)} that validates but provides no JSON Schema, so the event cannot be documented`,
      fix: NO_JSON_SCHEMA,
    };
  }
  const { async, refusal } = schema as AdaptedSchema;
  if (async === true) return ASYNCHRONOUS;
  const refused = typeof refusal === 'function' ? refusal() : undefined;
  if (refused !== undefined) return refused;
  const json = libraryJsonSchema(standard as StandardJSONSchemaV1.Props & StandardSchemaV1.Props);
  if (isSchemaError(json)) return json;
  const { schema: plain, unfollowed } = plainReferences(json);
  if (unfollowed.length > 0) return notFollowed(json, unfollowed);
  const validate = validatorOf(schema as object, standard as StandardSchemaV1.Props);
  const promises: Promise<unknown>[] = [];
  // A check inside a union or a record runs only for a matching value.
  const watched: Validate = (value) => {
    const answer = validate(value);
    if (answer instanceof Promise) {
      promises.push(answer);
      answer.catch(() => undefined);
    }
    return answer;
  };
  asked(watched, sampleOf(plain));
  const messages = staticMessages(watched, plain);
  if (promises.length > 0) return ASYNCHRONOUS;
  return { validate, json, plain, isOpen: standard.vendor === JSON_SCHEMA_VENDOR, messages };
}

/** Vendor of the adapter for JSON Schema objects, in which objects are open by default. */
export const JSON_SCHEMA_VENDOR = 'json-schema';

const ASYNCHRONOUS: SchemaError = {
  what: 'it validates asynchronously, but emit is synchronous',
  fix: 'remove the asynchronous check from the schema, and run it in an AsyncProcessor',
};

/**
 * Returns the validator. By the standard, zod answers with a promise if a check throws, because the
 * check may be asynchronous. Its own method tells the two cases apart.
 */
function validatorOf(schema: object, standard: StandardSchemaV1.Props): Validate {
  const { safeParse } = schema as { readonly safeParse?: unknown };
  if (standard.vendor !== 'zod' || typeof safeParse !== 'function') return standard.validate.bind(standard); // a method of a class may need `this`
  const parse = safeParse.bind(schema) as (value: unknown) => ZodResult;
  return (value) => {
    try {
      const { success, data, error } = parse(value);
      return success ? { value: data } : { issues: error.issues };
    } catch (error) {
      if ((error as { constructor?: { name?: unknown } } | null)?.constructor?.name === '$ZodAsyncError')
        return Promise.resolve({ value });
      throw error;
    }
  };
}

interface ZodResult {
  readonly success: boolean;
  readonly data: unknown;
  readonly error: { readonly issues: readonly StandardSchemaV1.Issue[] };
}

/** Returns the reason why a schema rejects a value; undefined if it accepts it. Never throws. */
export function refusalOf({ validate }: ReadSchema, value: unknown): string | undefined {
  try {
    const answer = validate(value);
    if (!(answer instanceof Promise)) return answer.issues?.[0]?.message;
    answer.catch(() => undefined);
    return ASYNCHRONOUS.what;
  } catch (error) {
    return describeError(error);
  }
}

type PartialStandard = Partial<StandardSchemaV1.Props & StandardJSONSchemaV1.Props> | undefined;

function standardOf(schema: unknown): PartialStandard {
  if ((typeof schema !== 'object' && typeof schema !== 'function') || schema === null) return undefined; // arktype types are functions
  return (schema as { '~standard'?: PartialStandard })['~standard'];
}

/** Calls the schema with a sample. Errors are ignored, because the sample is only a guess. */
function asked(validate: Validate, sample: unknown): void {
  try {
    void validate(sample);
  } catch {
    // The check does not expect this value.
  }
}

/** Creates the error for outside references, whose fields would look undeclared. */
function notFollowed(json: JsonSchema, references: readonly string[]): SchemaError {
  const shown = references.slice(0, 5).map((reference) => `${pointerTo(json, reference)} is ${quoted(reference)}`);
  return {
    what: `it refers to schemas outside itself: ${shown.join(', ')}`,
    fix: 'put the referenced schema into $defs with its $id, or add it to your Ajv with addSchema before the definition',
  };
}

/** Returns the JSON pointer to a reference. */
function pointerTo(value: unknown, reference: string, at = '#'): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, each] of Object.entries(value)) {
    const pointer = `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (each === reference && /^\$(dynamic|recursive)?ref$/i.test(key)) return pointer;
    const below = pointerTo(each, reference, pointer);
    if (below !== undefined) return below;
  }
  return undefined;
}
