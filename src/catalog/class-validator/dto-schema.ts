import type { ValidationError } from 'class-validator';
import { issueList, type EventSchema, type Issue } from '../event-schema';
import type { JsonSchema } from '../json-schema';
import { instanceOf } from './dto-instance';
import {
  classValidator,
  defaultMetadataStorage,
  getMetadataStorage,
  validateSync,
  validationMetadatasToSchemas,
} from './peers';

/** A class with decorators of class-validator. */
export type DtoClass<Data extends object> = new (...args: never[]) => Data;

/** The names of the library's own checks, which it exports as constants: `IS_EMAIL = 'isEmail'`. */
const OWN_CHECKS = new Set(Object.values(classValidator).filter((each) => typeof each === 'string'));
const DEFINITIONS = '#/$defs/';

/**
 * A DTO with decorators of class-validator as the schema of an event. What is emitted may be plain or an instance; `@Type` of
 * class-transformer says what is nested in it. A class with a validator that is asynchronous is refused by `defineEvent`.
 */
export function dto<Data extends object>(type: DtoClass<Data>): EventSchema<Data, Data> {
  const made = (): Record<string, unknown> => ({ ...jsonSchemaOf(type) });
  const schema: EventSchema<Data, Data> = {
    '~standard': {
      version: 1,
      vendor: 'class-validator',
      validate: (value) => {
        if (typeof value !== 'object' || value === null) return { issues: [{ message: 'it is no object' }] };
        const instance = instanceOf(type, value);
        const failed = failedFields(validateSync(instance, { forbidUnknownValues: false }));
        return failed.length === 0 ? { value: value as Data } : { issues: issueList(failed, issueOf) };
      },
      jsonSchema: { input: made, output: made },
    },
  };
  return isAsynchronous(type) ? Object.assign(schema, { async: true }) : schema;
}

interface FailedField {
  readonly error: ValidationError;
  readonly parent: FailedField | undefined;
}

/** The fields that a check has refused, at any depth. */
function failedFields(
  errors: readonly ValidationError[],
  parent?: FailedField,
  found: FailedField[] = [],
): FailedField[] {
  for (const error of errors) {
    const field = { error, parent };
    if (Object.keys(error.constraints ?? {}).length > 0) found.push(field);
    failedFields(error.children ?? [], field, found);
  }
  return found;
}

/** One for a field: all of them say that it is wrong. */
function issueOf(field: FailedField): Issue {
  const [[check, message] = ['', '']] = Object.entries(field.error.constraints ?? {});
  const path: string[] = [];
  for (let at: FailedField | undefined = field; at !== undefined; at = at.parent) path.unshift(at.error.property);
  return OWN_CHECKS.has(check) ? { message, path } : { message, path, check };
}

/** The class, and those that its fields are of, as its definitions. */
function jsonSchemaOf(type: DtoClass<object>): JsonSchema {
  const all = validationMetadatasToSchemas({
    refPointerPrefix: DEFINITIONS,
    classTransformerMetadataStorage: defaultMetadataStorage as never,
  }) as unknown as Readonly<Record<string, JsonSchema>>;
  const own = all[type.name];
  if (own === undefined) throw new TypeError(`${type.name} has no decorator of class-validator`);
  const definitions: Record<string, JsonSchema> = {};
  collect(own, all, definitions);
  return Object.keys(definitions).length === 0 ? own : { ...own, $defs: definitions };
}

function collect(schema: unknown, all: Readonly<Record<string, JsonSchema>>, found: Record<string, JsonSchema>): void {
  if (typeof schema !== 'object' || schema === null) return;
  const { $ref } = schema as { readonly $ref?: unknown };
  const name = typeof $ref === 'string' ? $ref.slice(DEFINITIONS.length) : undefined;
  const meant = name === undefined || name in found ? undefined : all[name];
  if (name !== undefined && meant !== undefined) {
    found[name] = meant;
    collect(meant, all, found);
  }
  for (const child of Object.values(schema)) collect(child, all, found);
}

/** `validateSync` would pass over it in silence. */
function isAsynchronous(type: DtoClass<object>): boolean {
  const storage = getMetadataStorage();
  return storage.getTargetValidationMetadatas(type, '', false, false).some(({ constraintCls }) => {
    const constraint: unknown = constraintCls; // of type Function, and undefined for what nothing has to be asked of
    return (
      typeof constraint === 'function' && storage.getTargetValidatorConstraints(constraint).some((each) => each.async)
    );
  });
}
