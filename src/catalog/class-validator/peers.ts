import type * as ClassTransformer from 'class-transformer';
import type * as ClassValidator from 'class-validator';
import type * as ClassValidatorJsonSchema from 'class-validator-jsonschema';
import { requirePeer } from '../../routing/require-peer';

const use = {
  entry: 'nestjs-event-tracking/class-validator',
  peers: ['class-validator', 'class-transformer', 'class-validator-jsonschema'],
};

type ByClass = ReadonlyMap<unknown, ReadonlyMap<string | undefined, unknown>>;

interface NamedMetadata {
  readonly propertyName: string;
  readonly options?: { readonly name?: string } | undefined;
}

/** The part of class-transformer's metadata storage that is read here. */
interface TransformerStorage {
  readonly _typeMetadatas: ByClass;
  readonly _transformMetadatas: ByClass;
  getStrategy(type: object): 'none' | 'excludeAll' | 'exposeAll';
  getExposedMetadatas(type: object): readonly NamedMetadata[];
  getExcludedMetadatas(type: object): readonly NamedMetadata[];
}

/** The part of class-transformer's executor that is overridden here; it calls both methods for nested values. */
interface TransformerExecutor {
  transform(source: unknown, value: unknown, type: unknown, listType: unknown, isMap: boolean, level: number): unknown;
  getKeys(type: unknown, value: object, isMap: boolean): string[];
}

/* eslint-disable @typescript-eslint/no-require-imports -- an import that fails cannot say what mends it */
export const { TransformationType } = requirePeer(
  'class-transformer',
  use,
  () => require('class-transformer') as typeof ClassTransformer,
);
/** Holds what the decorators say; class-transformer does not export it by its main entry. */
export const { defaultMetadataStorage } = requirePeer(
  'class-transformer',
  use,
  () => require('class-transformer/cjs/storage') as { readonly defaultMetadataStorage: TransformerStorage },
);
/** Does the work of `plainToInstance`; class-transformer does not export it by its main entry. */
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
export const { getMetadataStorage, validateSync } = classValidator;
export const { validationMetadatasToSchemas } = requirePeer(
  'class-validator-jsonschema',
  use,
  () => require('class-validator-jsonschema') as typeof ClassValidatorJsonSchema,
);
/* eslint-enable @typescript-eslint/no-require-imports */
