import type { ErrorObject, ValidateFunction } from 'ajv';
import { showInFull, showValue } from '../../common/tracking-config.exception';
import { describeError, hasDates } from '../../event/normal-form';
import { plainReferences } from '../plain-references';
import { JSON_SCHEMA_VENDOR, type EventSchema } from '../event-schema';
import { issueList, type Issue } from '../issue';
import { isSchema, type JsonSchema } from '../json-schema';
import type { SchemaError } from '../schema-error';
import { bundledSchema } from './bundled-schema';
import { Failures, fieldOf, STANDARD } from './failures';
import { ajvFor } from './peers';
import { addedSchemas, readingAjv } from './reading-ajv';
import type { SchemaCompiler } from './schema-compiler';

export interface JsonSchemaOptions {
  /**
   * Ajv 8 instance with the application's own formats, keywords or schemas. It should report all
   * errors (`allErrors: true`). Options that change the validated value (`useDefaults`,
   * `coerceTypes`, `removeAdditional`) have no effect.
   * @default an instance for the draft in `$schema` (2020-12 without it) that ignores formats
   */
  readonly ajv?: SchemaCompiler | undefined;
}

/**
 * Uses a JSON Schema as the schema of an event. The event is never changed. A Date is validated as
 * its serialized string. As in JSON Schema, objects are open unless they set `additionalProperties:
 * false`.
 * @param Data type of the data, which TypeScript cannot infer from the schema
 * @returns a schema; `defineEvent` and `defineContext` reject it, with the name of the event, if
 * Ajv cannot compile it
 */
export function jsonSchema<Data extends object = object>(
  schema: JsonSchema,
  { ajv }: JsonSchemaOptions = {},
): EventSchema<Data, Data> {
  const check = compiled(schema, ajv);
  if (typeof check !== 'function') return refusedSchema(check);
  const own = ownKeywords(schema);
  const bundle = bundledSchema(schema, ajv === undefined ? [] : addedSchemas(ajv));
  const failures = new Failures(schema);
  const made = (): Record<string, unknown> => ({ ...bundle });
  // A keyword of the application may write into the value, so such schemas get a copy.
  const givenTo = ajv === undefined ? (value: unknown) => (hasDates(value) ? copyOf(value) : value) : copyOf;
  return {
    '~standard': {
      version: 1,
      vendor: JSON_SCHEMA_VENDOR,
      validate: (value) => {
        const isFit: unknown = check(givenTo(value));
        if (isFit instanceof Promise) return isFit as Promise<never>; // of a schema with $async, which defineEvent rejects
        return isFit === true
          ? { value: value as Data }
          : { issues: issueList(failures.of(check.errors ?? []), (error) => issueOf(error, own)) };
      },
      jsonSchema: { input: made, output: made },
    },
  };
}

function compiled(schema: unknown, ajv: SchemaCompiler | undefined): ValidateFunction | SchemaError {
  if (!isSchema(schema))
    return {
      what: `it is jsonSchema(${showValue(schema)}), which is not an object`,
      fix: "jsonSchema({ type: 'object', properties: { … } })",
    };
  const compiler = ajv === undefined ? ajvFor(schema['$schema']) : readingAjv(ajv);
  if (compiler === undefined)
    return {
      what: `its $schema is ${showInFull(schema['$schema'])}, which Ajv 8 does not support`,
      fix: 'use a schema of 2020-12, 2019-09, draft-07 or draft-06, or pass an Ajv that supports this one: jsonSchema(schema, { ajv })',
    };
  try {
    return compiler.compile(schema) as ValidateFunction;
  } catch (error) {
    const title = typeof schema['title'] === 'string' ? ` (title ${showInFull(schema['title'])})` : '';
    return { what: `Ajv rejects it${title}: ${describeError(error)}`, fix: fixOf(schema) };
  }
}

/** Creates a schema that its definition rejects with an error that names the event. */
function refusedSchema<Data extends object>(error: SchemaError): EventSchema<Data, Data> {
  const refuse = (): never => {
    throw new TypeError(`jsonSchema(...) cannot be used: ${error.what}. Fix: ${error.fix}.`);
  };
  const standard: EventSchema<Data, Data>['~standard'] = {
    version: 1,
    vendor: JSON_SCHEMA_VENDOR,
    validate: refuse,
    jsonSchema: { input: refuse, output: refuse },
  };
  return Object.assign({ '~standard': standard }, { refusal: () => error });
}

function fixOf(schema: JsonSchema): string {
  const { unfollowed } = plainReferences(schema);
  return unfollowed.length > 0
    ? 'put the schemas that it refers to into its $defs, or add them to your Ajv with addSchema: jsonSchema(schema, { ajv })'
    : 'correct the schema where Ajv reports the error; custom keywords and formats need an Ajv that knows them: jsonSchema(schema, { ajv })';
}

/** Converts an event to plain values. A Date is validated as its serialized string. */
function copyOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf);
  if (value instanceof Date) return value.toJSON();
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, copyOf(each)]));
}

/**
 * Returns the application's own keywords in a schema. Their names never come from an event value.
 */
function ownKeywords(schema: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (typeof schema !== 'object' || schema === null) return found;
  for (const [key, value] of Object.entries(schema)) {
    if (!STANDARD.has(key)) found.add(key);
    ownKeywords(value, found);
  }
  return found;
}

const UNDECLARED = new Set(['additionalProperties', 'unevaluatedProperties', 'false schema']);

/** Creates an issue. `instancePath` is an RFC 6901 pointer such as `/answers/0/a~1b`. */
function issueOf({ instancePath, keyword, params, message = keyword }: ErrorObject, own: ReadonlySet<string>): Issue {
  const path = instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const below = fieldOf(params);
  const at = below === undefined ? path : [...path, below];
  const isUndeclared = UNDECLARED.has(keyword) && at.length > 0;
  const issue = { message, path: at, isUndeclared, isRefusedKey: keyword === 'propertyNames' };
  return own.has(keyword) ? { ...issue, check: keyword } : issue;
}
