export { MongoBackend } from './backends/mongo/mongo.backend';
export type { MongoBackendOptions, MongoIndex } from './backends/mongo/mongo-options';
export { mongooseEngines } from './settings/mongoose-engines';
