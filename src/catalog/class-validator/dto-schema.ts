import { describeError } from '../../common/describe-error';
import type { EventSchema, SchemaFault } from '../event-schema';
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
 * `defineEvent` rejects a class that cannot be validated: one with an asynchronous validator, with a
 * constructor that needs arguments, or with `@ValidateNested` but no `@Type`, at any depth.
 */
export function dto<Data extends object>(type: DtoClass<Data>): EventSchema<Data, Data> {
  const made = (): Record<string, unknown> => ({ ...jsonSchemaOf(type) });
  const schema: EventSchema<Data, Data> = {
    '~standard': {
      version: 1,
      vendor: 'class-validator',
      validate: (value) => {
        if (typeof value !== 'object' || value === null) return { issues: [{ message: 'it is no object' }] };
        const issues = validateAs(type, value);
        if (issues instanceof Promise) return issues;
        return issues.length === 0 ? { value: value as Data } : { issues };
      },
      jsonSchema: { input: made, output: made },
    },
  };
  return Object.assign(schema, { refusal: () => faultOf(type) });
}

/** Required is what validation asks for, so a field with an initial value is not. */
function jsonSchemaOf(type: DtoType): JsonSchema {
  const missing = new Map<DtoType, ReadonlySet<string>>();
  const isRequired = (of: DtoType, field: DtoField): boolean => {
    const names = missing.get(of) ?? missingIn(of as DtoClass<object>);
    missing.set(of, names);
    return names.has(field.name) && field.conditions.length === 0;
  };
  return documentOf(type, isRequired);
}

/** Why events cannot be validated as this class, if they cannot. */
function faultOf(type: DtoType): SchemaFault | undefined {
  if (typeof type !== 'function') return { what: 'dto() was given no class', fix: 'dto(EnrolmentDto)' };
  if (fieldsOf(type).length === 0)
    return { what: `${type.name} has no decorator of class-validator`, fix: '@IsString() course_id!: string' };
  for (const each of reachedFrom(type)) {
    const fault = unmadeFault(each) ?? asynchronousFault(each) ?? untypedFault(each);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function unmadeFault(type: DtoType): SchemaFault | undefined {
  try {
    new (type as DtoClass<object>)();
    return undefined;
  } catch (error) {
    return {
      what: `an instance of ${type.name} cannot be made without arguments (${describeError(error)})`,
      fix: `declare the fields of ${type.name} without a constructor, or with one that needs no arguments`,
    };
  }
}

function asynchronousFault(type: DtoType): SchemaFault | undefined {
  const storage = getMetadataStorage();
  const field = fieldsOf(type).find(({ rules }) =>
    rules.some(({ metadata: { constraintCls } }) =>
      storage.getTargetValidatorConstraints(constraintCls).some(isAsynchronous),
    ),
  );
  return (
    field && {
      what: `it validates asynchronously (${type.name}.${field.name}), and emit waits for nothing`,
      fix: 'leave the asynchronous check out of the class; what has to be asked for belongs in an AsyncProcessor',
    }
  );
}

function isAsynchronous({ async, target }: { readonly async: boolean; readonly target: unknown }): boolean {
  const { validate } = ((target as DtoType).prototype ?? {}) as { readonly validate?: unknown };
  return async || Object.prototype.toString.call(validate) === '[object AsyncFunction]';
}

/** class-validator checks nothing of a nested value that is no instance of a class. */
function untypedFault(type: DtoType): SchemaFault | undefined {
  const field = fieldsOf(type).find(({ isNested, isTyped }) => isNested && !isTyped);
  return (
    field && {
      what: `${type.name}.${field.name} has @ValidateNested without @Type, so nothing of it would be validated`,
      fix: `@Type(() => Item) next to @ValidateNested, with the class of ${field.name}`,
    }
  );
}
