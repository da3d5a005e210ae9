export { jsonSchema } from '../catalog/ajv/ajv-schema';
export type { JsonSchemaOptions, SchemaCompiler } from '../catalog/ajv/ajv-schema';
