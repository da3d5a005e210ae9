/**
 * A definition needs its schema twice: to validate, and to be documented. A schema that can only validate would leave a hole in
 * the documents where nobody looks for one, and an asynchronous one could be asked only after the event has gone out. So both
 * are refused here, when they are defined.
 */
import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import { describeError } from '../event/normal-form';
import { quoted } from '../common/printable';
import { plainReferences } from './compare/plain-references';
import { isSchema, JSON_SCHEMA_DIALECT, type JsonSchema } from './json-schema';
import { sampleOf } from './sample-value';
import { staticMessages } from './static-messages';

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
export type InputOf<Schema extends EventSchema> = StandardSchemaV1.InferInput<Schema>;

/** One thing that a schema refuses. Schemas made by this library's adapters say which check of the application it was. */
export type Issue = StandardSchemaV1.Issue & {
  /** The name of a check that is not one of the library's own, as the schema has it.  @default none is known */
  readonly check?: string | undefined;
  /**
   * Completes "must be", where the JSON Schema does not say all of it. Other libraries have `expected`, which quotes values.
   * @default what the JSON Schema says
   */
  readonly '~expected'?: string | undefined;
  /** Whether it is a field that the schema does not declare.  @default the schema's library does not tell */
  readonly isUndeclared?: boolean | undefined;
  /** Whether the key at the end of the path is refused, not what stands under it.  @default false */
  readonly isRefusedKey?: boolean | undefined;
};
/** What an adapter of this library gives of the many issues that a value can have. */
export type IssueList = readonly Issue[] & {
  /** How many there are beyond those in the list.  @default 0 */
  readonly omitted?: number | undefined;
};
export type Validate = (value: unknown) => StandardSchemaV1.Result<unknown> | Promise<StandardSchemaV1.Result<unknown>>;

export interface ReadSchema {
  readonly validate: Validate;
  /** As it is documented. */
  readonly json: JsonSchema;
  /** The same with every reference as a pointer from its root, so that it can be followed. */
  readonly plain: JsonSchema;
  /** Whether an object that does not say so takes fields which it does not declare: so in JSON Schema, not in the libraries. */
  readonly isOpen: boolean;
  /** Messages of its checks that quote no value. */
  readonly messages: ReadonlySet<string>;
}

export interface SchemaFault {
  readonly what: string;
  readonly fix: string;
}

/** What the adapters of this library say of a schema besides. */
interface AdaptedSchema {
  readonly async?: unknown;
  /** Why it cannot be the schema of an event. */
  readonly refusal?: () => SchemaFault | undefined;
}

const NO_JSON_SCHEMA =
  'valibot: toStandardJsonSchema(schema) of @valibot/to-json-schema; a JSON Schema: jsonSchema({...}) of nestjs-event-tracking/json-schema; a class with class-validator: dto(Class) of nestjs-event-tracking/class-validator; zod from 4.2, arktype from 2.1.28';

/** Definitions share schemas, and what has been asked of one need not be asked again. */
const read = new WeakMap<object, ReadSchema | SchemaFault>();

/** @returns the fault, if it cannot be a definition's schema; the same for the same schema */
export function readEventSchema(schema: unknown): ReadSchema | SchemaFault {
  if ((typeof schema !== 'object' && typeof schema !== 'function') || schema === null) return readAnew(schema);
  const known = read.get(schema) ?? readAnew(schema);
  read.set(schema, known);
  return known;
}

