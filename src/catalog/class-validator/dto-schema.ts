import { describeError } from '../../common/describe-error';
import type { EventSchema } from '../event-schema';
import type { SchemaError } from '../schema-error';
import type { JsonSchema } from '../json-schema';
import { fieldsOf, reachedFrom, type DtoField, type DtoType } from './dto-class';
import { documentOf } from './dto-document';
import { missingIn, validateAs } from './dto-validation';
import { getMetadataStorage } from './peers';

/** Class with class-validator decorators. */
export type DtoClass<Data extends object> = new (...args: never[]) => Data;

/**
 * Uses a DTO with class-validator decorators as the schema of an event. Events may be plain objects
 * or instances and are never changed. `@Type` of class-transformer declares the nested classes.
 * `defineEvent` rejects a class that cannot be validated: one with an asynchronous validator, with
 * a constructor that needs arguments, or with `@ValidateNested` but no `@Type`, at any depth.
 */
export function dto<Data extends object>(type: DtoClass<Data>): EventSchema<Data, Data> {
  const made = (): Record<string, unknown> => ({ ...jsonSchemaOf(type) });
  const schema: EventSchema<Data, Data> = {
    '~standard': {
      version: 1,
      vendor: 'class-validator',
      validate: (value) => {
        if (typeof value !== 'object' || value === null) return { issues: [{ message: 'it is not an object' }] };
        const issues = validateAs(type, value);
        if (issues instanceof Promise) return issues;
        return issues.length === 0 ? { value: value as Data } : { issues };
      },
      jsonSchema: { input: made, output: made },
    },
  };
  return Object.assign(schema, { refusal: () => errorOf(type) });
}

/** Creates the schema. A field with an initial value is not required, because validation passes. */
function jsonSchemaOf(type: DtoType): JsonSchema {
  const missing = new Map<DtoType, ReadonlySet<string>>();
  const isRequired = (of: DtoType, field: DtoField): boolean => {
    const names = missing.get(of) ?? missingIn(of as DtoClass<object>);
    missing.set(of, names);
    return names.has(field.name) && field.conditions.length === 0;
  };
  return documentOf(type, isRequired);
}

/** Returns the reason why events cannot be validated as this class, if there is one. */
function errorOf(type: DtoType): SchemaError | undefined {
  if (typeof type !== 'function') return { what: 'dto() was called without a class', fix: 'use dto(EnrolmentDto)' };
  if (fieldsOf(type).length === 0)
    return {
      what: `${type.name} has no class-validator decorators`,
      fix: 'decorate its fields: @IsString() course_id!: string',
    };
  for (const each of reachedFrom(type)) {
    const error = constructorError(each) ?? asynchronousError(each) ?? untypedError(each);
    if (error !== undefined) return error;
  }
  return undefined;
}

function constructorError(type: DtoType): SchemaError | undefined {
  try {
    new (type as DtoClass<object>)();
    return undefined;
  } catch (error) {
    return {
      what: `an instance of ${type.name} cannot be created without arguments (${describeError(error)})`,
      fix: `declare the fields of ${type.name} without a constructor, or with one that needs no arguments`,
    };
  }
}

function asynchronousError(type: DtoType): SchemaError | undefined {
  const storage = getMetadataStorage();
  const field = fieldsOf(type).find(({ rules }) =>
    rules.some(({ metadata: { constraintCls } }) =>
      storage.getTargetValidatorConstraints(constraintCls).some(isAsynchronous),
    ),
  );
  return (
    field && {
      what: `it validates asynchronously (${type.name}.${field.name}), but emit is synchronous`,
      fix: 'remove the asynchronous check from the class, and run it in an AsyncProcessor',
    }
  );
}

function isAsynchronous({ async, target }: { readonly async: boolean; readonly target: unknown }): boolean {
  const { validate } = ((target as DtoType).prototype ?? {}) as { readonly validate?: unknown };
  return async || Object.prototype.toString.call(validate) === '[object AsyncFunction]';
}

/** Finds nested fields without `@Type`. class-validator checks only nested class instances. */
function untypedError(type: DtoType): SchemaError | undefined {
  const field = fieldsOf(type).find(({ isNested, isTyped }) => isNested && !isTyped);
  return (
    field && {
      what: `${type.name}.${field.name} has @ValidateNested without @Type, so its value would not be validated`,
      fix: `add @Type(() => Item) next to @ValidateNested, with the class of ${field.name}`,
    }
  );
}
