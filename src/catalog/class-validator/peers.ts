import type * as ClassTransformer from 'class-transformer';
import type * as ClassValidator from 'class-validator';
import type * as ClassValidatorJsonSchema from 'class-validator-jsonschema';
import { requirePeer } from '../../routing/require-peer';

const use = {
  entry: 'nestjs-event-tracking/class-validator',
  peers: ['class-validator', 'class-transformer', 'class-validator-jsonschema'],
};

/* eslint-disable @typescript-eslint/no-require-imports -- an import that fails cannot say what mends it */
export const { plainToInstance } = requirePeer(
  'class-transformer',
  use,
  () => require('class-transformer') as typeof ClassTransformer,
);
/** What `@Type` has said, which class-transformer does not export by its main entry. */
export const { defaultMetadataStorage } = requirePeer(
  'class-transformer',
  use,
  () => require('class-transformer/cjs/storage') as { readonly defaultMetadataStorage: object },
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