function readAnew(schema: unknown): ReadSchema | SchemaFault {
  const standard = standardOf(schema);
  if (typeof standard?.validate !== 'function')
    return { what: 'it is no Standard Schema', fix: `z.object({...}), type({...}); ${NO_JSON_SCHEMA}` };
  if (typeof standard.jsonSchema?.input !== 'function') {
    return {
      what: `it is a schema of ${String(standard.vendor)} that validates but gives no JSON Schema, so the event could not be documented`,
      fix: NO_JSON_SCHEMA,
    };
  }
  const { async, refusal } = schema as AdaptedSchema;
  if (async === true) return ASYNCHRONOUS;
  const refused = typeof refusal === 'function' ? refusal() : undefined;
  if (refused !== undefined) return refused;
  const json = jsonSchemaOf(standard as StandardJSONSchemaV1.Props & StandardSchemaV1.Props);
  if (isFault(json)) return json;
  const { schema: plain, unfollowed } = plainReferences(json);
  if (unfollowed.length > 0) return notFollowed(json, unfollowed);
  const validate = validatorOf(schema as object, standard as StandardSchemaV1.Props);
  const promises: Promise<unknown>[] = [];
  // A check of a union or a record is reached only by a value that fits it.
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

/** Of the adapter for JSON Schema objects: there, an object is open unless it says that it is not. */
export const JSON_SCHEMA_VENDOR = 'json-schema';

const ASYNCHRONOUS: SchemaFault = {
  what: 'it validates asynchronously, and emit waits for nothing',
  fix: 'leave the asynchronous check out of the schema; what has to be asked for belongs in an AsyncProcessor',
};

/**
 * By the standard, zod answers with a promise where a check throws, since it may have been an asynchronous one. Its own method
 * tells the two apart.
 */
function validatorOf(schema: object, standard: StandardSchemaV1.Props): Validate {
  const { safeParse } = schema as { readonly safeParse?: unknown };
  if (standard.vendor !== 'zod' || typeof safeParse !== 'function') return standard.validate.bind(standard); // of a class, it may need its `this`
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

/** Why a schema does not let a value through; undefined if it does. Never throws. */
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

export function isFault(read: ReadSchema | JsonSchema | SchemaFault): read is SchemaFault {
  return 'what' in read && 'fix' in read;
}

type PartialStandard = Partial<StandardSchemaV1.Props & StandardJSONSchemaV1.Props> | undefined;

function standardOf(schema: unknown): PartialStandard {
  if ((typeof schema !== 'object' && typeof schema !== 'function') || schema === null) return undefined; // a type of arktype is a function
  return (schema as { '~standard'?: PartialStandard })['~standard'];
}

/** A schema that fails for a sample may be right all the same: the sample is a guess. */
function asked(validate: Validate, sample: unknown): void {
  try {
    void validate(sample);
  } catch {
    // Of a check that does not expect it.
  }
}

function jsonSchemaOf(standard: StandardJSONSchemaV1.Props): JsonSchema | SchemaFault {
  const refused: string[] = [];
  let made: unknown;
  try {
    const libraryOptions = LIBRARY_OPTIONS[standard.vendor]?.(refused);
    made = standard.jsonSchema.input({ target: 'draft-2020-12', ...(libraryOptions && { libraryOptions }) });
  } catch (error) {
    return notWritten(describeError(error));
  }
  if (refused.length > 0) return notWritten(`it holds ${[...new Set(refused)].join(', ')}`);
  if (!isSchema(made)) return notWritten('its JSON Schema is no object');
  return { $schema: JSON_SCHEMA_DIALECT, ...(JSON.parse(JSON.stringify(made)) as JsonSchema) };
}

/** Fields behind such a reference would be on no page, in no comparison, and look undeclared. */
function notFollowed(json: JsonSchema, references: readonly string[]): SchemaFault {
  const shown = references.slice(0, 5).map((reference) => `${pointerTo(json, reference)} is ${quoted(reference)}`);
  return {
    what: `it has a reference that leads out of the schema: ${shown.join(', ')}`,
    fix: 'put the schema that it names into $defs, with its $id, or give it to the Ajv by addSchema before the definition',
  };
}

/** Where a reference is written, as a JSON pointer. */
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

function notWritten(why: string): SchemaFault {
  return {
    what: `it has no JSON Schema (${why})`,
    fix: 'describe the event as it is written: text, numbers, booleans, null, Date, and objects and lists of these (docs/values.md)',
  };
}

/** An event can hold a Date, which JSON Schema does not know: it is documented as the text that it is written as. */
const DATE = { type: 'string', format: 'date-time' };

/** What has no place in an event, so that no event could ever fit; by the names of zod. */
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

/** What the libraries have to be told in their own words. */
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
    // Checks that JSON Schema has no words for are still made: only what has no place in an event is refused.
    errorMode: 'ignore',
    overrideSchema: ({ valibotSchema }: { readonly valibotSchema: { readonly type: string } }) => {
      const { type } = valibotSchema;
      if (NOT_IN_EVENTS.has(type)) refused.push(`a ${type}`);
      return type === 'date' ? DATE : undefined;
    },
  }),
};

/** Describing an issue costs more than finding it: so an adapter describes as many as are looked at. */
const MAX_ISSUES = 101;

/** @param describe called for the first of them alone */
export function issueList<Found>(found: readonly Found[], describe: (each: Found) => Issue): IssueList {
  const issues = found.slice(0, MAX_ISSUES).map(describe);
  return Object.assign(issues, { omitted: found.length - issues.length });
}
