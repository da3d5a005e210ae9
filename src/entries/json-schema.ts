export { jsonSchema } from '../catalog/ajv/ajv-schema';
export type { JsonSchemaOptions } from '../catalog/ajv/ajv-schema';
export type { SchemaCompiler } from '../catalog/ajv/schema-compiler';
