import type * as ClassTransformer from 'class-transformer';
import type * as ClassValidator from 'class-validator';
import type { ValidationError, ValidatorOptions } from 'class-validator';
import type * as ClassValidatorJsonSchema from 'class-validator-jsonschema';
import { requirePeer } from '../../common/require-peer';

const use = {
  entry: 'nestjs-event-tracking/class-validator',
  peers: ['class-validator', 'class-transformer', 'class-validator-jsonschema'],
};

type ByClass = ReadonlyMap<unknown, ReadonlyMap<string | undefined, unknown>>;

interface NamedMetadata {
  readonly propertyName: string;
  readonly options?: { readonly name?: string } | undefined;
}

/** Part of the metadata storage of class-transformer that this package reads. */
interface TransformerStorage {
  readonly _typeMetadatas: ByClass;
  readonly _transformMetadatas: ByClass;
  getStrategy(type: object): 'none' | 'excludeAll' | 'exposeAll';
  getExposedMetadatas(type: object): readonly NamedMetadata[];
  getExcludedMetadatas(type: object): readonly NamedMetadata[];
  findTypeMetadata(type: object, property: string): TypeMetadata | undefined;
}

/** Metadata of `@Type` on a property. */
interface TypeMetadata {
  readonly reflectedType: unknown;
  readonly typeFunction: () => unknown;
  readonly options: {
    readonly discriminator?: { readonly property: string; readonly subTypes: readonly { readonly value: unknown }[] };
  };
}

/** Part of the executor of class-validator that this package uses. */
interface Executor {
  /** Promises of asynchronous validators; `validateSync` drops them silently. */
  readonly awaitingPromises: readonly Promise<unknown>[];
  execute(instance: object, schema: string, errors: ValidationError[]): void;
  stripEmptyErrors(errors: ValidationError[]): ValidationError[];
}

/**
 * Part of the executor of class-transformer that is overridden. It calls both for nested values.
 */
interface TransformerExecutor {
  transform(source: unknown, value: unknown, type: unknown, listType: unknown, isMap: boolean, level: number): unknown;
  getKeys(type: unknown, value: object, isMap: boolean): string[];
}

/* eslint-disable @typescript-eslint/no-require-imports -- an import that fails cannot say what fixes it */
export const { TransformationType } = requirePeer(
  'class-transformer',
  use,
  () => require('class-transformer') as typeof ClassTransformer,
);
/** Metadata of the decorators. The main entry of class-transformer does not export it. */
export const { defaultMetadataStorage } = requirePeer(
  'class-transformer',
  use,
  () => require('class-transformer/cjs/storage') as { readonly defaultMetadataStorage: TransformerStorage },
);
/** Executor behind `plainToInstance`. The main entry of class-transformer does not export it. */
export const { TransformOperationExecutor } = requirePeer(
  'class-transformer',
  use,
  () =>
    require('class-transformer/cjs/TransformOperationExecutor') as {
      readonly TransformOperationExecutor: new (type: number, options: object) => TransformerExecutor;
    },
);
export const classValidator = requirePeer(
  'class-validator',
  use,
  () => require('class-validator') as typeof ClassValidator,
);
export const { getMetadataStorage, ValidationTypes } = classValidator;
/** Executor behind `validateSync`. It also reports asynchronous validators. It is not public. */
export const { ValidationExecutor } = requirePeer(
  'class-validator',
  use,
  () =>
    require('class-validator/cjs/validation/ValidationExecutor') as {
      readonly ValidationExecutor: new (validator: undefined, options: ValidatorOptions) => Executor;
    },
);
export const { validationMetadataArrayToSchemas } = requirePeer(
  'class-validator-jsonschema',
  use,
  () => require('class-validator-jsonschema') as typeof ClassValidatorJsonSchema,
);
/* eslint-enable @typescript-eslint/no-require-imports */
