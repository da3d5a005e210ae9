import type { StandardSchemaV1 } from '@standard-schema/spec';

export type Validate = (value: unknown) => StandardSchemaV1.Result<unknown> | Promise<StandardSchemaV1.Result<unknown>>;
