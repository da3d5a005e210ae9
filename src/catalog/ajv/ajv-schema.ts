import type { ErrorObject, ValidateFunction } from 'ajv';
import { hasDates } from '../../event/normal-form';
import { issueList, JSON_SCHEMA_VENDOR, type EventSchema, type Issue } from '../event-schema';
import type { JsonSchema } from '../json-schema';
import { Ajv } from './peers';

/** As much of Ajv as is used: an instance of yours may have formats and keywords of its own. */
export interface SchemaCompiler {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Ajv's own types differ by the class for each draft
  compile(schema: any): any;
}

export interface JsonSchemaOptions {
  /** It should report all errors (`allErrors: true`).  @default one for 2020-12 that leaves formats unchecked */
  readonly ajv?: SchemaCompiler | undefined;
}

/**
 * A JSON Schema as the schema of an event. A Date of the event is held against it as the text that it is written as. Objects are
 * open unless they say `additionalProperties: false`, as JSON Schema has it.
 * @param Data what TypeScript takes for the data, since it cannot know it from the schema
 * @throws whatever Ajv throws for what is no schema
 */
export function jsonSchema<Data extends object = object>(
  schema: JsonSchema,
  { ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false }) }: JsonSchemaOptions = {},
): EventSchema<Data, Data> {
  const check = ajv.compile(schema) as ValidateFunction;
  const own = ownKeywords(schema);
  const made = (): Record<string, unknown> => ({ ...schema });
  return {
    '~standard': {
      version: 1,
      vendor: JSON_SCHEMA_VENDOR,
      validate: (value) => {
        const isFit: unknown = check(hasDates(value) ? JSON.parse(JSON.stringify(value)) : value);
        if (isFit instanceof Promise) return isFit as Promise<never>; // of a schema with $async, which is refused
        return isFit === true
          ? { value: value as Data }
          : { issues: issueList(check.errors ?? [], (error) => issueOf(error, own)) };
      },
      jsonSchema: { input: made, output: made },
    },
  };
}

/** Those of JSON Schema and of Ajv, of which the message is never shown. */
const STANDARD = new Set([
  ...['type', 'enum', 'const', 'multipleOf', 'maximum', 'exclusiveMaximum', 'minimum', 'exclusiveMinimum'],
  ...[
    'maxLength',
    'minLength',
    'pattern',
    'format',
    'maxItems',
    'minItems',
    'uniqueItems',
    'maxContains',
    'minContains',
  ],
  ...['maxProperties', 'minProperties', 'required', 'dependentRequired', 'dependencies', 'additionalProperties'],
  ...[
    'unevaluatedProperties',
    'propertyNames',
    'contains',
    'items',
    'prefixItems',
    'additionalItems',
    'unevaluatedItems',
  ],
  ...['allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else', 'false schema', 'nullable', 'discriminator', '$ref'],
]);

/** The keywords of the application that stand in a schema: their names are not made of any value. */
function ownKeywords(schema: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (typeof schema !== 'object' || schema === null) return found;
  for (const [key, value] of Object.entries(schema)) {
    if (!STANDARD.has(key)) found.add(key);
    ownKeywords(value, found);
  }
  return found;
}

/** RFC 6901: a path as `/answers/0/a~1b`. */
function issueOf({ instancePath, keyword, params, message = keyword }: ErrorObject, own: ReadonlySet<string>): Issue {
  const path = instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const { missingProperty, additionalProperty } = params as { missingProperty?: string; additionalProperty?: string };
  const below = missingProperty ?? additionalProperty;
  const at = below === undefined ? path : [...path, below];
  return own.has(keyword) ? { message, path: at, check: keyword } : { message, path: at };
}
